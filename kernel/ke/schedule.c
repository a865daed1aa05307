// SPDX-License-Identifier: MIT
// Which thread runs where: ready queues of 32 priorities a processor, preemption, quantum, idling.
#include "inc/kernel.h"
#include "mm/vad.h"

#define KI_QUANTUM_TICKS   2
#define KI_PREEMPTION_ODDS 8 // one of so many calls of drivers

VOID KiSwitchStack(PVOID *SaveKernelStack, PVOID KernelStack, PKTHREAD NextThread);

ULONG64 KiSeed;
static ULONG64 KiRandomState;

ULONG KiRandom(VOID)
{
    // splitmix64: any seed gives a good sequence, and the state is one word to which processors may add at a
    // time.
    ULONG64 State = __atomic_add_fetch(&KiRandomState, 0x9E3779B97F4A7C15ULL, __ATOMIC_RELAXED) ^ KiSeed;
    State = (State ^ (State >> 30)) * 0xBF58476D1CE4E5B9ULL;
    State = (State ^ (State >> 27)) * 0x94D049BB133111EBULL;
    return (ULONG)((State ^ (State >> 31)) >> 32);
}

VOID KiRequestReschedule(PKPRCB Prcb)
{
    Prcb->RescheduleNeeded = TRUE;
    KiRequestSoftwareInterrupt(Prcb, DISPATCH_LEVEL);
    if (Prcb != KiGetPrcb()) {
        KeMachine->interrupt_processor(Prcb->Number);
    }
}

static VOID KiInsertReady(PKPRCB Prcb, PKTHREAD Thread, BOOLEAN Head)
{
    Thread->State = KiThreadReady;
    Thread->NextProcessor = Prcb->Number;
    PLIST_ENTRY List = &Prcb->ReadyList[Thread->Priority];
    if (Head) {
        InsertHeadList(List, &Thread->WaitListEntry);
    } else {
        InsertTailList(List, &Thread->WaitListEntry);
    }
    Prcb->ReadySummary |= 1u << Thread->Priority;
}

static VOID KiRemoveReady(PKPRCB Prcb, PKTHREAD Thread)
{
    RemoveEntryList(&Thread->WaitListEntry);
    if (IsListEmpty(&Prcb->ReadyList[Thread->Priority])) {
        Prcb->ReadySummary &= ~(1u << Thread->Priority);
    }
}

VOID KiRemoveReadyThread(PKTHREAD Thread)
{
    KiRemoveReady(&KiProcessors[Thread->NextProcessor]->Prcb, Thread);
}

// The processor that Thread is put to: an idle one, else its last, else the one with the least urgent thread.
static PKPRCB KiChooseProcessor(PKTHREAD Thread)
{
    PKPRCB Best = NULL;
    LONG BestPriority = KI_PRIORITIES;
    for (ULONG Step = 0; Step < KiProcessorCount; Step += 1) {
        ULONG Number = (Thread->NextProcessor + Step) % KiProcessorCount;
        PKIPCR Pcr = KiProcessors[Number];
        if (Pcr == NULL || !(Thread->Affinity & (1ULL << Number))) {
            continue;
        }
        PKTHREAD Running = Pcr->Prcb.CurrentThread;
        // What is ready there already will run first.
        LONG Ready = Pcr->Prcb.ReadySummary != 0 ? 31 - __builtin_clz(Pcr->Prcb.ReadySummary) : -1;
        LONG Priority = Running == Pcr->Prcb.IdleThread ? -1 : Running->Priority;
        Priority = Ready > Priority ? Ready : Priority;
        if (Priority < BestPriority) {
            Best = &Pcr->Prcb;
            BestPriority = Priority;
        }
        if (Priority < 0) {
            break;
        }
    }
    return Best;
}

VOID KiReadyThread(PKTHREAD Thread)
{
    PKPRCB Prcb = KiProcessorCount == 1 ? &KiProcessors[0]->Prcb : KiChooseProcessor(Thread);
    PKTHREAD Running = Prcb->CurrentThread;
    BOOLEAN Preempted = Thread->Preempted;
    Thread->Preempted = FALSE;
    KiInsertReady(Prcb, Thread, Preempted);
    if (Running == Prcb->IdleThread || Thread->Priority > Running->Priority ||
        Running->State != KiThreadRunning) {
        KiRequestReschedule(Prcb);
    }
}

