// SPDX-License-Identifier: MIT
// Heaps: memory of a process, or a block of the caller's, given out in pieces.
//
// A heap has segments, the first of which begins with the heap itself; blocks fill a segment as far as it is
// committed, one behind the other. What is larger than the heap's threshold is an allocation of its own.
#include "inc/kernel.h"

#define RTLP_HEAP_SIGNATURE    0x50414548u // HEAP
#define RTLP_BLOCK_SIGNATURE   0xB10C
#define RTLP_MAXIMUM_BLOCK     0x7F000 // of a segment
#define RTLP_DEFAULT_RESERVE   (64 * PAGE_SIZE)
#define RTLP_RESERVE_MULTIPLE  (16 * PAGE_SIZE)
#define RTLP_DEFAULT_SEGMENT   0x100000
#define RTLP_DEFAULT_COMMIT    (2 * PAGE_SIZE)
#define RTLP_DEFAULT_FREE      0x10000
#define RTLP_GRANULE           16u
#define RTLP_CALL_FLAGS        (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_ZERO_MEMORY)
#define RTLP_LARGEST_ALIGNMENT (SIZE_MAX - 2 * PAGE_SIZE)

typedef enum _RTLP_BLOCK_STATE {
    RtlpBlockFree,
    RtlpBlockBusy,
    RtlpBlockLarge, // busy, behind an RTLP_LARGE_BLOCK
} RTLP_BLOCK_STATE;

// In front of each block. Units are granules.
typedef struct _RTLP_BLOCK {
    ULONG Units;  // this included; 0 for a large one
    ULONG Before; // of the block in front of it; 0 for a segment's first
    USHORT Signature;
    USHORT State;
    ULONG Unused; // bytes at its end that were not asked for
    UCHAR Data[];
} RTLP_BLOCK, *PRTLP_BLOCK;

C_ASSERT(sizeof(RTLP_BLOCK) == RTLP_GRANULE);
C_ASSERT(sizeof(LIST_ENTRY) <= RTLP_GRANULE); // a free block's link is its data

#define RTLP_LEAST_UNITS 2u

typedef struct _RTLP_LARGE_BLOCK {
    LIST_ENTRY Link;
    SIZE_T Bytes;
    SIZE_T Asked;
    RTLP_BLOCK Block;
} RTLP_LARGE_BLOCK, *PRTLP_LARGE_BLOCK;

typedef struct _RTLP_SEGMENT {
    LIST_ENTRY Link;
    PUCHAR Base;
    PRTLP_BLOCK First, Last; // NULL: no block yet
    PUCHAR Start;            // where the first block is, or will be
    PUCHAR Committed, End;
} RTLP_SEGMENT, *PRTLP_SEGMENT;

typedef struct _RTLP_HEAP {
    ULONG Signature;
    ULONG Flags;
    PERESOURCE Lock; // NULL: the callers exclude one another
    BOOLEAN IsLockOurs;
    BOOLEAN IsMemoryOurs;
    RTL_HEAP_PARAMETERS Parameters;
    SIZE_T FreeBytes;
    LIST_ENTRY Segments;
    LIST_ENTRY FreeBlocks;
    LIST_ENTRY LargeBlocks;
    RTLP_SEGMENT FirstSegment;
} RTLP_HEAP, *PRTLP_HEAP;

static inline SIZE_T RtlpRoundUp(SIZE_T Bytes, SIZE_T Multiple)
{
    return (Bytes + Multiple - 1) / Multiple * Multiple;
}

static inline PRTLP_BLOCK RtlpBlockBehind(PRTLP_BLOCK Block)
{
    return (PRTLP_BLOCK)((PUCHAR)Block + (SIZE_T)Block->Units * RTLP_GRANULE);
}

// ---- Blocks of a segment

static VOID RtlpLinkFree(PRTLP_HEAP Heap, PRTLP_BLOCK Block)
{
    Block->State = RtlpBlockFree;
    Heap->FreeBytes += (SIZE_T)Block->Units * RTLP_GRANULE;
    InsertHeadList(&Heap->FreeBlocks, (PLIST_ENTRY)Block->Data);
}

static VOID RtlpUnlinkFree(PRTLP_HEAP Heap, PRTLP_BLOCK Block)
{
    Heap->FreeBytes -= (SIZE_T)Block->Units * RTLP_GRANULE;
    RemoveEntryList((PLIST_ENTRY)Block->Data);
}

