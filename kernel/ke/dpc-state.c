// SPDX-License-Identifier: MIT
// What a DPC routine may ask about itself.
#include "inc/kernel.h"

// A DPC should end within 100 microseconds; the watchdog of Windows bites after much more.
// (KeShouldYieldProcessor)
#define KI_DPC_YIELD_TIME    1000ULL       // 100 ns units
#define KI_DPC_TIME_LIMIT    200000000ULL  // one routine: 20 s, Windows' default DpcTimeout
#define KI_DPC_WATCHDOG_TIME 1200000000ULL // a series: 120 s, DpcWatchdogPeriod
#define KI_TICK_TIME         156250ULL

// TRUE while a DPC routine runs on this processor at DISPATCH_LEVEL. Any IRQL.
LOGICAL NTAPI KeIsExecutingDpc(VOID)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    LOGICAL Executing = KiGetPrcb()->CurrentDpc != NULL;
    KiLowerIrql(OldIrql);
    return Executing;
}

static ULONG64 KiTimeSince(ULONG64 Start)
{
    ULONG64 Now = KiPeekTime();
    return Now > Start ? Now - Start : 0;
}

// TRUE if the DPC routine has run so long that it should queue work and return, or if a thread keeps
// something waiting that runs when it lowers IRQL: a DPC, a tick, another thread. IRQL >= DISPATCH_LEVEL.
LOGICAL NTAPI KeShouldYieldProcessor(VOID)
{
    PKPRCB Prcb = KiGetPrcb();
    if (Prcb->CurrentDpc != NULL) {
        return KiTimeSince(Prcb->DpcStartTime) > KI_DPC_YIELD_TIME;
    }
    return (KiPendingInterrupts() & KI_PENDING_DISPATCH) != 0;
}

static ULONG KiTicksLeft(ULONG64 Limit, ULONG64 Start)
{
    ULONG64 Used = KiTimeSince(Start);
    return Used < Limit ? (ULONG)((Limit - Used) / KI_TICK_TIME) : 0;
}

// Clock ticks left of the limits on one DPC and on a series of them. STATUS_UNSUCCESSFUL below
// DISPATCH_LEVEL.
NTSTATUS NTAPI KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation)
{
    if (KiGetIrql() < DISPATCH_LEVEL) {
        return STATUS_UNSUCCESSFUL;
    }
    PKPRCB Prcb = KiGetPrcb();
    ULONG64 Now = KiPeekTime();
    BOOLEAN Running = Prcb->CurrentDpc != NULL;
    *WatchdogInformation = (KDPC_WATCHDOG_INFORMATION){
        .DpcTimeLimit = (ULONG)(KI_DPC_TIME_LIMIT / KI_TICK_TIME),
        .DpcTimeCount = KiTicksLeft(KI_DPC_TIME_LIMIT, Running ? Prcb->DpcStartTime : Now),
        .DpcWatchdogLimit = (ULONG)(KI_DPC_WATCHDOG_TIME / KI_TICK_TIME),
        .DpcWatchdogCount = KiTicksLeft(KI_DPC_WATCHDOG_TIME, Running ? Prcb->DpcSeriesStartTime : Now),
    };
    return STATUS_SUCCESS;
}