// The most urgent thread that Prcb may run, taken off its queue; NULL if there is none of at least Minimum.
static PKTHREAD KiTakeReady(PKPRCB From, PKPRCB Prcb, LONG Minimum)
{
    ULONG Summary = From->ReadySummary & (Minimum > 31 ? 0 : ~0u << Minimum);
    while (Summary != 0) {
        LONG Priority = 31 - __builtin_clz(Summary);
        PLIST_ENTRY List = &From->ReadyList[Priority];
        ULONG Skip = 0;
        if (KiSeed != 0) {
            ULONG Others = 0;
            for (PLIST_ENTRY Link = List->Flink->Flink; Link != List; Link = Link->Flink) {
                Others += 1;
            }
            Skip = Others != 0 ? KiRandom() % (Others + 1) : 0;
        }
        for (PLIST_ENTRY Link = List->Flink; Link != List; Link = Link->Flink) {
            PKTHREAD Thread = CONTAINING_RECORD(Link, KTHREAD, WaitListEntry);
            if (Skip != 0) {
                Skip -= 1;
                continue;
            }
            if (Thread->Affinity & (1ULL << Prcb->Number)) {
                KiRemoveReady(From, Thread);
                return Thread;
            }
        }
        Summary &= ~(1u << Priority);
    }
    return NULL;
}

static PKTHREAD KiSelectThread(PKPRCB Prcb, LONG Minimum)
{
    PKTHREAD Thread = KiTakeReady(Prcb, Prcb, Minimum);
    for (ULONG Number = 0; Thread == NULL && Number < KiProcessorCount; Number += 1) {
        PKIPCR Pcr = KiProcessors[Number];
        if (Pcr != NULL && &Pcr->Prcb != Prcb) {
            Thread = KiTakeReady(&Pcr->Prcb, Prcb, Minimum);
        }
    }
    return Thread;
}

// The dispatcher lock is held, and goes over to Next: it is released on the other side of the switch. Returns
// when the calling thread runs again, with the lock held.
static VOID KiSwitchTo(PKPRCB Prcb, PKTHREAD Next)
{
    PKTHREAD Thread = Prcb->CurrentThread;
    Prcb->RescheduleNeeded = FALSE;
    KiNoteActivity();
    if (Next == Thread) {
        Thread->State = KiThreadRunning;
        return;
    }
    Next->State = KiThreadRunning;
    Next->NextProcessor = Prcb->Number;
    Next->Running = TRUE;
    Next->ContextSwitches += 1;
    if (Next->Quantum <= 0) {
        Next->Quantum = KI_QUANTUM_TICKS;
    }
    // An APC that came while it did not run is taken as soon as its IRQL falls.
    if (!IsListEmpty(&Next->ApcState.ApcListHead[KernelMode])) {
        KiRequestSoftwareInterrupt(Prcb, APC_LEVEL);
    }
    // One processor idles in the address space that it comes from, to which it goes back at no cost; of
    // several another would see it.
    if (Next != Prcb->IdleThread) {
        MiSwitchAddressSpace(Next->ApcState.Process);
    } else if (KiProcessorCount > 1) {
        MiSwitchAddressSpace(NULL);
    }
    // Whoever takes the lock now is the thread that will release it.
    *(volatile KSPIN_LOCK *)&KiDispatcherLock = (ULONG_PTR)Next | KI_SPIN_LOCK_HELD;
    Thread->Running = FALSE;
    KiSwitchStack(&Thread->KernelStack, Next->KernelStack, Next);
}

LONG_PTR KiSwapThread(KIRQL OldIrql)
{
    PKPRCB Prcb = KiGetPrcb();
    PKTHREAD Thread = Prcb->CurrentThread;
    PKTHREAD Next = KiSelectThread(Prcb, 0);
    Thread->WaitIrql = OldIrql;
    KiSwitchTo(Prcb, Next != NULL ? Next : Prcb->IdleThread);
    LONG_PTR Status = Thread->WaitStatus;
    if (OldIrql < APC_LEVEL && KiIsKernelApcDeliverable(Thread)) {
        KiRequestSoftwareInterrupt(KiGetPrcb(), APC_LEVEL);
    }
    KiUnlockDispatcher(OldIrql);
    return Status;
}

// Where a new thread's first switch leads (switch-thread.S).
VOID KiFinishFirstSwitch(VOID)
{
    KiUnlockDispatcher(PASSIVE_LEVEL);
}

static VOID KiGiveUpProcessor(PKPRCB Prcb, PKTHREAD Next, BOOLEAN Preempted)
{
    PKTHREAD Thread = Prcb->CurrentThread;
    if (Thread != Prcb->IdleThread) {
        if (Preempted && Thread->Affinity & (1ULL << Prcb->Number)) {
            KiInsertReady(Prcb, Thread, TRUE);
        } else {
            Thread->State = KiThreadReady;
            PKPRCB Other = KiProcessorCount == 1 ? Prcb : KiChooseProcessor(Thread);
            KiInsertReady(Other, Thread, FALSE);
            if (Other != Prcb) {
                KiRequestReschedule(Other);
            }
        }
    }
    KiSwitchTo(Prcb, Next);
}

