// SPDX-License-Identifier: MIT
// MmAllocatePagesForMdl and its kin: each flag, each range, partial allocations.
#include "mdl.h"

#define ANYWHERE    (~0ULL)
#define EVERYTHING  (0x100000000ULL - PAGE_SIZE)
#define ALL_FLAGS   0x7F
#define FULLY       MM_ALLOCATE_FULLY_REQUIRED
#define CHUNKS      MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS
#define LARGE_PAGES MM_ALLOCATE_FAST_LARGE_PAGES

static PHYSICAL_ADDRESS At(ULONG64 Address)
{
    PHYSICAL_ADDRESS Physical = {.QuadPart = (LONGLONG)Address};
    return Physical;
}

static PMDL Allocate(ULONG64 Low, ULONG64 High, ULONG64 Skip, ULONG64 Bytes, ULONG Flags)
{
    return MmAllocatePagesForMdlEx(At(Low), At(High), At(Skip), Bytes, MmCached, Flags);
}

static VOID Free(PMDL Mdl)
{
    MmFreePagesFromMdl(Mdl);
    ExFreePool(Mdl);
}

// Numbers of Count pages, each behind the other?
static BOOLEAN IsRun(const PFN_NUMBER *Numbers, SIZE_T Count)
{
    for (SIZE_T Index = 1; Index < Count; Index += 1) {
        if (Numbers[Index] != Numbers[0] + Index) {
            return FALSE;
        }
    }
    return TRUE;
}

static BOOLEAN LieWithin(PMDL Mdl, ULONG64 Low, ULONG64 High)
{
    for (SIZE_T Index = 0; Index < MmGetMdlByteCount(Mdl) / PAGE_SIZE; Index += 1) {
        const ULONG64 Start = MmGetMdlPfnArray(Mdl)[Index] * PAGE_SIZE;
        if (Start < Low || Start + PAGE_SIZE - 1 > High) {
            return FALSE;
        }
    }
    return TRUE;
}

static void TestPlain(void)
{
    PMDL Mdl = MmAllocatePagesForMdl(At(0), At(ANYWHERE), At(0), 5 * PAGE_SIZE - 7);
    OK(Mdl != NULL);
    IS(MmGetMdlByteCount(Mdl), 5 * PAGE_SIZE);
    IS(MmGetMdlByteOffset(Mdl), 0);
    IS(MmGetMdlVirtualAddress(Mdl), NULL);
    OK(Mdl->MdlFlags & MDL_PAGES_LOCKED);
    // They need not be contiguous, and a driver that takes them to be is to learn it.
    OK(!IsRun(MmGetMdlPfnArray(Mdl), 5));
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
    OK(Mapped != NULL);
    ULONG NotZero = 0;
    for (ULONG Index = 0; Index < 5 * PAGE_SIZE; Index += 1) {
        NotZero += Mapped[Index] != 0;
    }
    IS(NotZero, 0);
    OK(TestPagesAre(Mdl, Mapped));
    for (ULONG Index = 0; Index < 5; Index += 1) {
        Mapped[Index * PAGE_SIZE] = (UCHAR)(Index + 1);
    }
    IS(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Mapped); // the same
    MmUnmapLockedPages(Mapped, Mdl);
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmNonCached, NULL, FALSE, HighPagePriority);
    OK(Mapped != NULL);
    IS(Mapped[4 * PAGE_SIZE], 5);
    Free(Mdl); // takes the mapping away
    OK(!MmIsAddressValid(Mapped));
    Mdl = Allocate(0, ANYWHERE, 0, 1, 0);
    IS(MmGetMdlByteCount(Mdl), PAGE_SIZE);
    Free(Mdl);
}

static void TestRefused(void)
{
    static const struct {
        ULONG64 Low, High, Skip, Bytes;
        ULONG Flags;
    } Cases[] = {
        {0, ANYWHERE, 0, 0, 0},
        {0, ANYWHERE, 0, EVERYTHING + 1, 0},
        {0, ANYWHERE, 100, PAGE_SIZE, 0}, // not of pages
        {0, ANYWHERE, 0, PAGE_SIZE, 0x400},
        {0x10000000000, ANYWHERE, 0, PAGE_SIZE, 0}, // no RAM is there
        {0x9000000, 0x8000000, 0, PAGE_SIZE, 0},
        {0, 0xFFE, 0, PAGE_SIZE, 0},
        {0, ANYWHERE, 0, EVERYTHING, FULLY}, // more than there is
        {0x8000000, 0x8000FFF, 0, 2 * PAGE_SIZE, FULLY},
        {0x8000000, 0x8000FFF, 0, 2 * PAGE_SIZE, CHUNKS}, // all or nothing
        {0, ANYWHERE, 3 * PAGE_SIZE, 6 * PAGE_SIZE, CHUNKS},
        {0, ANYWHERE, 4 * PAGE_SIZE, 6 * PAGE_SIZE, CHUNKS},
        {0, ANYWHERE, 0, 0x200000, LARGE_PAGES},
        {0, ANYWHERE, 0x200000, 0x200000, LARGE_PAGES},
        {0, ANYWHERE, 0x100000, 0x200000, LARGE_PAGES | CHUNKS},
        {0, ANYWHERE, 0, PAGE_SIZE, MM_ALLOCATE_AND_HOT_REMOVE | FULLY},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PMDL Mdl = Allocate(Cases[Index].Low, Cases[Index].High, Cases[Index].Skip, Cases[Index].Bytes,
                            Cases[Index].Flags);
        IS(Mdl, NULL);
    }
    IS(MmAllocatePagesForMdlEx(At(0), At(ANYWHERE), At(0), PAGE_SIZE, MmMaximumCacheType, 0), NULL);
}

