// SPDX-License-Identifier: MIT
// Semaphores.
#include "inc/kernel.h"

// PASSIVE_LEVEL by the documentation; touches nothing but the semaphore.
VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    KiInitializeHeader(&Semaphore->Header, KiSemaphore, sizeof(KSEMAPHORE), Count);
    Semaphore->Limit = Limit;
}

// Returns the previous count. Raises STATUS_SEMAPHORE_LIMIT_EXCEEDED, and changes nothing, if Adjustment is
// not positive or would take the count past the limit. IRQL <= DISPATCH_LEVEL.
LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG OldState = Semaphore->Header.SignalState;
    LONG NewState;
    if (__builtin_add_overflow(OldState, Adjustment, &NewState) || NewState > Semaphore->Limit ||
        NewState <= OldState) {
        KiUnlockDispatcher(OldIrql);
        ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    }
    Semaphore->Header.SignalState = NewState;
    if (OldState == 0) {
        KiSignalObject(Semaphore, Increment);
    }
    KiUnlockDispatcherForWait(OldIrql, Wait);
    return OldState;
}

// Any IRQL.
LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
    return __atomic_load_n(&Semaphore->Header.SignalState, __ATOMIC_SEQ_CST);
}
