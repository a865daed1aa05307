// SPDX-License-Identifier: MIT
// Map control blocks: which blocks of a volume hold a file's blocks. The caller sees to it that nobody else
// uses the same one.
#include "inc/kernel.h"

// A run: up to Next, from where the one in front of it ends. Both have 32 bits, as documented.
typedef struct _FSRTLP_RUN {
    ULONG Next;
    ULONG Lbn; // FSRTLP_HOLE: of none
} FSRTLP_RUN;

#define FSRTLP_HOLE       MAXULONG
#define FSRTLP_FIRST_RUNS 15

static FSRTLP_RUN *FsRtlpRunsOf(PBASE_MCB Mcb)
{
    return Mcb->Mapping;
}

static ULONG FsRtlpStartOf(PBASE_MCB Mcb, ULONG Index)
{
    return Index == 0 ? 0 : FsRtlpRunsOf(Mcb)[Index - 1].Next;
}

// The run that Vbn is in; PairCount: behind all.
static ULONG FsRtlpFindRun(PBASE_MCB Mcb, LONGLONG Vbn)
{
    ULONG Low = 0, High = Mcb->PairCount;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if (Vbn < (LONGLONG)FsRtlpRunsOf(Mcb)[Middle].Next) {
            High = Middle;
        } else {
            Low = Middle + 1;
        }
    }
    return Low;
}

static ULONG FsRtlpEndOf(PBASE_MCB Mcb)
{
    return FsRtlpStartOf(Mcb, Mcb->PairCount);
}

// Room for Count runs. FALSE, or an exception if that is what failures are to be.
static BOOLEAN FsRtlpReserveRuns(PBASE_MCB Mcb, ULONG Count)
{
    if (Count <= Mcb->MaximumPairCount) {
        return TRUE;
    }
    ULONG Maximum = max(Count, Mcb->MaximumPairCount * 2);
    FSRTLP_RUN *New = ExAllocatePoolZero(Mcb->PoolType, Maximum * sizeof(FSRTLP_RUN), TAG_MCB);
    if (New == NULL) {
        if (Mcb->Flags & MCB_FLAG_RAISE_ON_ALLOCATION_FAILURE) {
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        }
        return FALSE;
    }
    if (Mcb->Mapping != NULL) {
        RtlCopyMemory(New, Mcb->Mapping, Mcb->PairCount * sizeof(FSRTLP_RUN));
        ExFreePoolWithTag(Mcb->Mapping, TAG_MCB);
    }
    Mcb->Mapping = New;
    Mcb->MaximumPairCount = Maximum;
    return TRUE;
}

BOOLEAN NTAPI FsRtlInitializeBaseMcbEx(PBASE_MCB Mcb, POOL_TYPE PoolType, USHORT Flags)
{
    *Mcb = (BASE_MCB){.PoolType = (USHORT)PoolType, .Flags = Flags};
    return FsRtlpReserveRuns(Mcb, FSRTLP_FIRST_RUNS);
}

VOID NTAPI FsRtlInitializeBaseMcb(PBASE_MCB Mcb, POOL_TYPE PoolType)
{
    FsRtlInitializeBaseMcbEx(Mcb, PoolType, MCB_FLAG_RAISE_ON_ALLOCATION_FAILURE);
}

VOID NTAPI FsRtlUninitializeBaseMcb(PBASE_MCB Mcb)
{
    if (Mcb->Mapping != NULL) {
        ExFreePoolWithTag(Mcb->Mapping, TAG_MCB);
        Mcb->Mapping = NULL;
    }
    Mcb->PairCount = Mcb->MaximumPairCount = 0;
}

VOID NTAPI FsRtlResetBaseMcb(PBASE_MCB Mcb)
{
    Mcb->PairCount = 0;
}

// ---- Changes. The room is there.

// Lets a run end, and the next begin, at Vbn, which is at most the end of all.
static VOID FsRtlpCutAt(PBASE_MCB Mcb, ULONG Vbn)
{
    ULONG Index = FsRtlpFindRun(Mcb, Vbn), Start = FsRtlpStartOf(Mcb, Index);
    if (Index == Mcb->PairCount || Start == Vbn) {
        return;
    }
    FSRTLP_RUN *Run = FsRtlpRunsOf(Mcb) + Index;
    RtlMoveMemory(Run + 1, Run, (Mcb->PairCount - Index) * sizeof(*Run));
    Mcb->PairCount += 1;
    Run[0].Next = Vbn;
    if (Run[1].Lbn != FSRTLP_HOLE) {
        Run[1].Lbn += Vbn - Start;
    }
}