// What is behind Block, or the segment's end, learns of its size.
static VOID RtlpSetUnits(PRTLP_SEGMENT Segment, PRTLP_BLOCK Block, ULONG Units, BOOLEAN IsLast)
{
    Block->Units = Units;
    if (IsLast) {
        Segment->Last = Block;
    } else {
        RtlpBlockBehind(Block)->Before = Units;
    }
}

// Makes a block, on no list, one with the free ones at its sides, and free. The resulting block.
static PRTLP_BLOCK RtlpCoalesce(PRTLP_HEAP Heap, PRTLP_SEGMENT Segment, PRTLP_BLOCK Block)
{
    ULONG Units = Block->Units;
    BOOLEAN IsLast = Segment->Last == Block;
    if (!IsLast && RtlpBlockBehind(Block)->State == RtlpBlockFree) {
        PRTLP_BLOCK Behind = RtlpBlockBehind(Block);
        IsLast = Segment->Last == Behind;
        RtlpUnlinkFree(Heap, Behind);
        Units += Behind->Units;
        Behind->Signature = 0;
    }
    if (Segment->First != Block) {
        PRTLP_BLOCK Front = (PRTLP_BLOCK)((PUCHAR)Block - (SIZE_T)Block->Before * RTLP_GRANULE);
        if (Front->State == RtlpBlockFree) {
            RtlpUnlinkFree(Heap, Front);
            Units += Front->Units;
            Block->Signature = 0;
            Block = Front;
        }
    }
    RtlpSetUnits(Segment, Block, Units, IsLast);
    RtlpLinkFree(Heap, Block);
    return Block;
}

// Appends the bytes from what was committed up to Committed.
static VOID RtlpAppendBytes(PRTLP_HEAP Heap, PRTLP_SEGMENT Segment, PUCHAR Committed)
{
    PUCHAR From = Segment->Last != NULL ? (PUCHAR)RtlpBlockBehind(Segment->Last) : Segment->Start;
    ULONG Units = (ULONG)((Committed - From) / RTLP_GRANULE);
    Segment->Committed = Committed;
    if (Committed < From || Units < RTLP_LEAST_UNITS) {
        return;
    }
    PRTLP_BLOCK Block = (PRTLP_BLOCK)From;
    Block->Units = Units;
    Block->Before = Segment->Last != NULL ? Segment->Last->Units : 0;
    Block->Signature = RTLP_BLOCK_SIGNATURE;
    Block->State = RtlpBlockBusy; // until it is coalesced
    Segment->First = Segment->First != NULL ? Segment->First : Block;
    Segment->Last = Block;
    RtlpCoalesce(Heap, Segment, Block);
}

// Commits at least Bytes more of a segment that has them.
static BOOLEAN RtlpCommit(PRTLP_HEAP Heap, PRTLP_SEGMENT Segment, SIZE_T Bytes)
{
    SIZE_T Room = (SIZE_T)(Segment->End - Segment->Committed);
    SIZE_T Size = RtlpRoundUp(max(Bytes, Heap->Parameters.SegmentCommit), PAGE_SIZE);
    PVOID Address = Segment->Committed;
    NTSTATUS Status;
    if (Bytes > Room) {
        return FALSE;
    }
    Size = min(Size, Room);
    if (Heap->Parameters.CommitRoutine != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "RTL_HEAP_COMMIT_ROUTINE", Heap->Parameters.CommitRoutine, 3, Heap,
                        &Address, &Size);
        Status = Heap->Parameters.CommitRoutine(Heap, &Address, &Size);
        ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    } else {
        Status = ZwAllocateVirtualMemory(NtCurrentProcess(), &Address, 0, &Size, MEM_COMMIT, PAGE_READWRITE);
    }
    if (!NT_SUCCESS(Status) || Address != Segment->Committed || Size < Bytes || Size > Room) {
        return FALSE;
    }
    RtlpAppendBytes(Heap, Segment, Segment->Committed + Size);
    return TRUE;
}

