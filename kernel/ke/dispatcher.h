// SPDX-License-Identifier: MIT
// The dispatcher: waits, ready threads, timers, DPCs, APCs. One lock guards all of its objects and threads.
#ifndef KMODE_KE_DISPATCHER_H
#define KMODE_KE_DISPATCHER_H

// What ntifs.h of the WDK has and the DDK's does not.
typedef enum _KAPC_ENVIRONMENT {
    OriginalApcEnvironment,
    AttachedApcEnvironment,
    CurrentApcEnvironment,
    InsertApcEnvironment
} KAPC_ENVIRONMENT;

extern KSPIN_LOCK KiDispatcherLock;

// Raises to DISPATCH_LEVEL and takes the dispatcher lock. Returns the IRQL that there was. IRQL <=
// DISPATCH_LEVEL.
static inline KIRQL KiLockDispatcher(VOID)
{
    return KiAcquireSpinLockRaise(&KiDispatcherLock);
}

// Releases the lock and lowers to OldIrql: a thread that has become ready and is more urgent runs first.
static inline VOID KiUnlockDispatcher(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&KiDispatcherLock, OldIrql);
}

// The end of KeSetEvent and its like: with Wait, IRQL stays raised for the wait that the caller promises to
// make at once.
static inline VOID KiUnlockDispatcherForWait(KIRQL OldIrql, BOOLEAN Wait)
{
    if (!Wait) {
        KiUnlockDispatcher(OldIrql);
        return;
    }
    PKTHREAD Thread = KiCurrentThread();
    Thread->WaitNext = TRUE;
    Thread->WaitIrql = OldIrql;
    KiReleaseSpinLock(&KiDispatcherLock);
}

// ---- Objects (ke/wait.c). The dispatcher lock is held.

// DISPATCHER_HEADER.Type
#define KiEventNotification    0
#define KiEventSynchronization 1
#define KiMutant               2
#define KiProcess              3
#define KiQueue                4
#define KiSemaphore            5
#define KiThread               6
#define KiGate                 7
#define KiTimerNotification    8
#define KiTimerSynchronization 9

static inline VOID KiInitializeHeader(DISPATCHER_HEADER *Header, UCHAR Type, ULONG Bytes, LONG SignalState)
{
    Header->Lock = 0;
    Header->Type = Type;
    Header->Size = (UCHAR)(Bytes / sizeof(LONG));
    Header->SignalState = SignalState;
    InitializeListHead(&Header->WaitListHead);
}

// Object has become signaled: ends the waits that it satisfies, in their order, with Increment as priority
// boost.
VOID KiSignalObject(PVOID Object, KPRIORITY Increment);

// Makes the current thread wait for one Object, with the first of its own wait blocks, until DueTime (since
// the start; KI_NEVER): KiSwapThread comes next.
VOID KiPrepareWait(PKTHREAD Thread, PVOID Object, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, ULONG64 DueTime);

// What of the thread's own ends its wait before it has begun, in NT's order of precedence: STATUS_ALERTED,
// STATUS_USER_APC; STATUS_SUCCESS: nothing.
NTSTATUS KiTestAlert(PKTHREAD Thread, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable);

// Ends Thread's wait with Status. Thread must be waiting.
VOID KiUnwaitThread(PKTHREAD Thread, LONG_PTR Status, KPRIORITY Increment);

// ---- Threads (ke/thread.c, ke/schedule.c, ke/switch-thread.S)

// Prepares Thread of Process so that it calls StartRoutine(StartContext) at PASSIVE_LEVEL on the stack
// [StackLimit, StackTop) once KiStartThread has made it ready. StartRoutine must not return. The caller owns
// thread and stack.
VOID KiInitializeThread(PKTHREAD Thread, PKPROCESS Process, PVOID StackTop, PVOID StackLimit,
                        PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority);

// Links Thread to its process and makes it ready. IRQL <= DISPATCH_LEVEL.
VOID KiStartThread(PKTHREAD Thread);

// The current thread ends: its mutants are abandoned, its object is signaled; whoever frees it must wait
// until it does not run (KiWaitUntilOffProcessor). Does not return. IRQL PASSIVE_LEVEL.
DECLSPEC_NORETURN VOID KiTerminateThread(KPRIORITY Increment);

