// SPDX-License-Identifier: MIT
// Contiguous memory: where it lies, what can't be had; noncached memory.
#include "mdl.h"

#define ANYWHERE (~0ULL)

static PHYSICAL_ADDRESS At(ULONG64 Address)
{
    PHYSICAL_ADDRESS Physical = {.QuadPart = (LONGLONG)Address};
    return Physical;
}

static BOOLEAN IsContiguous(PVOID Base, SIZE_T Bytes)
{
    for (SIZE_T Done = 0; Done < Bytes; Done += PAGE_SIZE) {
        if (TestPhysical((PUCHAR)Base + Done) != TestPhysical(Base) + Done) {
            return FALSE;
        }
    }
    return TRUE;
}

static void TestPlain(void)
{
    static const SIZE_T Sizes[] = {1, 100, PAGE_SIZE, PAGE_SIZE + 1, 17 * PAGE_SIZE, 0x300000};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Sizes); Index += 1) {
        PUCHAR Memory = MmAllocateContiguousMemory(Sizes[Index], At(ANYWHERE));
        OK(Memory != NULL);
        IS(BYTE_OFFSET(Memory), 0);
        OK(IsContiguous(Memory, Sizes[Index]));
        IS(MmGetVirtualForPhysical(MmGetPhysicalAddress(Memory)), Memory);
        Memory[0] = 1;
        Memory[Sizes[Index] - 1] = 2;
        OK(!MmIsAddressValid(Memory - 1));
        OK(!MmIsAddressValid(Memory + ROUND_TO_PAGES(Sizes[Index])));
        PHYSICAL_ADDRESS Was = MmGetPhysicalAddress(Memory);
        MmFreeContiguousMemory(Memory);
        OK(!MmIsAddressValid(Memory));
        IS(MmGetVirtualForPhysical(Was), NULL);
    }
}

static void TestRange(void)
{
    static const struct {
        ULONG64 Bytes, Low, High, Boundary;
        BOOLEAN Possible;
    } Cases[] = {
        {PAGE_SIZE, 0, 0x4000000, 0, TRUE},
        {PAGE_SIZE, 0x8000000, 0x8000FFF, 0, TRUE},
        {PAGE_SIZE, 0x8000000, 0x8000FFE, 0, FALSE}, // not all of the page
        {PAGE_SIZE, 0x8000001, 0x8001FFF, 0, TRUE},
        {PAGE_SIZE, 0x8000001, 0x8000FFF, 0, FALSE},
        {2 * PAGE_SIZE, 0x8000000, 0x8000FFF, 0, FALSE},
        {PAGE_SIZE, 0x8000000, 0x7000000, 0, FALSE},
        {0x10000, 0x8000000, 0xFFFFFFF, 0x10000, TRUE},
        {0x11000, 0x8000000, 0xFFFFFFF, 0x10000, FALSE},
        {0xC000, 0x8008000, 0xFFFFFFF, 0x10000, TRUE},
        {0x1000, 0x8000000, 0xFFFFFFF, 0x3000, FALSE}, // no power of two
        {0x800, 0x8000000, 0xFFFFFFF, 0x800, TRUE},
        {0x1000, 0x8000000, 0xFFFFFFF, 0x800, FALSE},
        {PAGE_SIZE, 0x10000000000, ANYWHERE, 0, FALSE}, // no RAM is there
        {0, 0, ANYWHERE, 0, FALSE},
        {0x100000000000, 0, ANYWHERE, 0, FALSE}, // more than there is
        {~0ULL, 0, ANYWHERE, 0, FALSE},
        {PAGE_SIZE, 0, 0xFFE, 0, FALSE},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        const ULONG64 Bytes = Cases[Index].Bytes, Boundary = Cases[Index].Boundary;
        PVOID Memory =
            MmAllocateContiguousMemorySpecifyCache(Bytes, At(Cases[Index].Low), At(Cases[Index].High),
                                                   At(Boundary), Index % 2 ? MmCached : MmNonCached);
        OK((Memory != NULL) == Cases[Index].Possible);
        if (Memory == NULL) {
            continue;
        }
        const ULONG64 Start = TestPhysical(Memory), Last = Start + Bytes - 1;
        OK(Start >= Cases[Index].Low && Last <= Cases[Index].High && IsContiguous(Memory, Bytes));
        OK(Boundary == 0 || Start / Boundary == Last / Boundary);
        MmFreeContiguousMemorySpecifyCache(Memory, Bytes, MmCached);
    }
}

static NTSTATUS StatusOfWrite(PVOID Address)
{
    PMDL Probe = IoAllocateMdl(Address, 1, FALSE, FALSE, NULL);
    NTSTATUS Status = TestLock(Probe, KernelMode, IoWriteAccess);
    if (NT_SUCCESS(Status)) {
        MmUnlockPages(Probe);
    }
    IoFreeMdl(Probe);
    return Status;
}

