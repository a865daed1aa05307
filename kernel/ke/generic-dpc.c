// SPDX-License-Identifier: MIT
// KeGenericCallDpc: one DPC on every processor at once, with a barrier and a count of those that are done.
// The routines are exported but have no page; the contract is that of their declarations in the WDK's
// samples.
#include "inc/kernel.h"

// What SystemArgument2 points to.
typedef struct _KI_DPC_BARRIER {
    LONG Count;              // processors that take part
    volatile LONG Remaining; // before the barrier
    volatile LONG Round;
} KI_DPC_BARRIER;

// One at a time: two that wait for each other's processors would never end.
static FAST_MUTEX KiGenericDpcMutex;
static KDPC KiGenericDpcs[KI_MAXIMUM_PROCESSORS];

VOID KiInitializeGenericDpc(VOID)
{
    ExInitializeFastMutex(&KiGenericDpcMutex);
}

// Calls Routine(Dpc, Context, SystemArgument1, SystemArgument2) at DISPATCH_LEVEL on every processor; the
// routine must hand SystemArgument1 to KeSignalCallDpcDone as the last thing it does. Returns when all have.
// IRQL PASSIVE_LEVEL.
VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context)
{
    ExAcquireFastMutex(&KiGenericDpcMutex);
    LONG Count = (LONG)KiProcessorCount;
    volatile LONG Running = Count;
    KI_DPC_BARRIER Barrier = {Count, Count, 0};
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    ULONG Own = KiGetPrcb()->Number;
    for (ULONG Number = 0; Number < (ULONG)Count; Number += 1) {
        PKDPC Dpc = &KiGenericDpcs[Number];
        KeInitializeDpc(Dpc, Routine, Context);
        if (Number != Own) {
            KeSetTargetProcessorDpc(Dpc, (CCHAR)Number);
            KeSetImportanceDpc(Dpc, HighImportance);
            KeInsertQueueDpc(Dpc, (PVOID)&Running, &Barrier);
        }
    }
    Routine(&KiGenericDpcs[Own], Context, (PVOID)&Running, &Barrier);
    while (__atomic_load_n(&Running, __ATOMIC_ACQUIRE) != 0) {
        KeMachine->relax_processor();
    }
    KiLowerIrql(OldIrql);
    ExReleaseFastMutex(&KiGenericDpcMutex);
}

// The calling processor is done. IRQL DISPATCH_LEVEL.
VOID NTAPI KeSignalCallDpcDone(PVOID SystemArgument1)
{
    InterlockedDecrement((volatile LONG *)SystemArgument1);
}

// Returns when every processor has called it. TRUE on exactly one of them. IRQL DISPATCH_LEVEL.
LOGICAL NTAPI KeSignalCallDpcSynchronize(PVOID SystemArgument2)
{
    KI_DPC_BARRIER *Barrier = SystemArgument2;
    LONG Round = __atomic_load_n(&Barrier->Round, __ATOMIC_ACQUIRE);
    if (InterlockedDecrement(&Barrier->Remaining) == 0) {
        Barrier->Remaining = Barrier->Count;
        InterlockedIncrement(&Barrier->Round);
        return TRUE;
    }
    while (__atomic_load_n(&Barrier->Round, __ATOMIC_ACQUIRE) == Round) {
        KeMachine->relax_processor();
    }
    return FALSE;
}