// ---- Suspension (ke/suspend.c). IRQL <= DISPATCH_LEVEL.

VOID KiInitializeSuspension(PKTHREAD Thread);
// One suspension more; *PreviousCount are those that there were. The thread stops when it takes normal kernel
// APCs. STATUS_SUSPEND_COUNT_EXCEEDED: there are MAXIMUM_SUSPEND_COUNT; STATUS_THREAD_IS_TERMINATING.
NTSTATUS KeSuspendThread(PKTHREAD Thread, PULONG PreviousCount);
// One less, or none at all; returns those that there were.
ULONG KeResumeThread(PKTHREAD Thread);
ULONG KeForceResumeThread(PKTHREAD Thread);

// The registers with which Thread, which must not run, goes on.
VOID KiContextOfThread(PKTHREAD Thread, PCONTEXT Context);

// Returns when a terminated Thread has left its stack for good. IRQL <= DISPATCH_LEVEL.
VOID KiWaitUntilOffProcessor(PKTHREAD Thread);

// The dispatcher lock is held. Puts Thread where its processor finds it, and asks for a switch if it is more
// urgent.
VOID KiReadyThread(PKTHREAD Thread);

// The dispatcher lock is held. Takes a ready Thread off the queue it is in.
VOID KiRemoveReadyThread(PKTHREAD Thread);

// The dispatcher lock is held. Makes the processor of Prcb look for a more urgent thread.
VOID KiRequestReschedule(PKPRCB Prcb);

// The dispatcher lock is held, the current thread's state is set to what it becomes. Runs another thread, and
// returns when this one is chosen again: the lock is free then, IRQL is OldIrql, and APCs are delivered.
// Returns WaitStatus.
LONG_PTR KiSwapThread(KIRQL OldIrql);

// At DISPATCH_LEVEL, by the dispatch interrupt: gives the processor to a more urgent ready thread, if there
// is one.
VOID KiReschedule(VOID);

// What each processor does when there is nothing to do. Does not return. IRQL DISPATCH_LEVEL.
DECLSPEC_NORETURN VOID KiIdleLoop(VOID);

// The current thread's quantum is over, or a free choice says so: the next of its priority runs. FALSE: there
// is none. IRQL DISPATCH_LEVEL.
BOOLEAN KiQuantumEnd(VOID);

// What a thread that has asked others to run does next, below DISPATCH_LEVEL: if none did, and there are
// other processors, one of them gets the Linux processor for a moment.
VOID KiRelaxAfterYield(BOOLEAN Yielded);

// Lets another ready thread run, a less urgent one too. FALSE: there is none. IRQL <= APC_LEVEL.
BOOLEAN KiYield(VOID);

// A point at which the current thread may be preempted: whether it is, the seed chooses. Never for seed 0.
// Any IRQL.
VOID KiOfferPreemption(VOID);

// A number of the run's seed: the same sequence for the same seed. Any IRQL.
ULONG KiRandom(VOID);
extern ULONG64 KiSeed; // 0: no free choice differs from NT's first-in first-out

// ---- Queues (ke/queue.c)

// The dispatcher lock is held. One of the queue's threads less runs: lets a waiting one have an entry, if
// there is one.
VOID KiSignalQueue(PKQUEUE Queue);

// KeInsertQueue of an entry whose Flink is not NULL while it is queued, and after it has been handed to a
// thread at once: then it leads to itself until that thread says otherwise. IRQL <= DISPATCH_LEVEL.
VOID KiInsertMarkedEntry(PKQUEUE Queue, PLIST_ENTRY Entry);

// ---- Processes (ke/process.c)

VOID KiInitializeProcess(PKPROCESS Process, KPRIORITY Priority);

// Process's base priority becomes Priority, and that of its threads as much more or less, within the half of
// the priorities that it is in (ke/priority.c). IRQL <= DISPATCH_LEVEL.
VOID KiSetPriorityProcess(PKPROCESS Process, KPRIORITY Priority);

// ---- System services (ke/system-service.c)

