// SPDX-License-Identifier: MIT
// Memory allocated, mapped, unmapped and freed in random order, under many seeds: each piece is what it was
// when it is freed, and all memory is there again at the end.
#include "mdl.h"

#define SEEDS  40
#define STEPS  400
#define PIECES 24

#define POOL_GROWTH 0x180000 // bytes

typedef enum KIND { Nothing, Contiguous, NonCached, Pages, Locked, Reserved, Kinds } KIND;

typedef struct PIECE {
    KIND Kind;
    ULONG Bytes;
    PUCHAR Memory; // where it can be used; NULL: nowhere now
    PUCHAR Block;  // of Locked: the pool behind it; of Reserved: the address space
    PMDL Mdl;
    UCHAR Value;
} PIECE, *PPIECE;

static PIECE Table[PIECES];
static ULONG Seed, Failures;

static ULONG Random(ULONG Limit)
{
    return RtlRandomEx(&Seed) % Limit;
}

static VOID Fill(PPIECE Piece)
{
    Piece->Value = (UCHAR)(1 + Random(255));
    for (ULONG At = 0; At < Piece->Bytes; At += 1000) {
        Piece->Memory[At] = Piece->Value;
    }
    Piece->Memory[Piece->Bytes - 1] = Piece->Value;
}

static VOID Check(PPIECE Piece)
{
    for (ULONG At = 0; At < Piece->Bytes; At += 1000) {
        Failures += Piece->Memory[At] != Piece->Value;
    }
    Failures += Piece->Memory[Piece->Bytes - 1] != Piece->Value;
}

static VOID Allocate(PPIECE Piece)
{
    const PHYSICAL_ADDRESS None = {.QuadPart = 0}, Highest = {.QuadPart = -1};
    Piece->Kind = (KIND)(1 + Random(Kinds - 1));
    Piece->Bytes = 1 + Random(20 * PAGE_SIZE);
    switch (Piece->Kind) {
    case Contiguous: Piece->Memory = MmAllocateContiguousMemory(Piece->Bytes, Highest); break;
    case NonCached: Piece->Memory = MmAllocateNonCachedMemory(Piece->Bytes); break;
    case Pages:
        Piece->Mdl = MmAllocatePagesForMdlEx(None, Highest, None, Piece->Bytes, MmCached, Random(0x40));
        Piece->Memory =
            Piece->Mdl != NULL ? MmGetSystemAddressForMdlSafe(Piece->Mdl, NormalPagePriority) : NULL;
        break;
    default:
        Piece->Block = ExAllocatePoolWithTag(NonPagedPoolNx, Piece->Bytes, TAG);
        Piece->Mdl = IoAllocateMdl(Piece->Block, Piece->Bytes, FALSE, FALSE, NULL);
        if (Piece->Block == NULL || Piece->Mdl == NULL ||
            !NT_SUCCESS(TestLock(Piece->Mdl, KernelMode, (LOCK_OPERATION)(1 + Random(2))))) {
            Failures += 1;
            return;
        }
        Piece->Memory = Piece->Block;
        break;
    }
    if (Piece->Memory == NULL) {
        Failures += 1;
        return;
    }
    Fill(Piece);
    if (Piece->Kind == Reserved) {
        PVOID Space = MmAllocateMappingAddress(Piece->Bytes + PAGE_SIZE, TAG);
        Piece->Memory = MmMapLockedPagesWithReservedMapping(Space, TAG, Piece->Mdl, MmCached);
    }
}

