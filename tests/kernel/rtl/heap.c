// SPDX-License-Identifier: MIT
// Heaps: in memory of the process and in a block of the caller's; sizes, limits, flags, locks.
#include "test.h"

NTSYSAPI SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

#define MAXIMUM_BLOCK 0x7F000

static MEMORY_BASIC_INFORMATION Region(PVOID Address)
{
    MEMORY_BASIC_INFORMATION Information = {0};
    ZwQueryVirtualMemory(NtCurrentProcess(), Address, MemoryBasicInformation, &Information,
                         sizeof(Information), NULL);
    return Information;
}

static void TestBlocks(void)
{
    PVOID Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    OK(Heap != NULL && Heap <= MmHighestUserAddress);
    PUCHAR First = RtlAllocateHeap(Heap, 0, 100), Second = RtlAllocateHeap(Heap, 0, 1), Empty;
    OK(First != NULL && Second != NULL && First != Second);
    OK((ULONG_PTR)First % 16 == 0 && (ULONG_PTR)Second % 16 == 0);
    IS(RtlSizeHeap(Heap, 0, First), 100);
    IS(RtlSizeHeap(Heap, 0, Second), 1);
    RtlFillMemory(First, 100, 0xAA);
    // What is no block, or none any more.
    OK(!RtlFreeHeap(Heap, 0, First + 1));
    OK(!RtlFreeHeap(Heap, 0, First + 16));
    OK(!RtlFreeHeap(Heap, 0, &Heap));
    IS(RtlSizeHeap(Heap, 0, First + 16), (SIZE_T)-1);
    IS(RtlFreeHeap(Heap, 0, First), TRUE);
    OK(!RtlFreeHeap(Heap, 0, First));
    IS(RtlFreeHeap(Heap, 0, NULL), TRUE);
    // The same place again: its contents are what they were, unless zeroes are asked for.
    PUCHAR Again = RtlAllocateHeap(Heap, 0, 100);
    OK(Again == First && Again[50] == 0xAA);
    RtlFreeHeap(Heap, 0, Again);
    Again = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, 100);
    OK(Again == First && RtlIsZeroMemory(Again, 100));
    Empty = RtlAllocateHeap(Heap, 0, 0);
    OK(Empty != NULL && Empty != Again);
    IS(RtlSizeHeap(Heap, 0, Empty), 0);
    OK(RtlFreeHeap(Heap, 0, Empty));
    // Destroyed with what is in it.
    OK(RtlDestroyHeap(Heap) == NULL);
    IS(Region(Heap).State, MEM_FREE);
    ULONG Garbage[64] = {0};
    OK(RtlDestroyHeap(Garbage) == (PVOID)Garbage);
}

static void TestSizes(void)
{
    static const struct {
        SIZE_T Reserve, Commit, Reserved, Committed; // in pages
    } Rows[] = {{0, 0, 64, 1}, {0, 3, 16, 3}, {0, 17, 32, 17}, {5, 0, 5, 1}, {5, 2, 5, 2}, {3, 7, 3, 3}};
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        // Bytes are rounded up to pages.
        SIZE_T Reserve = Rows[Row].Reserve != 0 ? Rows[Row].Reserve * PAGE_SIZE - 100 : 0;
        SIZE_T Commit = Rows[Row].Commit != 0 ? Rows[Row].Commit * PAGE_SIZE - 100 : 0;
        PUCHAR Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, Reserve, Commit, NULL, NULL);
        OK(Heap != NULL);
        SIZE_T Committed = Region(Heap).RegionSize / PAGE_SIZE, Rest = 0;
        IS(Region(Heap).State, MEM_COMMIT);
        IS(Committed, Rows[Row].Committed);
        if (Committed != Rows[Row].Reserved) {
            IS(Region(Heap + Committed * PAGE_SIZE).State, MEM_RESERVE);
            Rest = Region(Heap + Committed * PAGE_SIZE).RegionSize / PAGE_SIZE;
        }
        IS(Committed + Rest, Rows[Row].Reserved);
        OK(RtlDestroyHeap(Heap) == NULL);
    }
}

static ULONG Exhaust(PVOID Heap, SIZE_T Size)
{
    ULONG Count = 0;
    while (Count < 10000 && RtlAllocateHeap(Heap, 0, Size) != NULL) {
        Count += 1;
    }
    return Count;
}

