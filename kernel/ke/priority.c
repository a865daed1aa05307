// SPDX-License-Identifier: MIT
// Priorities of threads as drivers set and read them. IRQL <= DISPATCH_LEVEL.
#include "inc/kernel.h"

// The dispatcher lock is held. Gives Thread its priority without a boost, wherever it is.
static VOID KiChangePriority(PKTHREAD Thread, KPRIORITY Priority)
{
    Thread->PriorityDecrement = 0;
    if (Thread->Priority == Priority) {
        return;
    }
    if (Thread->State == KiThreadReady) {
        KiRemoveReadyThread(Thread);
        Thread->Priority = (SCHAR)Priority;
        KiReadyThread(Thread);
        return;
    }
    BOOLEAN Lower = Priority < Thread->Priority;
    Thread->Priority = (SCHAR)Priority;
    if (Thread->State == KiThreadRunning && Lower) {
        KiRequestReschedule(&KiProcessors[Thread->NextProcessor]->Prcb);
    }
}

// Priority: 1 to HIGH_PRIORITY; LOW_PRIORITY is the system's, and changes nothing. Returns the priority that
// there was, a boost included. Documented for PASSIVE_LEVEL.
KPRIORITY NTAPI KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
    KIRQL OldIrql = KiLockDispatcher();
    KPRIORITY Old = Thread->Priority;
    if (Priority > LOW_PRIORITY && Priority <= HIGH_PRIORITY) {
        Thread->BasePriority = (SCHAR)Priority;
        KiChangePriority(Thread, Priority);
    }
    KiUnlockDispatcher(OldIrql);
    return Old;
}

KPRIORITY NTAPI KeQueryPriorityThread(PKTHREAD Thread)
{
    return __atomic_load_n(&Thread->Priority, __ATOMIC_RELAXED);
}

// What leaves the half of the priorities that Process is in is cut off.
static KPRIORITY KiLimitPriority(KPRIORITY Process, LONG Increment)
{
    KPRIORITY Low = Process >= LOW_REALTIME_PRIORITY ? LOW_REALTIME_PRIORITY : LOW_PRIORITY + 1;
    KPRIORITY High = Process >= LOW_REALTIME_PRIORITY ? HIGH_PRIORITY : LOW_REALTIME_PRIORITY - 1;
    LONG Wanted = 0;
    if (__builtin_add_overflow(Process, Increment, &Wanted)) {
        Wanted = Increment < 0 ? Low : High;
    }
    return Wanted < Low ? Low : Wanted > High ? High : Wanted;
}

// Increment: to the base priority of the thread's process; what leaves the process's half of the priorities
// is cut off. Returns the increment that there was.
LONG NTAPI KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment)
{
    KIRQL OldIrql = KiLockDispatcher();
    KPRIORITY Process = Thread->Process->BasePriority;
    LONG Old = Thread->BasePriority - Process;
    KPRIORITY Wanted = KiLimitPriority(Process, Increment);
    Thread->BasePriority = (SCHAR)Wanted;
    KiChangePriority(Thread, Wanted);
    KiUnlockDispatcher(OldIrql);
    return Old;
}

VOID KiSetPriorityProcess(PKPROCESS Process, KPRIORITY Priority)
{
    KIRQL OldIrql = KiLockDispatcher();
    KPRIORITY Before = Process->BasePriority;
    Process->BasePriority = (SCHAR)Priority;
    for (PLIST_ENTRY Link = Process->KernelThreadListHead.Flink; Link != &Process->KernelThreadListHead;
         Link = Link->Flink) {
        PKTHREAD Thread = CONTAINING_RECORD(Link, KTHREAD, ThreadListEntry);
        KPRIORITY Wanted = KiLimitPriority(Priority, Thread->BasePriority - Before);
        Thread->BasePriority = (SCHAR)Wanted;
        KiChangePriority(Thread, Wanted);
    }
    KiUnlockDispatcher(OldIrql);
}

// Returns the clock ticks that Thread has run in kernel mode; *UserTime those in user mode.
ULONG NTAPI KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime)
{
    *UserTime = (ULONG)Thread->UserTime;
    return (ULONG)Thread->KernelTime;
}
