// SPDX-License-Identifier: MIT
// Calls that every processor makes at the same time.
#include "inc/kernel.h"

// The broadcast under way. One at a time, under KiIpiLock.
static struct {
    PKIPI_BROADCAST_WORKER Worker;
    ULONG_PTR Argument;
    volatile LONG Arrived; // processors that have come to the barrier
    volatile LONG Go;
    volatile LONG Done;
} KiBroadcast;

static volatile LONG KiIpiLock;

VOID KiProcessIpi(VOID)
{
    PKPRCB Prcb = KiGetPrcb();
    if (InterlockedExchange(&Prcb->IpiRequest, 0) == 0) {
        return; // another processor only wanted the pending bits to be looked at
    }
    InterlockedIncrement(&KiBroadcast.Arrived);
    while (!__atomic_load_n(&KiBroadcast.Go, __ATOMIC_ACQUIRE)) {
        KeMachine->relax_processor();
    }
    KiBroadcast.Worker(KiBroadcast.Argument);
    InterlockedIncrement(&KiBroadcast.Done);
}

// Calls BroadcastFunction(Context) on every processor at IPI_LEVEL, all at the same time; returns when all
// have, with what the call on this processor returned. IRQL < IPI_LEVEL.
ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context)
{
    // Two that broadcast at a time: the one that waits still answers the other.
    KIRQL OldIrql = KiGetIrql();
    for (;;) {
        KIRQL Raised = KiRaiseIrql(IPI_LEVEL);
        if (InterlockedExchange(&KiIpiLock, 1) == 0) {
            break;
        }
        KiLowerIrql(Raised);
        KeMachine->relax_processor();
    }
    PKPRCB Self = KiGetPrcb();
    LONG Others = (LONG)KiProcessorCount - 1;
    KiBroadcast.Worker = BroadcastFunction;
    KiBroadcast.Argument = Context;
    KiBroadcast.Arrived = KiBroadcast.Done = 0;
    __atomic_store_n(&KiBroadcast.Go, 0, __ATOMIC_RELEASE);
    for (ULONG Number = 0; Number <= (ULONG)Others; Number += 1) {
        PKPRCB Prcb = &KiProcessors[Number]->Prcb;
        if (Prcb != Self) {
            InterlockedExchange(&Prcb->IpiRequest, 1);
            __atomic_or_fetch(&Prcb->Machine->pending, 1u << KM_IRQL_PROCESSOR, __ATOMIC_SEQ_CST);
            KeMachine->interrupt_processor(Number);
        }
    }
    while (KiBroadcast.Arrived != Others) {
        KeMachine->relax_processor();
    }
    __atomic_store_n(&KiBroadcast.Go, 1, __ATOMIC_RELEASE);
    ULONG_PTR Result = BroadcastFunction(Context);
    while (KiBroadcast.Done != Others) {
        KeMachine->relax_processor();
    }
    __atomic_store_n(&KiIpiLock, 0, __ATOMIC_RELEASE);
    KiLowerIrql(OldIrql);
    return Result;
}