static NTSTATUS AllocateRaising(PVOID Heap, ULONG Flags, SIZE_T Size)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (RtlAllocateHeap(Heap, Flags, Size) == NULL) {
            Status = STATUS_UNSUCCESSFUL;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static void TestLimits(void)
{
    // What does not grow has its reserve, less what the heap itself needs.
    PVOID Heap = RtlCreateHeap(0, NULL, 0x10000, 0, NULL, NULL);
    OK(RtlAllocateHeap(Heap, 0, 0x10000) == NULL);
    ULONG Count = Exhaust(Heap, 0x1000);
    OK(Count >= 13 && Count <= 15);
    IS(AllocateRaising(Heap, 0, 0x1000), STATUS_UNSUCCESSFUL);
    IS(AllocateRaising(Heap, HEAP_GENERATE_EXCEPTIONS, 0x1000), STATUS_NO_MEMORY);
    IS(AllocateRaising(Heap, HEAP_GENERATE_EXCEPTIONS, 16), STATUS_SUCCESS); // the rest
    OK(RtlDestroyHeap(Heap) == NULL);

    Heap = RtlCreateHeap(HEAP_GENERATE_EXCEPTIONS, NULL, 0x400000, 0, NULL, NULL);
    IS(AllocateRaising(Heap, 0, MAXIMUM_BLOCK), STATUS_SUCCESS);
    IS(AllocateRaising(Heap, 0, MAXIMUM_BLOCK + 1), STATUS_NO_MEMORY);
    OK(RtlDestroyHeap(Heap) == NULL);

    Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0x10000, 0, NULL, NULL);
    PUCHAR Large = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, MAXIMUM_BLOCK + 1), Small;
    OK(Large != NULL && Large[MAXIMUM_BLOCK] == 0 && (ULONG_PTR)Large % 16 == 0);
    IS(RtlSizeHeap(Heap, 0, Large), MAXIMUM_BLOCK + 1);
    IS(Exhaust(Heap, 0x3000), 10000); // far more than its reserve
    OK(RtlFreeHeap(Heap, 0, Large));
    IS(Region(Large).State, MEM_FREE);
    OK(!RtlFreeHeap(Heap, 0, Large));
    Large = RtlAllocateHeap(Heap, 0, 0x100000);
    OK(RtlAllocateHeap(Heap, 0, SIZE_MAX) == NULL);
    IS(AllocateRaising(Heap, HEAP_GENERATE_EXCEPTIONS, SIZE_MAX - 0x20), STATUS_NO_MEMORY);
    OK(RtlDestroyHeap(Heap) == NULL);
    IS(Region(Large).State, MEM_FREE);

    RTL_HEAP_PARAMETERS Parameters = {
        .Length = sizeof(Parameters), .MaximumAllocationSize = 0x5000, .VirtualMemoryThreshold = 0x2000};
    Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, &Parameters);
    Small = RtlAllocateHeap(Heap, 0, 0x2000);
    Large = RtlAllocateHeap(Heap, 0, 0x2001);
    IS(Region(Small).AllocationBase, Heap);
    OK(Region(Large).AllocationBase != Heap); // by itself
    OK(RtlAllocateHeap(Heap, 0, 0x5000) != NULL);
    OK(RtlAllocateHeap(Heap, 0, 0x5001) == NULL);
    OK(RtlDestroyHeap(Heap) == NULL);
    Heap = RtlCreateHeap(0, NULL, 0x100000, 0, NULL, &Parameters);
    OK(RtlAllocateHeap(Heap, 0, 0x2000) != NULL);
    OK(RtlAllocateHeap(Heap, 0, 0x2001) == NULL);
    OK(RtlDestroyHeap(Heap) == NULL);
}