// Neighbours become one where they go on, and no hole is last.
static VOID FsRtlpJoin(PBASE_MCB Mcb)
{
    FSRTLP_RUN *Runs = FsRtlpRunsOf(Mcb);
    ULONG Kept = 0;
    for (ULONG Index = 0, Start = 0; Index < Mcb->PairCount; Start = Runs[Index].Next, Index += 1) {
        FSRTLP_RUN Run = Runs[Index];
        if (Kept != 0 && (Run.Lbn == FSRTLP_HOLE
                              ? Runs[Kept - 1].Lbn == FSRTLP_HOLE
                              : Runs[Kept - 1].Lbn != FSRTLP_HOLE &&
                                    Runs[Kept - 1].Lbn + (Start - FsRtlpStartOf(Mcb, Kept - 1)) == Run.Lbn)) {
            Kept -= 1;
            Run.Lbn = Runs[Kept].Lbn;
        }
        Runs[Kept] = Run;
        Kept += 1;
    }
    while (Kept != 0 && Runs[Kept - 1].Lbn == FSRTLP_HOLE) {
        Kept -= 1;
    }
    Mcb->PairCount = Kept;
}

// Maps the range, whose end is below 2^32, to Lbn, or makes a hole of it.
static VOID FsRtlpMap(PBASE_MCB Mcb, ULONG Vbn, ULONG Count, ULONG Lbn)
{
    ULONG End = FsRtlpEndOf(Mcb);
    if (Vbn + Count > End) {
        FsRtlpRunsOf(Mcb)[Mcb->PairCount] = (FSRTLP_RUN){Vbn + Count, FSRTLP_HOLE};
        Mcb->PairCount += 1;
    }
    FsRtlpCutAt(Mcb, Vbn);
    FsRtlpCutAt(Mcb, Vbn + Count);
    for (ULONG Index = FsRtlpFindRun(Mcb, Vbn);
         Index < Mcb->PairCount && FsRtlpStartOf(Mcb, Index) < Vbn + Count; Index += 1) {
        FsRtlpRunsOf(Mcb)[Index].Lbn =
            Lbn == FSRTLP_HOLE ? FSRTLP_HOLE : Lbn + (FsRtlpStartOf(Mcb, Index) - Vbn);
    }
    FsRtlpJoin(Mcb);
}

// Whether what is mapped in the range already is mapped so.
static BOOLEAN FsRtlpAgrees(PBASE_MCB Mcb, ULONG Vbn, ULONG Count, ULONG Lbn)
{
    for (ULONG Index = FsRtlpFindRun(Mcb, Vbn);
         Index < Mcb->PairCount && FsRtlpStartOf(Mcb, Index) < Vbn + Count; Index += 1) {
        ULONG Start = FsRtlpStartOf(Mcb, Index);
        if (FsRtlpRunsOf(Mcb)[Index].Lbn != FSRTLP_HOLE &&
            FsRtlpRunsOf(Mcb)[Index].Lbn - Start != Lbn - Vbn) {
            return FALSE;
        }
    }
    return TRUE;
}

static BOOLEAN FsRtlpIsRange(LONGLONG Vbn, LONGLONG Count)
{
    return Vbn >= 0 && Count > 0 && Vbn < MAXULONG && Count < MAXULONG && Vbn + Count < MAXULONG;
}

BOOLEAN NTAPI FsRtlAddBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG Lbn, LONGLONG SectorCount)
{
    if (!FsRtlpIsRange(Vbn, SectorCount) || (ULONG)Lbn == FSRTLP_HOLE ||
        !FsRtlpAgrees(Mcb, (ULONG)Vbn, (ULONG)SectorCount, (ULONG)Lbn) ||
        !FsRtlpReserveRuns(Mcb, Mcb->PairCount + 3)) {
        return FALSE;
    }
    FsRtlpMap(Mcb, (ULONG)Vbn, (ULONG)SectorCount, (ULONG)Lbn);
    return TRUE;
}

BOOLEAN NTAPI FsRtlRemoveBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG SectorCount)
{
    LONGLONG End = FsRtlpEndOf(Mcb);
    if (Vbn < 0 || SectorCount <= 0 || Vbn >= End) {
        return TRUE; // there is nothing
    }
    if (!FsRtlpReserveRuns(Mcb, Mcb->PairCount + 2)) {
        return FALSE;
    }
    FsRtlpMap(Mcb, (ULONG)Vbn, (ULONG)min(SectorCount, End - Vbn), FSRTLP_HOLE);
    return TRUE;
}

VOID NTAPI FsRtlTruncateBaseMcb(PBASE_MCB Mcb, LONGLONG Vbn)
{
    ULONG Index = FsRtlpFindRun(Mcb, Vbn);
    if (Index == Mcb->PairCount) {
        return;
    }
    // The run that Vbn is in becomes shorter, or goes: no room is needed.
    FsRtlpRunsOf(Mcb)[Index].Next = (ULONG)max(Vbn, 0);
    Mcb->PairCount = FsRtlpStartOf(Mcb, Index) < Vbn ? Index + 1 : Index;
    FsRtlpJoin(Mcb);
}

