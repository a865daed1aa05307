// SPDX-License-Identifier: MIT
// Where a thread may run. There is one processor group: Windows has more only above 64 processors.
#include "inc/kernel.h"

// In GROUP_AFFINITY.Mask with Group ~0: what KeSetSystemGroupAffinityThread replaced was the user affinity.
// Its page calls such values special: they mean something to KeRevertToUserGroupAffinityThread alone.
#define KI_NO_SYSTEM_AFFINITY_GROUP ((USHORT)~0)

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

// Returns the system affinity that there was; 0: none. An Affinity without an active processor changes
// nothing, and so does one with a processor that does not exist if Strict.
static KAFFINITY KiSetSystemAffinity(KAFFINITY Affinity, BOOLEAN Strict, BOOLEAN *Done)
{
    KIRQL OldIrql = KiLockDispatcher();
    PKTHREAD Thread = KiCurrentThread();
    KAFFINITY Previous = Thread->SystemAffinityActive ? Thread->Affinity : 0;
    *Done = (Affinity & KiActiveProcessors) != 0 && (!Strict || (Affinity & ~KiActiveProcessors) == 0);
    if (*Done) {
        Thread->SystemAffinityActive = TRUE;
        KiApplyAffinity(Thread, Affinity & KiActiveProcessors);
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
    return KiSetSystemAffinity(Affinity, TRUE, &Done);
}

VOID NTAPI KeSetSystemAffinityThread(KAFFINITY Affinity)
{
    BOOLEAN Done;
    KiSetSystemAffinity(Affinity, TRUE, &Done);
}

// Affinity: what KeSetSystemAffinityThreadEx returned. 0 ends the system affinity.
VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY Affinity)
{
    if (Affinity == 0) {
        KiRevertToUserAffinity();
    } else {
        KeSetSystemAffinityThreadEx(Affinity);
    }
}

VOID NTAPI KeRevertToUserAffinityThread(VOID)
{
    KiRevertToUserAffinity();
}

// *PreviousAffinity is for KeRevertToUserGroupAffinityThread only; all zeros if nothing was changed: a group
// that does not exist, reserved words that are not zero, no active processor in the mask.
VOID NTAPI KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity)
{
    BOOLEAN Done = FALSE;
    KAFFINITY Previous = 0;
    if (Affinity->Group == 0 && Affinity->Reserved[0] == 0 && Affinity->Reserved[1] == 0 &&
        Affinity->Reserved[2] == 0) {
        Previous = KiSetSystemAffinity(Affinity->Mask, FALSE, &Done);
    }
    if (PreviousAffinity != NULL) {
        *PreviousAffinity = (GROUP_AFFINITY){0};
        if (Done) {
            PreviousAffinity->Mask = Previous;
            PreviousAffinity->Group = Previous == 0 ? KI_NO_SYSTEM_AFFINITY_GROUP : 0;
        }
    }
}

// Nothing happens for what KeSetSystemGroupAffinityThread gives when it changes nothing.
VOID NTAPI KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity)
{
    if (PreviousAffinity->Group == KI_NO_SYSTEM_AFFINITY_GROUP) {
        KiRevertToUserAffinity();
    } else if (PreviousAffinity->Mask != 0) {
        KeSetSystemAffinityThreadEx(PreviousAffinity->Mask);
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
