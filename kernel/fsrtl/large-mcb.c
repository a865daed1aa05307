// SPDX-License-Identifier: MIT
// Map control blocks with a lock of their own, around those of base-mcb.c.
#include "inc/kernel.h"

VOID NTAPI FsRtlInitializeLargeMcb(PLARGE_MCB Mcb, POOL_TYPE PoolType)
{
    Mcb->GuardedMutex = ExAllocatePoolZero(NonPagedPoolNx, sizeof(KGUARDED_MUTEX), TAG_MCB);
    if (Mcb->GuardedMutex == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    KeInitializeGuardedMutex(Mcb->GuardedMutex);
    if (!FsRtlInitializeBaseMcbEx(&Mcb->BaseMcb, PoolType, 0)) {
        ExFreePoolWithTag(Mcb->GuardedMutex, TAG_MCB);
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    Mcb->BaseMcb.Flags = MCB_FLAG_RAISE_ON_ALLOCATION_FAILURE;
}

VOID NTAPI FsRtlUninitializeLargeMcb(PLARGE_MCB Mcb)
{
    if (Mcb->GuardedMutex != NULL) {
        ExFreePoolWithTag(Mcb->GuardedMutex, TAG_MCB);
        Mcb->GuardedMutex = NULL;
        FsRtlUninitializeBaseMcb(&Mcb->BaseMcb);
    }
}

VOID NTAPI FsRtlResetLargeMcb(PLARGE_MCB Mcb, BOOLEAN SelfSynchronized)
{
    if (!SelfSynchronized) {
        KeAcquireGuardedMutex(Mcb->GuardedMutex);
    }
    FsRtlResetBaseMcb(&Mcb->BaseMcb);
    if (!SelfSynchronized) {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
}

VOID NTAPI FsRtlTruncateLargeMcb(PLARGE_MCB Mcb, LONGLONG Vbn)
{
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    FsRtlTruncateBaseMcb(&Mcb->BaseMcb, Vbn);
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
}

VOID NTAPI FsRtlRemoveLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG SectorCount)
{
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    __try {
        FsRtlRemoveBaseMcbEntry(&Mcb->BaseMcb, Vbn, SectorCount);
    } __finally {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
}

BOOLEAN NTAPI FsRtlAddLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG Lbn, LONGLONG SectorCount)
{
    BOOLEAN Result;
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    __try {
        Result = FsRtlAddBaseMcbEntry(&Mcb->BaseMcb, Vbn, Lbn, SectorCount);
    } __finally {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
    return Result;
}

BOOLEAN NTAPI FsRtlSplitLargeMcb(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG Amount)
{
    BOOLEAN Result;
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    __try {
        Result = FsRtlSplitBaseMcb(&Mcb->BaseMcb, Vbn, Amount);
    } __finally {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
    return Result;
}

BOOLEAN NTAPI FsRtlLookupLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, PLONGLONG Lbn,
                                       PLONGLONG SectorCountFromLbn, PLONGLONG StartingLbn,
                                       PLONGLONG SectorCountFromStartingLbn, PULONG Index)
{
    BOOLEAN Result;
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    __try {
        Result = FsRtlLookupBaseMcbEntry(&Mcb->BaseMcb, Vbn, Lbn, SectorCountFromLbn, StartingLbn,
                                         SectorCountFromStartingLbn, Index);
    } __finally {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
    return Result;
}

BOOLEAN NTAPI FsRtlLookupLastLargeMcbEntry(PLARGE_MCB Mcb, PLONGLONG Vbn, PLONGLONG Lbn)
{
    BOOLEAN Result;
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    __try {
        Result = FsRtlLookupLastBaseMcbEntry(&Mcb->BaseMcb, Vbn, Lbn);
    } __finally {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
    return Result;
}

BOOLEAN NTAPI FsRtlLookupLastLargeMcbEntryAndIndex(PLARGE_MCB Mcb, PLONGLONG LargeVbn, PLONGLONG LargeLbn,
                                                   PULONG Index)
{
    BOOLEAN Result;
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    __try {
        Result = FsRtlLookupLastBaseMcbEntryAndIndex(&Mcb->BaseMcb, LargeVbn, LargeLbn, Index);
    } __finally {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
    return Result;
}

ULONG NTAPI FsRtlNumberOfRunsInLargeMcb(PLARGE_MCB Mcb)
{
    ULONG Result;
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    __try {
        Result = FsRtlNumberOfRunsInBaseMcb(&Mcb->BaseMcb);
    } __finally {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
    return Result;
}

BOOLEAN NTAPI FsRtlGetNextLargeMcbEntry(PLARGE_MCB Mcb, ULONG RunIndex, PLONGLONG Vbn, PLONGLONG Lbn,
                                        PLONGLONG SectorCount)
{
    BOOLEAN Result;
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    __try {
        Result = FsRtlGetNextBaseMcbEntry(&Mcb->BaseMcb, RunIndex, Vbn, Lbn, SectorCount);
    } __finally {
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
    }
    return Result;
}