static VOID RtlpInitializeSegment(PRTLP_HEAP Heap, PRTLP_SEGMENT Segment, PVOID Base, SIZE_T Reserve,
                                  SIZE_T Commit)
{
    Segment->Base = Base;
    Segment->First = Segment->Last = NULL;
    Segment->Start = (PUCHAR)RtlpRoundUp((SIZE_T)(Segment + 1), RTLP_GRANULE);
    Segment->End = (PUCHAR)Base + Reserve;
    InsertTailList(&Heap->Segments, &Segment->Link);
    RtlpAppendBytes(Heap, Segment, (PUCHAR)Base + Commit);
}

static PVOID RtlpReserve(SIZE_T Reserve, SIZE_T Commit)
{
    PVOID Base = NULL, Start;
    if (!NT_SUCCESS(
            ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, &Reserve, MEM_RESERVE, PAGE_READWRITE))) {
        return NULL;
    }
    Start = Base;
    if (!NT_SUCCESS(
            ZwAllocateVirtualMemory(NtCurrentProcess(), &Start, 0, &Commit, MEM_COMMIT, PAGE_READWRITE))) {
        Reserve = 0;
        ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Reserve, MEM_RELEASE);
        return NULL;
    }
    return Base;
}

static VOID RtlpRelease(PVOID Base)
{
    SIZE_T Size = 0;
    ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Size, MEM_RELEASE);
}

// A block of at least Units from the free ones; NULL.
static PRTLP_BLOCK RtlpFindFree(PRTLP_HEAP Heap, ULONG Units)
{
    for (PLIST_ENTRY Entry = Heap->FreeBlocks.Flink; Entry != &Heap->FreeBlocks; Entry = Entry->Flink) {
        PRTLP_BLOCK Block = CONTAINING_RECORD(Entry, RTLP_BLOCK, Data);
        if (Block->Units >= Units) {
            return Block;
        }
    }
    return NULL;
}

static PRTLP_SEGMENT RtlpSegmentOf(PRTLP_HEAP Heap, PVOID Address)
{
    for (PLIST_ENTRY Entry = Heap->Segments.Flink; Entry != &Heap->Segments; Entry = Entry->Flink) {
        PRTLP_SEGMENT Segment = CONTAINING_RECORD(Entry, RTLP_SEGMENT, Link);
        if ((PUCHAR)Address >= Segment->Start && (PUCHAR)Address < Segment->Committed) {
            return Segment;
        }
    }
    return NULL;
}

// Commits more, or adds a segment to a growable heap, so that Units are free in one block.
static BOOLEAN RtlpGrow(PRTLP_HEAP Heap, ULONG Units)
{
    SIZE_T Bytes = (SIZE_T)Units * RTLP_GRANULE;
    for (PLIST_ENTRY Entry = Heap->Segments.Flink; Entry != &Heap->Segments; Entry = Entry->Flink) {
        PRTLP_SEGMENT Segment = CONTAINING_RECORD(Entry, RTLP_SEGMENT, Link);
        SIZE_T AtEnd = Segment->Last != NULL && Segment->Last->State == RtlpBlockFree
                           ? (SIZE_T)Segment->Last->Units * RTLP_GRANULE
                           : 0;
        if (RtlpCommit(Heap, Segment, Bytes - min(AtEnd, Bytes - RTLP_GRANULE))) {
            return TRUE;
        }
    }
    if (!(Heap->Flags & HEAP_GROWABLE)) {
        return FALSE;
    }
    SIZE_T Least = RtlpRoundUp(Bytes + RtlpRoundUp(sizeof(RTLP_SEGMENT), RTLP_GRANULE), PAGE_SIZE);
    SIZE_T Reserve = max(RtlpRoundUp(Heap->Parameters.SegmentReserve, PAGE_SIZE), Least);
    SIZE_T Commit = min(max(RtlpRoundUp(Heap->Parameters.SegmentCommit, PAGE_SIZE), Least), Reserve);
    PRTLP_SEGMENT Segment = RtlpReserve(Reserve, Commit);
    if (Segment == NULL) {
        return FALSE;
    }
    RtlpInitializeSegment(Heap, Segment, Segment, Reserve, Commit);
    return TRUE;
}

