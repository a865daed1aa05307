// SPDX-License-Identifier: MIT
// Alerts: what ends an alertable wait without an object. IRQL <= DISPATCH_LEVEL.
#include "inc/kernel.h"

// Ends Thread's alertable wait of AlertMode or a more trusted one, with STATUS_ALERTED; or is kept for the
// next one. Returns whether Thread had been alerted already.
BOOLEAN NTAPI KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode)
{
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN Alerted = Thread->Alerted[(UCHAR)AlertMode];
    if (!Alerted) {
        if (Thread->State == KiThreadWaiting && Thread->Alertable && AlertMode <= Thread->WaitMode) {
            KiUnwaitThread(Thread, STATUS_ALERTED, 0);
        } else {
            Thread->Alerted[(UCHAR)AlertMode] = TRUE;
        }
    }
    KiUnlockDispatcher(OldIrql);
    return Alerted;
}

// TRUE, and not any more afterwards, if the current thread has been alerted for AlertMode. For UserMode a
// user APC that is queued is made ready to be delivered.
BOOLEAN NTAPI KeTestAlertThread(KPROCESSOR_MODE AlertMode)
{
    KIRQL OldIrql = KiLockDispatcher();
    PKTHREAD Thread = KiCurrentThread();
    BOOLEAN Alerted = Thread->Alerted[(UCHAR)AlertMode];
    if (Alerted) {
        Thread->Alerted[(UCHAR)AlertMode] = FALSE;
    } else if (AlertMode == UserMode && !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode])) {
        Thread->ApcState.UserApcPending = TRUE;
    }
    KiUnlockDispatcher(OldIrql);
    return Alerted;
}