VOID KiReschedule(VOID)
{
    PKPRCB Prcb = KiGetPrcb();
    PKTHREAD Thread = Prcb->CurrentThread;
    if (Thread->Quantum <= 0 && Thread != Prcb->IdleThread) {
        KiQuantumEnd();
        return;
    }
    if (!Prcb->RescheduleNeeded || Thread == Prcb->IdleThread) {
        // The idle loop looks for itself.
        return;
    }
    KiAcquireSpinLock(&KiDispatcherLock);
    Prcb->RescheduleNeeded = FALSE;
    BOOLEAN MayStay = (Thread->Affinity & (1ULL << Prcb->Number)) != 0;
    PKTHREAD Next = KiSelectThread(Prcb, MayStay ? Thread->Priority + 1 : 0);
    if (Next == NULL && !MayStay) {
        Next = Prcb->IdleThread;
    }
    if (Next != NULL) {
        KiGiveUpProcessor(Prcb, Next, TRUE);
    }
    KiReleaseSpinLock(&KiDispatcherLock);
}

BOOLEAN KiQuantumEnd(VOID)
{
    PKPRCB Prcb = KiGetPrcb();
    KiAcquireSpinLock(&KiDispatcherLock);
    PKTHREAD Thread = Prcb->CurrentThread;
    Thread->Quantum = KI_QUANTUM_TICKS;
    // A boost is lost by one at each quantum's end.
    if (Thread->PriorityDecrement > 0) {
        Thread->PriorityDecrement -= 1;
        Thread->Priority -= 1;
    }
    PKTHREAD Next = KiSelectThread(Prcb, Thread->Priority);
    if (Next != NULL) {
        KiGiveUpProcessor(Prcb, Next, FALSE);
    }
    KiReleaseSpinLock(&KiDispatcherLock);
    return Next != NULL;
}

// Nobody else can run here: the caller waits in a loop for what another processor does, which may not have a
// Linux processor of its own.
VOID KiRelaxAfterYield(BOOLEAN Yielded)
{
    if (!Yielded && KiProcessorCount > 1) {
        KeMachine->relax_processor();
    }
}

BOOLEAN KiYield(VOID)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&KiDispatcherLock);
    PKPRCB Prcb = KiGetPrcb();
    PKTHREAD Next = KiSelectThread(Prcb, LOW_PRIORITY + 1);
    if (Next != NULL) {
        KiGiveUpProcessor(Prcb, Next, FALSE);
    }
    KiReleaseSpinLockLower(&KiDispatcherLock, OldIrql);
    KiRelaxAfterYield(Next != NULL);
    return Next != NULL;
}

VOID KiOfferPreemption(VOID)
{
    if (KiSeed == 0 || KiGetIrql() >= DISPATCH_LEVEL || KiRandom() % KI_PREEMPTION_ODDS != 0) {
        return;
    }
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    KiCurrentThread()->Quantum = 0;
    KiRequestSoftwareInterrupt(KiGetPrcb(), DISPATCH_LEVEL);
    KiLowerIrql(OldIrql);
}

DECLSPEC_NORETURN VOID KiIdleLoop(VOID)
{
    for (;;) {
        PKPRCB Prcb = KiGetPrcb();
        __atomic_and_fetch(&Prcb->Machine->pending, ~(KI_PENDING_DISPATCH | KI_PENDING_APC),
                           __ATOMIC_SEQ_CST);
        KiRetireDpcs();
        KiAcquireSpinLock(&KiDispatcherLock);
        PKTHREAD Next = KiSelectThread(Prcb, 0);
        if (Next != NULL) {
            KiSwitchTo(Prcb, Next);
            KiReleaseSpinLock(&KiDispatcherLock);
            continue;
        }
        Prcb->RescheduleNeeded = FALSE;
        KiReleaseSpinLock(&KiDispatcherLock);
        if (Prcb->Machine->pending != 0) {
            continue;
        }
        ULONG64 Deadline = KiNextTimerDue;
        if (Deadline > KiPeekTime()) {
            KeMachine->wait_for_interrupt(Deadline);
        }
        if (KiPeekTime() >= KiNextTimerDue) {
            Prcb->TimerRequest = TRUE;
        }
    }
}