BOOLEAN NTAPI FsRtlSplitBaseMcb(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG Amount)
{
    LONGLONG End = FsRtlpEndOf(Mcb);
    if (Vbn < 0 || Vbn >= End || Amount <= 0) {
        return Vbn >= End && Amount > 0; // nothing has to be shifted
    }
    if (!FsRtlpIsRange(End, Amount) || !FsRtlpReserveRuns(Mcb, Mcb->PairCount + 2)) {
        return FALSE;
    }
    FsRtlpCutAt(Mcb, (ULONG)Vbn);
    ULONG Index = FsRtlpFindRun(Mcb, Vbn);
    FSRTLP_RUN *Run = FsRtlpRunsOf(Mcb) + Index;
    RtlMoveMemory(Run + 1, Run, (Mcb->PairCount - Index) * sizeof(*Run));
    Mcb->PairCount += 1;
    *Run = (FSRTLP_RUN){(ULONG)Vbn, FSRTLP_HOLE};
    for (; Index < Mcb->PairCount; Index += 1) {
        FsRtlpRunsOf(Mcb)[Index].Next += (ULONG)Amount;
    }
    FsRtlpJoin(Mcb);
    return TRUE;
}

// ---- Questions

static LONGLONG FsRtlpLbnOf(ULONG Lbn, ULONG Offset)
{
    return Lbn == FSRTLP_HOLE ? -1 : (LONGLONG)Lbn + Offset;
}

BOOLEAN NTAPI FsRtlLookupBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, PLONGLONG Lbn,
                                      PLONGLONG SectorCountFromLbn, PLONGLONG StartingLbn,
                                      PLONGLONG SectorCountFromStartingLbn, PULONG Index)
{
    ULONG Found = FsRtlpFindRun(Mcb, Vbn);
    if (Vbn < 0 || Found == Mcb->PairCount) {
        return FALSE;
    }
    FSRTLP_RUN Run = FsRtlpRunsOf(Mcb)[Found];
    ULONG Start = FsRtlpStartOf(Mcb, Found);
    if (Lbn != NULL) {
        *Lbn = FsRtlpLbnOf(Run.Lbn, (ULONG)Vbn - Start);
    }
    if (SectorCountFromLbn != NULL) {
        *SectorCountFromLbn = Run.Next - (ULONG)Vbn;
    }
    if (StartingLbn != NULL) {
        *StartingLbn = FsRtlpLbnOf(Run.Lbn, 0);
    }
    if (SectorCountFromStartingLbn != NULL) {
        *SectorCountFromStartingLbn = Run.Next - Start;
    }
    if (Index != NULL) {
        *Index = Found;
    }
    return TRUE;
}

BOOLEAN NTAPI FsRtlLookupLastBaseMcbEntryAndIndex(PBASE_MCB OpaqueMcb, PLONGLONG LargeVbn, PLONGLONG LargeLbn,
                                                  PULONG Index)
{
    if (OpaqueMcb->PairCount == 0) {
        return FALSE;
    }
    *Index = OpaqueMcb->PairCount - 1;
    *LargeVbn = (LONGLONG)FsRtlpEndOf(OpaqueMcb) - 1;
    return FsRtlLookupBaseMcbEntry(OpaqueMcb, *LargeVbn, LargeLbn, NULL, NULL, NULL, NULL);
}

BOOLEAN NTAPI FsRtlLookupLastBaseMcbEntry(PBASE_MCB Mcb, PLONGLONG Vbn, PLONGLONG Lbn)
{
    ULONG Index;
    return FsRtlLookupLastBaseMcbEntryAndIndex(Mcb, Vbn, Lbn, &Index);
}

ULONG NTAPI FsRtlNumberOfRunsInBaseMcb(PBASE_MCB Mcb)
{
    return Mcb->PairCount;
}

BOOLEAN NTAPI FsRtlGetNextBaseMcbEntry(PBASE_MCB Mcb, ULONG RunIndex, PLONGLONG Vbn, PLONGLONG Lbn,
                                       PLONGLONG SectorCount)
{
    if (RunIndex >= Mcb->PairCount) {
        *Vbn = *Lbn = *SectorCount = 0;
        return FALSE;
    }
    FSRTLP_RUN Run = FsRtlpRunsOf(Mcb)[RunIndex];
    *Vbn = FsRtlpStartOf(Mcb, RunIndex);
    *Lbn = FsRtlpLbnOf(Run.Lbn, 0);
    *SectorCount = Run.Next - *Vbn;
    return TRUE;
}