static PVOID RtlpAllocateBlock(PRTLP_HEAP Heap, SIZE_T Bytes)
{
    ULONG Units = max((ULONG)(RtlpRoundUp(Bytes, RTLP_GRANULE) / RTLP_GRANULE) + 1, RTLP_LEAST_UNITS);
    PRTLP_BLOCK Block = RtlpFindFree(Heap, Units);
    if (Block == NULL) {
        if (!RtlpGrow(Heap, Units)) {
            return NULL;
        }
        Block = RtlpFindFree(Heap, Units);
        if (Block == NULL) {
            return NULL;
        }
    }
    PRTLP_SEGMENT Segment = RtlpSegmentOf(Heap, Block);
    RtlpUnlinkFree(Heap, Block);
    Block->State = RtlpBlockBusy;
    ULONG Rest = Block->Units - Units;
    if (Rest >= RTLP_LEAST_UNITS) {
        BOOLEAN IsLast = Segment->Last == Block;
        Block->Units = Units;
        PRTLP_BLOCK Behind = RtlpBlockBehind(Block);
        Behind->Before = Units;
        Behind->Signature = RTLP_BLOCK_SIGNATURE;
        RtlpSetUnits(Segment, Behind, Rest, IsLast);
        RtlpLinkFree(Heap, Behind);
    }
    Block->Unused = (ULONG)((SIZE_T)(Block->Units - 1) * RTLP_GRANULE - Bytes);
    return Block->Data;
}

static PVOID RtlpAllocateLarge(PRTLP_HEAP Heap, SIZE_T Bytes)
{
    if (!(Heap->Flags & HEAP_GROWABLE) || Bytes > RTLP_LARGEST_ALIGNMENT) {
        return NULL;
    }
    SIZE_T Whole = RtlpRoundUp(Bytes + sizeof(RTLP_LARGE_BLOCK), PAGE_SIZE);
    PRTLP_LARGE_BLOCK Large = RtlpReserve(Whole, Whole);
    if (Large == NULL) {
        return NULL;
    }
    Large->Bytes = Whole;
    Large->Asked = Bytes;
    Large->Block.Signature = RTLP_BLOCK_SIGNATURE;
    Large->Block.State = RtlpBlockLarge;
    InsertTailList(&Heap->LargeBlocks, &Large->Link);
    return Large->Block.Data;
}

// A segment that is empty goes back, and so do pages at the end of another, above the heap's thresholds.
static VOID RtlpDecommit(PRTLP_HEAP Heap, PRTLP_SEGMENT Segment, PRTLP_BLOCK Block)
{
    if (!Heap->IsMemoryOurs || Segment->Last != Block) {
        return;
    }
    if (Segment->First == Block && Segment != &Heap->FirstSegment) {
        RtlpUnlinkFree(Heap, Block);
        RemoveEntryList(&Segment->Link);
        RtlpRelease(Segment->Base);
        return;
    }
    if ((SIZE_T)Block->Units * RTLP_GRANULE <= Heap->Parameters.DeCommitFreeBlockThreshold ||
        Heap->FreeBytes <= Heap->Parameters.DeCommitTotalFreeThreshold) {
        return;
    }
    PUCHAR From = (PUCHAR)RtlpRoundUp((SIZE_T)Block + RTLP_LEAST_UNITS * RTLP_GRANULE, PAGE_SIZE);
    if (From >= Segment->Committed) {
        return;
    }
    PVOID Address = From;
    SIZE_T Size = (SIZE_T)(Segment->Committed - From);
    if (NT_SUCCESS(ZwFreeVirtualMemory(NtCurrentProcess(), &Address, &Size, MEM_DECOMMIT))) {
        RtlpUnlinkFree(Heap, Block);
        RtlpSetUnits(Segment, Block, (ULONG)((From - (PUCHAR)Block) / RTLP_GRANULE), TRUE);
        RtlpLinkFree(Heap, Block);
        Segment->Committed = From;
    }
}

static PRTLP_LARGE_BLOCK RtlpFindLarge(PRTLP_HEAP Heap, PVOID Address)
{
    for (PLIST_ENTRY Entry = Heap->LargeBlocks.Flink; Entry != &Heap->LargeBlocks; Entry = Entry->Flink) {
        PRTLP_LARGE_BLOCK Large = CONTAINING_RECORD(Entry, RTLP_LARGE_BLOCK, Link);
        if (Large->Block.Data == Address) {
            return Large;
        }
    }
    return NULL;
}