// Calls the service of Request with its arguments, as user mode does. Returns its status;
// STATUS_INVALID_SYSTEM_SERVICE.
NTSTATUS KiSystemService(const KM_REQUEST *Request);

// ---- Timers (ke/timer.c)

VOID KiInitializeTimers(VOID);
// The dispatcher lock is held. Time is since the start.
VOID KiInsertTimer(PKTIMER Timer, ULONG64 DueTime);
BOOLEAN KiRemoveTimer(PKTIMER Timer); // TRUE if it was set
// Time since the start at which a relative (negative) or absolute (system time) due time comes.
ULONG64 KiDueTime(LARGE_INTEGER DueTime);
// A set timer at an address in [Start, Start + Bytes); NULL. IRQL <= DISPATCH_LEVEL, without the lock.
PKTIMER KiFindSetTimer(ULONG_PTR Start, SIZE_T Bytes);
// A timer that may have a period of any length (ex/timer.c).
typedef struct _KI_LONG_TIMER {
    KTIMER Timer;      // not set by KeSetTimer
    ULONG64 Period;    // 100 ns; 0: once
    ULONG Expirations; // whose DPC is queued, or has not ended yet: its routine counts down
} KI_LONG_TIMER;

// The dispatcher lock is held. TRUE if it was set already.
BOOLEAN KiSetLongTimer(KI_LONG_TIMER *Timer, LARGE_INTEGER DueTime, ULONG64 Period, PKDPC Dpc);
// When the next timer is due; KI_NEVER if none is set. Any IRQL, without the lock: a hint that is never late.
extern volatile ULONG64 KiNextTimerDue;
// Lets every timer expire that is due. DISPATCH_LEVEL, without the lock.
VOID KiExpireTimers(VOID);

// ---- DPCs (ke/dpc.c)

VOID KiInitializeDpcs(PKPRCB Prcb);
// A queued DPC at an address in [Start, Start + Bytes); NULL. IRQL <= DISPATCH_LEVEL.
PKDPC KiFindQueuedDpc(ULONG_PTR Start, SIZE_T Bytes);
// Runs every DPC of this processor. DISPATCH_LEVEL.
VOID KiRetireDpcs(VOID);
// Makes the threads that run threaded DPCs. IRQL PASSIVE_LEVEL.
NTSTATUS KiStartThreadedDpcs(VOID);

// Before the first KeGenericCallDpc (ke/generic-dpc.c).
VOID KiInitializeGenericDpc(VOID);

// ---- APCs (ke/apc.c)

VOID KiInitializeApcState(PKAPC_STATE State, PKPROCESS Process);
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC Apc);
VOID NTAPI KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, KAPC_ENVIRONMENT Environment,
                           PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                           PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ProcessorMode,
                           PVOID NormalContext);
BOOLEAN NTAPI KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
// Delivers the current thread's APCs. APC_LEVEL.
VOID KiDeliverApcs(KPROCESSOR_MODE Mode);
// TRUE if a kernel APC of Thread could be delivered were it running below APC_LEVEL. The dispatcher lock is
// held.
BOOLEAN KiIsKernelApcDeliverable(PKTHREAD Thread);
// The end of a critical or guarded region: takes what it held back. Any IRQL.
VOID KiCheckForApcs(PKTHREAD Thread);

// The current thread, Thread, is ending: it takes no APC any more, and those for user mode that it still has
// are run down. IRQL PASSIVE_LEVEL.
VOID KiRundownApcs(PKTHREAD Thread);

// ---- Inter-processor calls (ke/ipi.c)

VOID KiProcessIpi(VOID);

// ---- Deadlocks (ke/deadlock.c)

// Nobody can ever release Lock: ends the run and says who holds what.
DECLSPEC_NORETURN VOID KiReportSpinLockDeadlock(PKSPIN_LOCK Lock, PKTHREAD Owner);
// Tells the machine who waits for what, and who holds it. DISPATCH_LEVEL.
VOID KiReportWaits(VOID);
// The processor that runs Thread, NULL if none does (ke/spin-lock.c).
PKPRCB KiProcessorRunning(PKTHREAD Thread);
// TRUE if Object is one that the kernel's own threads wait for while they have nothing to do.
BOOLEAN KiIsOwnObject(PVOID Object);

#endif
