// SPDX-License-Identifier: MIT
// Where a thread may run. There is one processor group: Windows has more only above 64 processors.
#include "inc/kernel.h"

// The dispatcher lock is held. The current thread goes to another processor as soon as IRQL allows it.
static VOID KiApplyAffinity(PKTHREAD Thread, KAFFINITY Affinity)
{
    PKPRCB Prcb = KiGetPrcb();
    Thread->Affinity = Affinity;
    if (!(Affinity & (1ULL << Prcb->Number))) {
        Prcb->RescheduleNeeded = TRUE;
        KiRequestSoftwareInterrupt(Prcb, DISPATCH_LEVEL);
    }
}

// Returns the system affinity that there was; 0: none. An Affinity without a processor, or with one that does
// not exist, changes nothing.
static KAFFINITY KiSetSystemAffinity(KAFFINITY Affinity, BOOLEAN *Done)
{
    KIRQL OldIrql = KiLockDispatcher();
    PKTHREAD Thread = KiCurrentThread();
    KAFFINITY Previous = Thread->SystemAffinityActive ? Thread->Affinity : 0;
    *Done = Affinity != 0 && (Affinity & ~KiActiveProcessors) == 0;
    if (*Done) {
        Thread->SystemAffinityActive = TRUE;
        KiApplyAffinity(Thread, Affinity);
    }
    KiUnlockDispatcher(OldIrql);
    return Previous;
}

static VOID KiRevertToUserAffinity(VOID)
{
    KIRQL OldIrql = KiLockDispatcher();
    PKTHREAD Thread = KiCurrentThread();
    if (Thread->SystemAffinityActive) {
        Thread->SystemAffinityActive = FALSE;
        KiApplyAffinity(Thread, Thread->UserAffinity);
    }
    KiUnlockDispatcher(OldIrql);
}

// IRQL <= DISPATCH_LEVEL, where the move waits for IRQL to fall. Returns the system affinity that there was,
// 0 if there was none. Without effect if a bit means no processor, or none that is active.
KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY Affinity)
{
    BOOLEAN Done;
    return KiSetSystemAffinity(Affinity, &Done);
}

VOID NTAPI KeSetSystemAffinityThread(KAFFINITY Affinity)
{
    BOOLEAN Done;
    KiSetSystemAffinity(Affinity, &Done);
}

// Affinity: what KeSetSystemAffinityThreadEx returned. 0 ends the system affinity. Without effect if there is
// none.
VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY Affinity)
{
    if (Affinity == 0) {
        KiRevertToUserAffinity();
    } else if (KiCurrentThread()->SystemAffinityActive) {
        KeSetSystemAffinityThreadEx(Affinity);
    }
}

VOID NTAPI KeRevertToUserAffinityThread(VOID)
{
    KiRevertToUserAffinity();
}

// TRUE if Affinity is of a group that there is; its mask is looked at elsewhere.
static BOOLEAN KiIsGroupAffinity(const GROUP_AFFINITY *Affinity)
{
    return Affinity->Group == 0 && Affinity->Reserved[0] == 0 && Affinity->Reserved[1] == 0 &&
           Affinity->Reserved[2] == 0;
}

// *PreviousAffinity, which is optional, is for KeRevertToUserGroupAffinityThread: zeros if there was the user
// affinity, or if nothing was changed: a group that does not exist, reserved words that are not zero, a mask
// without a processor or with one that does not exist. IRQL as above.
VOID NTAPI KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity)
{
    BOOLEAN Done = FALSE;
    KAFFINITY Previous = 0;
    if (KiIsGroupAffinity(Affinity)) {
        Previous = KiSetSystemAffinity(Affinity->Mask, &Done);
    }
    if (PreviousAffinity != NULL) {
        *PreviousAffinity = (GROUP_AFFINITY){.Mask = Done ? Previous : 0};
    }
}

// A mask of 0 ends the system affinity; another becomes it, if it could be set. Without effect if there is no
// system affinity. IRQL as above.
VOID NTAPI KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity)
{
    BOOLEAN Done;
    if (PreviousAffinity->Mask == 0) {
        KiRevertToUserAffinity();
    } else if (KiCurrentThread()->SystemAffinityActive && KiIsGroupAffinity(PreviousAffinity)) {
        KiSetSystemAffinity(PreviousAffinity->Mask, &Done);
    }
}

// Returns the number that was the thread's. A Processor that does not exist changes nothing.
UCHAR NTAPI KeSetIdealProcessorThread(PKTHREAD Thread, UCHAR Processor)
{
    KIRQL OldIrql = KiLockDispatcher();
    UCHAR Old = (UCHAR)Thread->IdealProcessor;
    if (Processor < KiProcessorCount) {
        Thread->IdealProcessor = Processor;
        if (Thread->State != KiThreadRunning && Thread->State != KiThreadReady) {
            Thread->NextProcessor = Processor;
        }
    }
    KiUnlockDispatcher(OldIrql);
    return Old;
}