// The busy block of a segment that Address is, and its segment; NULL.
static PRTLP_BLOCK RtlpFindBusy(PRTLP_HEAP Heap, PVOID Address, PRTLP_SEGMENT *Segment)
{
    PRTLP_BLOCK Block = CONTAINING_RECORD(Address, RTLP_BLOCK, Data);
    *Segment = (ULONG_PTR)Address % RTLP_GRANULE == 0 ? RtlpSegmentOf(Heap, Block) : NULL;
    return *Segment != NULL && Block->Signature == RTLP_BLOCK_SIGNATURE && Block->State == RtlpBlockBusy
               ? Block
               : NULL;
}

static BOOLEAN RtlpFree(PRTLP_HEAP Heap, PVOID Address)
{
    PRTLP_SEGMENT Segment;
    PRTLP_LARGE_BLOCK Large = RtlpFindLarge(Heap, Address);
    if (Large != NULL) {
        RemoveEntryList(&Large->Link);
        RtlpRelease(Large);
        return TRUE;
    }
    PRTLP_BLOCK Block = RtlpFindBusy(Heap, Address, &Segment);
    if (Block == NULL) {
        return FALSE;
    }
    RtlpDecommit(Heap, Segment, RtlpCoalesce(Heap, Segment, Block));
    return TRUE;
}

// ---- Heaps

static VOID RtlpLockHeap(PRTLP_HEAP Heap, ULONG Flags)
{
    if (!(Flags & HEAP_NO_SERIALIZE)) {
        KeEnterCriticalRegion();
        ExAcquireResourceExclusiveLite(Heap->Lock, TRUE);
    }
}

static VOID RtlpUnlockHeap(PRTLP_HEAP Heap, ULONG Flags)
{
    if (!(Flags & HEAP_NO_SERIALIZE)) {
        ExReleaseResourceLite(Heap->Lock);
        KeLeaveCriticalRegion();
    }
}

// What Given leaves out has NT's values. FALSE: they do not agree with each other.
static BOOLEAN RtlpSetParameters(PRTL_HEAP_PARAMETERS Parameters, const RTL_HEAP_PARAMETERS *Given,
                                 ULONG Flags, PVOID HeapBase)
{
    RtlZeroMemory(Parameters, sizeof(*Parameters));
    if (Given != NULL && Given->Length == sizeof(*Given)) {
        *Parameters = *Given;
    }
    if (Parameters->CommitRoutine != NULL &&
        (HeapBase == NULL || (Flags & HEAP_GROWABLE) || Parameters->InitialCommit == 0 ||
         Parameters->InitialReserve == 0 || Parameters->InitialCommit > Parameters->InitialReserve)) {
        return FALSE;
    }
    if (Parameters->SegmentReserve == 0) {
        Parameters->SegmentReserve = RTLP_DEFAULT_SEGMENT;
    }
    if (Parameters->SegmentCommit == 0) {
        Parameters->SegmentCommit = RTLP_DEFAULT_COMMIT;
    }
    if (Parameters->DeCommitFreeBlockThreshold == 0) {
        Parameters->DeCommitFreeBlockThreshold = PAGE_SIZE;
    }
    if (Parameters->DeCommitTotalFreeThreshold == 0) {
        Parameters->DeCommitTotalFreeThreshold = RTLP_DEFAULT_FREE;
    }
    if (Parameters->MaximumAllocationSize == 0) {
        Parameters->MaximumAllocationSize = (SIZE_T)MmHighestUserAddress - KM_USER_RANGE_START - PAGE_SIZE;
    }
    if (Parameters->VirtualMemoryThreshold == 0 || Parameters->VirtualMemoryThreshold > RTLP_MAXIMUM_BLOCK) {
        Parameters->VirtualMemoryThreshold = RTLP_MAXIMUM_BLOCK;
    }
    return TRUE;
}

// How much there will be, and how much of it at once, of a heap in memory of its own.
static VOID RtlpSizesOf(PSIZE_T Reserve, PSIZE_T Commit)
{
    if (*Reserve == 0) {
        *Reserve = *Commit == 0 ? RTLP_DEFAULT_RESERVE : RtlpRoundUp(*Commit, RTLP_RESERVE_MULTIPLE);
    } else {
        *Reserve = RtlpRoundUp(*Reserve, PAGE_SIZE);
    }
    *Commit = *Commit == 0 ? PAGE_SIZE : min(RtlpRoundUp(*Commit, PAGE_SIZE), *Reserve);
}