static void TestRanges(void)
{
    // Two of two pages, the second range behind the first; four would need a third.
    PMDL Mdl = Allocate(0x8000000, 0x8001FFF, 0x100000, 4 * PAGE_SIZE, 0);
    OK(Mdl != NULL);
    IS(MmGetMdlByteCount(Mdl), 4 * PAGE_SIZE);
    ULONG First = 0, Second = 0;
    for (ULONG Index = 0; Index < 4; Index += 1) {
        const ULONG64 Start = MmGetMdlPfnArray(Mdl)[Index] * PAGE_SIZE;
        First += Start >= 0x8000000 && Start < 0x8002000;
        Second += Start >= 0x8100000 && Start < 0x8102000;
    }
    IS(First, 2);
    IS(Second, 2);
    // What is left of the first range is nothing.
    IS(Allocate(0x8000000, 0x8001FFF, 0, PAGE_SIZE, 0), NULL);
    Free(Mdl);
    // As much as there is.
    Mdl = Allocate(0x8000000, 0x8002FFF, 0, 8 * PAGE_SIZE, 0);
    OK(Mdl != NULL);
    IS(MmGetMdlByteCount(Mdl), 3 * PAGE_SIZE);
    OK(LieWithin(Mdl, 0x8000000, 0x8002FFF));
    Free(Mdl);
}

static void TestFlags(void)
{
    PMDL Mdl;
    for (ULONG Flags = 0; Flags < ALL_FLAGS; Flags += 1) {
        if (Flags & LARGE_PAGES) {
            continue;
        }
        Mdl = Allocate(0, ANYWHERE, 0, 7 * PAGE_SIZE, Flags);
        if (Mdl == NULL || MmGetMdlByteCount(Mdl) != 7 * PAGE_SIZE ||
            (Flags & CHUNKS && !IsRun(MmGetMdlPfnArray(Mdl), 7))) {
            IS(Flags, ~0ULL);
        }
        if (Mdl != NULL) {
            Free(Mdl);
        }
    }
    // Blocks, each at a multiple of its size.
    Mdl = Allocate(0x8001000, 0xFFFFFFF, 0x10000, 0x40000, CHUNKS);
    OK(Mdl != NULL);
    IS(MmGetMdlByteCount(Mdl), 0x40000);
    for (ULONG Block = 0; Block < 4; Block += 1) {
        const PFN_NUMBER *Numbers = MmGetMdlPfnArray(Mdl) + Block * 16;
        OK(IsRun(Numbers, 16));
        IS(Numbers[0] % 16, 0);
    }
    Free(Mdl);
    // As many blocks as there are.
    Mdl = Allocate(0x8000000, 0x802FFFF, 0x10000, 0x40000, CHUNKS);
    OK(Mdl != NULL);
    IS(MmGetMdlByteCount(Mdl), 0x30000);
    Free(Mdl);
    Mdl = Allocate(0, ANYWHERE, 0x200000, 0x400000, CHUNKS | LARGE_PAGES);
    OK(Mdl != NULL);
    IS(MmGetMdlPfnArray(Mdl)[0] % 512, 0);
    Free(Mdl);
}

static void TestNode(void)
{
    PMDL Mdl = MmAllocateNodePagesForMdlEx(At(0), At(ANYWHERE), At(0), PAGE_SIZE, MmCached, 0, 0);
    OK(Mdl != NULL);
    Free(Mdl);
    IS(MmAllocateNodePagesForMdlEx(At(0), At(ANYWHERE), At(0), PAGE_SIZE, MmCached, 1, 0), NULL);
}

// All memory there is, and none left; then all of it again.
static void TestEverything(void)
{
    PMDL Mdl = Allocate(0, ANYWHERE, 0, EVERYTHING, 0);
    OK(Mdl != NULL);
    const ULONG Bytes = MmGetMdlByteCount(Mdl);
    OK(Bytes > 0x1000000 && Bytes < EVERYTHING);
    IS(Allocate(0, ANYWHERE, 0, 64 * PAGE_SIZE, 0), NULL);
    IS(MmAllocateContiguousMemory(64 * PAGE_SIZE, At(ANYWHERE)), NULL);
    IS(MmAllocateNonCachedMemory(64 * PAGE_SIZE), NULL);
    Free(Mdl);
    Mdl = Allocate(0, ANYWHERE, 0, EVERYTHING, 0);
    OK(Mdl != NULL);
    IS(MmGetMdlByteCount(Mdl), Bytes);
    Free(Mdl);
}

static void TestAtDispatchLevel(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    PMDL Mdl = MmAllocatePagesForMdl(At(0), At(ANYWHERE), At(0), 3 * PAGE_SIZE);
    if (Mdl != NULL) {
        Free(Mdl);
    }
    KeLowerIrql(OldIrql);
    OK(Mdl != NULL);
}

TEST_DRIVER(TestPlain, TestRefused, TestRanges, TestFlags, TestNode, TestEverything, TestAtDispatchLevel)