static void TestNode(void)
{
    static const struct {
        ULONG Protect;
        NODE_REQUIREMENT Node;
        BOOLEAN Possible;
    } Cases[] = {
        {PAGE_READWRITE, 0, TRUE},
        {PAGE_EXECUTE_READWRITE, MM_ANY_NODE_OK, TRUE},
        {PAGE_READWRITE | PAGE_NOCACHE, MM_ANY_NODE_OK, TRUE},
        {PAGE_READWRITE | PAGE_WRITECOMBINE, MM_ANY_NODE_OK, TRUE},
        {PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE, MM_ANY_NODE_OK, FALSE},
        {PAGE_READONLY, MM_ANY_NODE_OK, FALSE},
        {PAGE_READWRITE | PAGE_EXECUTE_READWRITE, MM_ANY_NODE_OK, FALSE},
        {0, MM_ANY_NODE_OK, FALSE},
        {PAGE_READWRITE, 1, FALSE}, // there is one node
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PVOID Memory = MmAllocateContiguousNodeMemory(PAGE_SIZE, At(0), At(ANYWHERE), At(0),
                                                      Cases[Index].Protect, Cases[Index].Node);
        OK((Memory != NULL) == Cases[Index].Possible);
        if (Memory != NULL) {
            IS(StatusOfWrite(Memory), STATUS_SUCCESS);
            MmFreeContiguousMemory(Memory);
        }
    }
    PVOID Memory =
        MmAllocateContiguousMemorySpecifyCacheNode(PAGE_SIZE, At(0), At(ANYWHERE), At(0), MmCached, 0);
    OK(Memory != NULL);
    MmFreeContiguousMemory(Memory);
    IS(MmAllocateContiguousMemorySpecifyCacheNode(PAGE_SIZE, At(0), At(ANYWHERE), At(0), MmCached, 7), NULL);
    IS(MmAllocateContiguousMemorySpecifyCacheNode(PAGE_SIZE, At(0), At(ANYWHERE), At(0), MmMaximumCacheType,
                                                  0),
       NULL);
}

static void TestEx(void)
{
    PVOID Memory = NULL;
    SIZE_T Bytes = 5000;
    IS(MmAllocateContiguousMemoryEx(&Bytes, At(0), At(ANYWHERE), At(0), 0, PAGE_READWRITE, NULL, TAG, 0,
                                    &Memory),
       STATUS_SUCCESS);
    IS(Bytes, 2 * PAGE_SIZE);
    OK(IsContiguous(Memory, Bytes));
    MmFreeContiguousMemory(Memory);
    IS(MmAllocateContiguousMemoryEx(&Bytes, At(0), At(ANYWHERE), At(0), 0, PAGE_READONLY, NULL, TAG, 0,
                                    &Memory),
       STATUS_INVALID_PARAMETER_6);
    IS(Memory, NULL);
    IS(MmAllocateContiguousMemoryEx(&Bytes, At(0), At(ANYWHERE), At(0), 0, PAGE_READWRITE, &Bytes, TAG, 0,
                                    &Memory),
       STATUS_INVALID_PARAMETER_7);
    IS(MmAllocateContiguousMemoryEx(&Bytes, At(0), At(ANYWHERE), At(0), 0, PAGE_READWRITE, NULL, TAG, 8,
                                    &Memory),
       STATUS_INVALID_PARAMETER_9);
    Bytes = 1ULL << 40;
    IS(MmAllocateContiguousMemoryEx(&Bytes, At(0), At(ANYWHERE), At(0), 0, PAGE_READWRITE, NULL, TAG,
                                    MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY, &Memory),
       STATUS_INSUFFICIENT_RESOURCES);
    IS(Bytes, 1ULL << 40);
}

static void TestNonCached(void)
{
    PUCHAR Memory = MmAllocateNonCachedMemory(PAGE_SIZE + 1);
    OK(Memory != NULL);
    IS(BYTE_OFFSET(Memory), 0);
    Memory[2 * PAGE_SIZE - 1] = 1;
    OK(!MmIsAddressValid(Memory + 2 * PAGE_SIZE));
    MmFreeNonCachedMemory(Memory, PAGE_SIZE + 1);
    OK(!MmIsAddressValid(Memory));
    IS(MmAllocateNonCachedMemory(1ULL << 40), NULL);
    IS(MmAllocateNonCachedMemory(0), NULL);
}

static void TestAtDispatchLevel(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    PVOID Memory = MmAllocateContiguousMemory(3 * PAGE_SIZE, At(ANYWHERE));
    BOOLEAN Contiguous = Memory != NULL && IsContiguous(Memory, 3 * PAGE_SIZE);
    if (Memory != NULL) {
        MmFreeContiguousMemory(Memory);
    }
    KeLowerIrql(OldIrql);
    OK(Contiguous);
}

TEST_DRIVER(TestPlain, TestRange, TestNode, TestEx, TestNonCached, TestAtDispatchLevel)