// The same of a block of the caller's, whose size and committed part are told by the parameters, by what is
// known of user addresses, or by ReserveSize alone. FALSE: there is no such block.
static BOOLEAN RtlpSizesOfBlock(PVOID Base, const RTL_HEAP_PARAMETERS *Parameters, PSIZE_T Reserve,
                                PSIZE_T Commit)
{
    MEMORY_BASIC_INFORMATION Region;
    if (Parameters->CommitRoutine != NULL) {
        *Reserve = Parameters->InitialReserve;
        *Commit = Parameters->InitialCommit;
        return TRUE;
    }
    if (Base > MmHighestUserAddress) {
        *Reserve = *Reserve != 0 ? *Reserve : *Commit;
        *Commit = *Reserve;
        return TRUE;
    }
    if (!NT_SUCCESS(ZwQueryVirtualMemory(NtCurrentProcess(), Base, MemoryBasicInformation, &Region,
                                         sizeof(Region), NULL)) ||
        Region.State == MEM_FREE || Region.BaseAddress != Base) {
        return FALSE;
    }
    *Reserve = *Reserve != 0 ? min(*Reserve, Region.RegionSize) : Region.RegionSize;
    if (Region.State == MEM_COMMIT) {
        *Commit = *Reserve;
        return TRUE;
    }
    *Reserve = RtlpRoundUp(*Reserve, PAGE_SIZE);
    *Commit = *Commit == 0 ? PAGE_SIZE : min(RtlpRoundUp(*Commit, PAGE_SIZE), *Reserve);
    return NT_SUCCESS(
        ZwAllocateVirtualMemory(NtCurrentProcess(), &Base, 0, Commit, MEM_COMMIT, PAGE_READWRITE));
}

static PERESOURCE RtlpCreateLock(VOID)
{
    PERESOURCE Lock = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Lock), TAG_HEAP);
    if (Lock != NULL) {
        ExInitializeResourceLite(Lock);
    }
    return Lock;
}

static VOID RtlpDeleteLock(PERESOURCE Lock)
{
    ExDeleteResourceLite(Lock);
    ExFreePoolWithTag(Lock, TAG_HEAP);
}

// The handle, which is where the heap begins; NULL: no memory, a block too small or not there, a lock with
// HEAP_NO_SERIALIZE, or parameters that do not agree with each other. The heap belongs to the process that
// calls, as do the blocks; HeapBase stays the caller's, and so does Lock. A block in system space must be
// committed, ReserveSize bytes of it. IRQL < DISPATCH_LEVEL. (ntifs, RtlCreateHeap)
PVOID NTAPI RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                          PRTL_HEAP_PARAMETERS Parameters)
{
    RTL_HEAP_PARAMETERS Settled;
    PRTLP_HEAP Heap = HeapBase;
    PERESOURCE Resource = Lock;
    if (((Flags & HEAP_NO_SERIALIZE) && Lock != NULL) ||
        !RtlpSetParameters(&Settled, Parameters, Flags, HeapBase) ||
        (ULONG_PTR)HeapBase % RTLP_GRANULE != 0) {
        return NULL;
    }
    if (Resource == NULL && !(Flags & HEAP_NO_SERIALIZE)) {
        Resource = RtlpCreateLock();
        if (Resource == NULL) {
            return NULL;
        }
    }
    if (HeapBase == NULL) {
        RtlpSizesOf(&ReserveSize, &CommitSize);
        Heap = RtlpReserve(ReserveSize, CommitSize);
        if (Heap == NULL) {
            goto DeleteLock;
        }
    } else if (!RtlpSizesOfBlock(HeapBase, &Settled, &ReserveSize, &CommitSize) ||
               CommitSize < sizeof(*Heap)) {
        goto DeleteLock;
    }
    RtlZeroMemory(Heap, sizeof(*Heap));
    Heap->Signature = RTLP_HEAP_SIGNATURE;
    Heap->Flags = Flags;
    Heap->Lock = Resource;
    Heap->IsLockOurs = Resource != NULL && Lock == NULL;
    Heap->IsMemoryOurs = HeapBase == NULL;
    Heap->Parameters = Settled;
    InitializeListHead(&Heap->Segments);
    InitializeListHead(&Heap->FreeBlocks);
    InitializeListHead(&Heap->LargeBlocks);
    RtlpInitializeSegment(Heap, &Heap->FirstSegment, Heap, ReserveSize, CommitSize);
    return Heap;

DeleteLock:
    if (Resource != NULL && Lock == NULL) {
        RtlpDeleteLock(Resource);
    }
    return NULL;
}