// Segments have the sizes of the parameters, and go back when they are empty.
static void TestSegments(void)
{
    RTL_HEAP_PARAMETERS Parameters = {.Length = sizeof(Parameters),
                                      .SegmentReserve = 0x20000,
                                      .SegmentCommit = 0x3000,
                                      .DeCommitFreeBlockThreshold = 0x2000,
                                      .DeCommitTotalFreeThreshold = 0x4000};
    PUCHAR Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0x10000, 0, NULL, &Parameters);
    PUCHAR Blocks[40];
    IS(Region(Heap).RegionSize, PAGE_SIZE);
    Blocks[0] = RtlAllocateHeap(Heap, 0, 0x1000);
    IS(Region(Heap).RegionSize, 4 * PAGE_SIZE);
    for (ULONG Index = 1; Index < 40; Index += 1) {
        Blocks[Index] = RtlAllocateHeap(Heap, 0, 0x1000);
        OK(Blocks[Index] != NULL);
    }
    PUCHAR Other = Region(Blocks[39]).AllocationBase;
    OK(Other != Heap);
    OK(Region(Other).AllocationBase == Other && Region(Other).RegionSize % 0x3000 == 0);
    for (ULONG Index = 40; Index-- != 0;) {
        OK(RtlFreeHeap(Heap, 0, Blocks[Index]));
    }
    IS(Region(Other).State, MEM_FREE);
    OK(Region(Heap).RegionSize < 0x8000); // the first one has less than it had
    OK(RtlAllocateHeap(Heap, 0, 0x8000) != NULL);
    OK(RtlDestroyHeap(Heap) == NULL);
}

// ---- In a block of the caller's

static PUCHAR Block;
static ERESOURCE Resource;
static ULONG Commits;
static NTSTATUS CommitAnswer;
static BOOLEAN WasLocked;

static NTSTATUS NTAPI Commit(PVOID Base, PVOID *CommitAddress, PSIZE_T CommitSize)
{
    Commits += 1;
    WasLocked = ExIsResourceAcquiredExclusiveLite(&Resource);
    if (Base != Block || *CommitAddress != Block + 0x1000 + (Commits - 1) * 0x2000 || *CommitSize != 0x2000) {
        return STATUS_INVALID_PARAMETER;
    }
    return CommitAnswer;
}

static void TestCommitRoutine(void)
{
    RTL_HEAP_PARAMETERS Parameters = {.Length = sizeof(Parameters),
                                      .InitialCommit = 0x1000,
                                      .InitialReserve = 0x5000,
                                      .CommitRoutine = Commit};
    Block = ExAllocatePoolWithTag(PagedPool, 0x5000, 'tseT');
    ExInitializeResourceLite(&Resource);
    Commits = 0;
    CommitAnswer = STATUS_SUCCESS;
    PVOID Heap = RtlCreateHeap(0, Block, 0, 0, &Resource, &Parameters);
    OK(Heap == Block);
    IS(Commits, 0);
    PUCHAR Memory = RtlAllocateHeap(Heap, 0, 0x1800);
    OK(Memory >= Block && Memory + 0x1800 <= Block + 0x3000);
    IS(Commits, 1);
    OK(WasLocked && !ExIsResourceAcquiredExclusiveLite(&Resource));
    CommitAnswer = STATUS_INSUFFICIENT_RESOURCES;
    OK(RtlAllocateHeap(Heap, 0, 0x1C00) == NULL);
    Commits -= 1;
    CommitAnswer = STATUS_SUCCESS;
    OK(RtlAllocateHeap(Heap, HEAP_NO_SERIALIZE, 0x1C00) != NULL);
    OK(!WasLocked);
    OK(RtlAllocateHeap(Heap, 0, 0x1C00) == NULL); // no more
    IS(Commits, 2);
    OK(RtlFreeHeap(Heap, 0, Memory));
    OK(RtlFreeHeap(Heap, HEAP_NO_SERIALIZE, NULL));
    OK(RtlDestroyHeap(Heap) == NULL);
    // The lock and the block are the caller's still.
    KeEnterCriticalRegion();
    OK(ExAcquireResourceExclusiveLite(&Resource, FALSE));
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    RtlZeroMemory(Block, 0x5000);

    // Parameters that do not agree with each other.
    OK(RtlCreateHeap(0, NULL, 0, 0, NULL, &Parameters) == NULL);
    OK(RtlCreateHeap(HEAP_GROWABLE, Block, 0, 0, NULL, &Parameters) == NULL);
    Parameters.InitialCommit = 0;
    OK(RtlCreateHeap(0, Block, 0, 0, NULL, &Parameters) == NULL);
    Parameters.InitialCommit = 0x6000;
    OK(RtlCreateHeap(0, Block, 0, 0, NULL, &Parameters) == NULL);
    Parameters.InitialReserve = 0;
    OK(RtlCreateHeap(0, Block, 0, 0, NULL, &Parameters) == NULL);
    OK(RtlCreateHeap(HEAP_NO_SERIALIZE, NULL, 0, 0, &Resource, NULL) == NULL);
    OK(RtlCreateHeap(HEAP_NO_SERIALIZE | HEAP_GROWABLE, NULL, 0, 0, &Resource, NULL) == NULL);
    ExDeleteResourceLite(&Resource);
    ExFreePoolWithTag(Block, 'tseT');
}

