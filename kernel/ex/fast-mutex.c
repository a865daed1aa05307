// SPDX-License-Identifier: MIT
// Fast mutexes, held at APC_LEVEL or within a critical region, and guarded ones, held within a guarded
// region. Both have a count that is 1 when free, and an event for those who find it taken.
#include "inc/kernel.h"

#undef ExAcquireFastMutex
#undef ExReleaseFastMutex
#undef ExTryToAcquireFastMutex
#undef ExInitializeFastMutex

static VOID ExpAcquireCount(volatile LONG *Count, PKTHREAD *Owner, PULONG Contention, PVOID Event,
                            KWAIT_REASON Reason)
{
    PKTHREAD Thread = KiCurrentThread();
    if (InterlockedDecrement(Count) != 0) {
        InterlockedIncrement((volatile LONG *)Contention);
        Thread->WaitOwner = Owner;
        KeWaitForSingleObject(Event, Reason, KernelMode, FALSE, NULL);
        Thread->WaitOwner = NULL;
    }
    *Owner = Thread;
}

static VOID ExpReleaseCount(volatile LONG *Count, PKTHREAD *Owner, PVOID Event)
{
    *Owner = NULL;
    if (InterlockedIncrement(Count) <= 0) {
        KeSetEvent(Event, EVENT_INCREMENT, FALSE);
    }
}

// ---- Fast mutexes: IRQL <= APC_LEVEL

VOID FASTCALL ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ExpAcquireCount(&FastMutex->Count, &FastMutex->Owner, &FastMutex->Contention, &FastMutex->Event,
                    WrFastMutex);
}

VOID FASTCALL ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ExpReleaseCount(&FastMutex->Count, &FastMutex->Owner, &FastMutex->Event);
}

// APC_LEVEL afterwards; the release goes back to the IRQL that there was.
VOID FASTCALL ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
    ExAcquireFastMutexUnsafe(FastMutex);
    FastMutex->OldIrql = OldIrql;
}

VOID FASTCALL ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL OldIrql = (KIRQL)FastMutex->OldIrql;
    ExReleaseFastMutexUnsafe(FastMutex);
    KiLowerIrql(OldIrql);
}

// FALSE, and IRQL as it was, if somebody has it.
BOOLEAN FASTCALL ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
    if (InterlockedCompareExchange(&FastMutex->Count, 0, 1) != 1) {
        KiLowerIrql(OldIrql);
        return FALSE;
    }
    FastMutex->Owner = KiCurrentThread();
    FastMutex->OldIrql = OldIrql;
    return TRUE;
}

VOID FASTCALL ExEnterCriticalRegionAndAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(FastMutex);
}

VOID FASTCALL ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(PFAST_MUTEX FastMutex)
{
    ExReleaseFastMutexUnsafe(FastMutex);
    KeLeaveCriticalRegion();
}

// ---- Guarded mutexes: IRQL <= APC_LEVEL

VOID FASTCALL KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    Mutex->Count = 1;
    Mutex->Owner = NULL;
    Mutex->Contention = 0;
    Mutex->CombinedApcDisable = 0;
    KiInitializeHeader(&Mutex->Gate.Header, KiEventSynchronization, sizeof(KEVENT), 0);
}

VOID FASTCALL KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX FastMutex)
{
    ExpAcquireCount(&FastMutex->Count, &FastMutex->Owner, &FastMutex->Contention, &FastMutex->Gate,
                    WrGuardedMutex);
}

VOID FASTCALL KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX FastMutex)
{
    ExpReleaseCount(&FastMutex->Count, &FastMutex->Owner, &FastMutex->Gate);
}

VOID FASTCALL KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(Mutex);
}

VOID FASTCALL KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    KeReleaseGuardedMutexUnsafe(Mutex);
    KeLeaveGuardedRegion();
}

BOOLEAN FASTCALL KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    KeEnterGuardedRegion();
    if (InterlockedCompareExchange(&Mutex->Count, 0, 1) != 1) {
        KeLeaveGuardedRegion();
        return FALSE;
    }
    Mutex->Owner = KiCurrentThread();
    return TRUE;
}