// A use of a piece that leaves it as it was.
static VOID Use(PPIECE Piece)
{
    Check(Piece);
    if (Piece->Kind == Locked) {
        PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Piece->Mdl, NormalPagePriority);
        Failures += Mapped == NULL || Mapped[0] != Piece->Value;
        if (Random(2) == 0) {
            MmUnmapLockedPages(Mapped, Piece->Mdl);
        }
    } else {
        const ULONG Start = Random(Piece->Bytes);
        PMDL Mdl = IoAllocateMdl(Piece->Memory + Start, Piece->Bytes - Start, FALSE, FALSE, NULL);
        Failures += !NT_SUCCESS(TestLock(Mdl, KernelMode, IoModifyAccess));
        PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
        Failures += Mapped == NULL || Mapped[Piece->Bytes - Start - 1] != Piece->Value;
        MmAdvanceMdl(Mdl, Random(Piece->Bytes - Start));
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
        PVOID Space = MmMapIoSpace(MmGetPhysicalAddress(Piece->Memory), 1, MmCached);
        Failures += *(PUCHAR)Space != Piece->Value;
        MmUnmapIoSpace(Space, 1);
    }
}

static VOID Free(PPIECE Piece)
{
    Check(Piece);
    switch (Piece->Kind) {
    case Contiguous: MmFreeContiguousMemory(Piece->Memory); break;
    case NonCached: MmFreeNonCachedMemory(Piece->Memory, Piece->Bytes); break;
    case Pages:
        MmFreePagesFromMdl(Piece->Mdl);
        ExFreePool(Piece->Mdl);
        break;
    default:
        if (Piece->Kind == Reserved) {
            PVOID Space = PAGE_ALIGN(Piece->Memory);
            MmUnmapReservedMapping(Space, TAG, Piece->Mdl);
            MmFreeMappingAddress(Space, TAG);
        }
        // The pages stay while they are locked, though the pool goes first.
        if (Random(2) == 0) {
            ExFreePoolWithTag(Piece->Block, TAG);
            MmUnlockPages(Piece->Mdl);
        } else {
            MmUnlockPages(Piece->Mdl);
            ExFreePoolWithTag(Piece->Block, TAG);
        }
        IoFreeMdl(Piece->Mdl);
        break;
    }
    *Piece = (PIECE){.Kind = Nothing};
}

#define SHARE  0x1000000 // 16 MB: an MDL of it is small
#define SHARES 256

static PMDL Shares[SHARES];

// Bytes that could be had now.
static ULONG64 Available(VOID)
{
    const PHYSICAL_ADDRESS None = {.QuadPart = 0}, Highest = {.QuadPart = -1};
    ULONG Count = 0;
    ULONG64 Bytes = 0;
    while (Count < SHARES && (Shares[Count] = MmAllocatePagesForMdl(None, Highest, None, SHARE)) != NULL) {
        Bytes += MmGetMdlByteCount(Shares[Count]);
        Count += 1;
    }
    while (Count != 0) {
        Count -= 1;
        MmFreePagesFromMdl(Shares[Count]);
        ExFreePool(Shares[Count]);
    }
    return Bytes;
}

static VOID RunSeed(ULONG Number)
{
    Seed = Number * 7919;
    for (ULONG Step = 0; Step < STEPS; Step += 1) {
        PPIECE Piece = &Table[Random(PIECES)];
        if (Piece->Kind == Nothing) {
            Allocate(Piece);
        } else if (Random(3) != 0) {
            Use(Piece);
        } else {
            Free(Piece);
        }
    }
    for (ULONG Index = 0; Index < PIECES; Index += 1) {
        if (Table[Index].Kind != Nothing) {
            Free(&Table[Index]);
        }
    }
}

static VOID RunSeeds(VOID)
{
    for (ULONG Number = 1; Number <= SEEDS; Number += 1) {
        RunSeed(Number);
        if (Failures != 0) {
            DbgPrint("# seed %lu\n", Number);
            break;
        }
    }
    IS(Failures, 0);
}

static void TestSeeds(void)
{
    // Pool keeps what it has grown by: it is grown to its fill first.
    Available();
    RunSeeds();
    const ULONG64 Before = Available();
    OK(Before > SHARE);
    RunSeeds();
    // The verifier remembers what was freed: pool may have grown a little. A page lost with each piece would
    // be ten times as much.
    const ULONG64 After = Available();
    OK(After <= Before && Before - After <= POOL_GROWTH);
}

TEST_DRIVER(TestSeeds)