static void TestBlockOfCaller(void)
{
    Block = ExAllocatePoolWithTag(PagedPool, 0x2000, 'tseT');
    PVOID Heap = RtlCreateHeap(HEAP_NO_SERIALIZE, Block, 0x2000, 0, NULL, NULL), Base = NULL;
    OK(Heap == Block);
    PUCHAR Memory = RtlAllocateHeap(Heap, 0, 0x1000);
    OK(Memory > Block && Memory + 0x1000 <= Block + 0x2000);
    OK(RtlAllocateHeap(Heap, 0, 0x1000) == NULL);
    OK(RtlFreeHeap(Heap, 0, Memory) && RtlAllocateHeap(Heap, 0, 0x1000) == Memory);
    OK(RtlDestroyHeap(Heap) == NULL);
    OK(RtlCreateHeap(0, Block, 64, 0, NULL, NULL) == NULL); // has no room for the heap
    ExFreePoolWithTag(Block, 'tseT');

    // Of user addresses: reserved ones are committed as far as that is asked for.
    SIZE_T Size = 0x10000;
    IS(ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Size, MEM_RESERVE, PAGE_READWRITE),
       STATUS_SUCCESS);
    Heap = RtlCreateHeap(0, Base, 0x8000, 0x2000, NULL, NULL);
    OK(Heap == Base);
    IS(Region(Base).RegionSize, 0x2000);
    ULONG Count = Exhaust(Heap, 0x1000);
    OK(Count >= 6 && Count <= 7);
    IS(Region(Base).RegionSize, 0x8000);
    OK(RtlDestroyHeap(Heap) == NULL);
    IS(Region(Base).State, MEM_COMMIT);
    Size = 0;
    IS(ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_RELEASE), STATUS_SUCCESS);
    OK(RtlCreateHeap(0, Base, 0x8000, 0x2000, NULL, NULL) == NULL);
}

// Random blocks, each filled with a byte of its own.
static void TestAgainstModel(void)
{
    static struct {
        PUCHAR Memory;
        ULONG Size;
        UCHAR Fill;
    } Blocks[200];
    ULONG Random = 1, Wrong = 0;
    PVOID Heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0x20000, 0, NULL, NULL);
    for (ULONG Step = 0; Step < 20000; Step += 1) {
        Random = Random * 1664525 + 1013904223;
        ULONG Index = (Random >> 16) % RTL_NUMBER_OF(Blocks);
        if (Blocks[Index].Memory == NULL) {
            ULONG Size = (Random >> 8) % (Random % 16 == 0 ? 0x9000 : 300);
            Blocks[Index].Size = Size;
            Blocks[Index].Fill = (UCHAR)Step;
            Blocks[Index].Memory = RtlAllocateHeap(Heap, Step % 2 ? HEAP_ZERO_MEMORY : 0, Size);
            if (Blocks[Index].Memory == NULL) {
                Wrong += 1;
                continue;
            }
            Wrong += Step % 2 && !RtlIsZeroMemory(Blocks[Index].Memory, Size);
            RtlFillMemory(Blocks[Index].Memory, Size, (UCHAR)Step);
        } else {
            for (ULONG Byte = 0; Byte < Blocks[Index].Size; Byte += 1) {
                Wrong += Blocks[Index].Memory[Byte] != Blocks[Index].Fill;
            }
            Wrong += RtlSizeHeap(Heap, 0, Blocks[Index].Memory) != Blocks[Index].Size;
            Wrong += !RtlFreeHeap(Heap, 0, Blocks[Index].Memory);
            Blocks[Index].Memory = NULL;
        }
    }
    IS(Wrong, 0);
    OK(RtlDestroyHeap(Heap) == NULL);
}

TEST_DRIVER(TestBlocks, TestSizes, TestLimits, TestSegments, TestCommitRoutine, TestBlockOfCaller,
            TestAgainstModel)