// NULL, whatever is still allocated from it; HeapHandle: it is none. IRQL < DISPATCH_LEVEL, and nobody uses
// the heap any more. (ntifs, RtlDestroyHeap)
PVOID NTAPI RtlDestroyHeap(PVOID HeapHandle)
{
    PRTLP_HEAP Heap = HeapHandle;
    if (Heap == NULL || Heap->Signature != RTLP_HEAP_SIGNATURE) {
        return HeapHandle;
    }
    while (!IsListEmpty(&Heap->LargeBlocks)) {
        RtlpRelease(CONTAINING_RECORD(RemoveHeadList(&Heap->LargeBlocks), RTLP_LARGE_BLOCK, Link));
    }
    while (!IsListEmpty(&Heap->Segments)) {
        PRTLP_SEGMENT Segment = CONTAINING_RECORD(RemoveHeadList(&Heap->Segments), RTLP_SEGMENT, Link);
        if (Segment != &Heap->FirstSegment) {
            RtlpRelease(Segment->Base);
        }
    }
    if (Heap->IsLockOurs) {
        RtlpDeleteLock(Heap->Lock);
    }
    Heap->Signature = 0;
    if (Heap->IsMemoryOurs) {
        RtlpRelease(Heap);
    }
    return NULL;
}

// Aligned to 16 bytes. NULL, or with HEAP_GENERATE_EXCEPTIONS an exception STATUS_NO_MEMORY: more than
// MaximumAllocationSize, of a heap that does not grow more than its threshold or than it has, or no memory.
// IRQL < DISPATCH_LEVEL, in the process that has made the heap. (ntifs, RtlAllocateHeap)
PVOID NTAPI RtlAllocateHeap(HANDLE HeapHandle, ULONG Flags, SIZE_T Size)
{
    PRTLP_HEAP Heap = HeapHandle;
    PVOID Address = NULL;
    Flags = (Flags | Heap->Flags) & RTLP_CALL_FLAGS;
    if (Size <= Heap->Parameters.MaximumAllocationSize) {
        RtlpLockHeap(Heap, Flags);
        Address = Size > Heap->Parameters.VirtualMemoryThreshold ? RtlpAllocateLarge(Heap, Size)
                                                                 : RtlpAllocateBlock(Heap, Size);
        RtlpUnlockHeap(Heap, Flags);
    }
    if (Address == NULL && (Flags & HEAP_GENERATE_EXCEPTIONS)) {
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
    if (Address != NULL && (Flags & HEAP_ZERO_MEMORY)) {
        RtlZeroMemory(Address, Size);
    }
    return Address;
}

LOGICAL NTAPI RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    PRTLP_HEAP Heap = HeapHandle;
    if (BaseAddress == NULL) {
        return TRUE;
    }
    Flags |= Heap->Flags;
    RtlpLockHeap(Heap, Flags);
    BOOLEAN WasFreed = RtlpFree(Heap, BaseAddress);
    RtlpUnlockHeap(Heap, Flags);
    return WasFreed;
}

SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

// How many bytes were asked for; (SIZE_T)-1: it is no block of the heap's. No page documents it for kernel
// mode.
SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    PRTLP_HEAP Heap = HeapHandle;
    PRTLP_SEGMENT Segment;
    SIZE_T Size = (SIZE_T)-1;
    Flags |= Heap->Flags;
    RtlpLockHeap(Heap, Flags);
    PRTLP_LARGE_BLOCK Large = RtlpFindLarge(Heap, BaseAddress);
    PRTLP_BLOCK Block = Large == NULL ? RtlpFindBusy(Heap, BaseAddress, &Segment) : NULL;
    if (Large != NULL) {
        Size = Large->Asked;
    } else if (Block != NULL) {
        Size = (SIZE_T)(Block->Units - 1) * RTLP_GRANULE - Block->Unused;
    }
    RtlpUnlockHeap(Heap, Flags);
    return Size;
}
