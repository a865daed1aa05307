// SPDX-License-Identifier: MIT
// Waiting for dispatcher objects.
#include "inc/kernel.h"

#define KI_TIMER_BLOCK (KI_BUILT_IN_WAIT_BLOCKS - 1)

KSPIN_LOCK KiDispatcherLock;

static inline DISPATCHER_HEADER *KiHeaderOf(PVOID Object)
{
    return Object;
}

// TRUE if Thread need not wait for Object.
static BOOLEAN KiIsSignaledFor(PVOID Object, PKTHREAD Thread)
{
    DISPATCHER_HEADER *Header = KiHeaderOf(Object);
    return Header->SignalState > 0 || (Header->Type == KiMutant && ((PKMUTANT)Object)->OwnerThread == Thread);
}

// Thread's wait at Irql is satisfied by Object: takes from it what a wait takes. Returns STATUS_ABANDONED for
// an abandoned mutant, else STATUS_SUCCESS.
static LONG_PTR KiSatisfyObject(PVOID Object, PKTHREAD Thread, KIRQL Irql)
{
    DISPATCHER_HEADER *Header = KiHeaderOf(Object);
    switch (Header->Type) {
    case KiEventSynchronization:
    case KiTimerSynchronization: Header->SignalState = 0; break;
    case KiSemaphore: Header->SignalState -= 1; break;
    case KiMutant: {
        PKMUTANT Mutant = Object;
        Header->SignalState -= 1;
        if (Header->SignalState == 0) {
            Mutant->OwnerThread = Thread;
            Header->DpcActive = Irql >= DISPATCH_LEVEL;
            InsertTailList(&Thread->MutantListHead, &Mutant->MutantListEntry);
            Thread->KernelApcDisable -= Mutant->ApcDisable;
            if (Mutant->Abandoned) {
                Mutant->Abandoned = FALSE;
                return STATUS_ABANDONED;
            }
        }
        break;
    }
    }
    return STATUS_SUCCESS;
}

VOID KiUnwaitThread(PKTHREAD Thread, LONG_PTR Status, KPRIORITY Increment)
{
    for (ULONG Index = 0; Index < Thread->WaitBlockCount; Index += 1) {
        RemoveEntryList(&Thread->WaitBlockList[Index].WaitListEntry);
    }
    PKI_WAIT_BLOCK TimerBlock = &Thread->WaitBlock[KI_TIMER_BLOCK];
    if (TimerBlock->Object != NULL) {
        RemoveEntryList(&TimerBlock->WaitListEntry);
        TimerBlock->Object = NULL;
        KiRemoveTimer(&Thread->Timer);
    }
    if (Thread->Queue != NULL) {
        Thread->Queue->CurrentCount += 1;
    }
    Thread->WaitBlockCount = 0;
    Thread->WaitStatus = Status;
    // Threads of the real-time priorities are not boosted, nor is anybody into them.
    if (Thread->Priority < LOW_REALTIME_PRIORITY && Increment > 0) {
        KPRIORITY Boosted = Thread->BasePriority + Increment;
        Boosted = Boosted < LOW_REALTIME_PRIORITY ? Boosted : LOW_REALTIME_PRIORITY - 1;
        if (Boosted > Thread->Priority) {
            Thread->PriorityDecrement = (SCHAR)(Boosted - Thread->BasePriority);
            Thread->Priority = (SCHAR)Boosted;
        }
    }
    KiReadyThread(Thread);
}

// The blocks of Thread's wait but for the time-out's; all of one array, in the caller's order.
static BOOLEAN KiAreAllSignaled(PKTHREAD Thread)
{
    for (ULONG Index = 0; Index < Thread->WaitBlockCount; Index += 1) {
        if (!KiIsSignaledFor(Thread->WaitBlockList[Index].Object, Thread)) {
            return FALSE;
        }
    }
    return TRUE;
}

VOID KiSignalObject(PVOID Object, KPRIORITY Increment)
{
    DISPATCHER_HEADER *Header = KiHeaderOf(Object);
    PLIST_ENTRY Link = Header->WaitListHead.Flink;
    while (Link != &Header->WaitListHead && Header->SignalState > 0) {
        PKI_WAIT_BLOCK Block = CONTAINING_RECORD(Link, KI_WAIT_BLOCK, WaitListEntry);
        PKTHREAD Thread = Block->Thread;
        LONG_PTR Status = Block->WaitKey;
        if (Block->WaitType == WaitAny) {
            Status += KiSatisfyObject(Object, Thread, Thread->WaitIrql);
        } else if (KiAreAllSignaled(Thread)) {
            Status = STATUS_SUCCESS;
            for (ULONG Index = 0; Index < Thread->WaitBlockCount; Index += 1) {
                Status |= KiSatisfyObject(Thread->WaitBlockList[Index].Object, Thread, Thread->WaitIrql);
            }
        } else {
            Link = Link->Flink;
            continue;
        }
        KiUnwaitThread(Thread, Status, Increment);
        // Everything of that thread's is off the list: begin anew.
        Link = Header->WaitListHead.Flink;
    }
}

NTSTATUS KiTestAlert(PKTHREAD Thread, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable)
{
    if (Alertable) {
        if (Thread->Alerted[(UCHAR)WaitMode]) {
            Thread->Alerted[(UCHAR)WaitMode] = FALSE;
            return STATUS_ALERTED;
        }
        if (!IsListEmpty(&Thread->ApcState.ApcListHead[UserMode])) {
            // It ends a wait of either mode, but is delivered only behind one of UserMode.
            Thread->ApcState.UserApcPending |= WaitMode == UserMode;
            return STATUS_USER_APC;
        }
        if (Thread->Alerted[KernelMode]) {
            Thread->Alerted[KernelMode] = FALSE;
            return STATUS_ALERTED;
        }
    }
    // Also of a thread that has been asked to end, which has no user APC for it.
    return WaitMode == UserMode && Thread->ApcState.UserApcPending ? STATUS_USER_APC : STATUS_SUCCESS;
}

static KIRQL KiBeginWait(PKTHREAD Thread)
{
    if (Thread->WaitNext) {
        Thread->WaitNext = FALSE;
        KiAcquireSpinLock(&KiDispatcherLock);
        return Thread->WaitIrql;
    }
    return KiLockDispatcher();
}

// A wait that would have to switch threads where none may be switched.
static DECLSPEC_NORETURN VOID KiWaitAtDispatch(PVOID Object, KIRQL Irql)
{
    KiReleaseSpinLock(&KiDispatcherLock);
    KiSetIrql(Irql);
    if (KiGetPrcb()->DpcRoutineActive) {
        PKTHREAD Thread = KiCurrentThread();
        KeBugCheckEx(ATTEMPTED_SWITCH_FROM_DPC, (ULONG_PTR)Thread, (ULONG_PTR)KiGetPrcb()->IdleThread,
                     (ULONG_PTR)Thread->InitialStack, 0);
    }
    KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)Object, Irql, 0, (ULONG_PTR)__builtin_return_address(0));
}

// The objects of one wait.
typedef struct _KI_WAIT {
    ULONG Count;
    PVOID *Objects;
    WAIT_TYPE Type;
    PKI_WAIT_BLOCK Blocks;
    KWAIT_REASON Reason;
    KPROCESSOR_MODE Mode;
    BOOLEAN Alertable;
    PLARGE_INTEGER Timeout;
} KI_WAIT;

// TRUE and *Status if the objects as they are end the wait at Irql.
static BOOLEAN KiTryWait(const KI_WAIT *Wait, PKTHREAD Thread, KIRQL Irql, LONG_PTR *Status)
{
    if (Wait->Type == WaitAny) {
        for (ULONG Index = 0; Index < Wait->Count; Index += 1) {
            if (KiIsSignaledFor(Wait->Objects[Index], Thread)) {
                *Status = (LONG_PTR)Index + KiSatisfyObject(Wait->Objects[Index], Thread, Irql);
                return TRUE;
            }
        }
        return FALSE;
    }
    for (ULONG Index = 0; Index < Wait->Count; Index += 1) {
        if (!KiIsSignaledFor(Wait->Objects[Index], Thread)) {
            return FALSE;
        }
    }
    *Status = STATUS_SUCCESS;
    for (ULONG Index = 0; Index < Wait->Count; Index += 1) {
        *Status |= KiSatisfyObject(Wait->Objects[Index], Thread, Irql);
    }
    return TRUE;
}

static BOOLEAN KiIsMutantOverused(const KI_WAIT *Wait, PKTHREAD Thread)
{
    for (ULONG Index = 0; Index < Wait->Count; Index += 1) {
        PKMUTANT Mutant = Wait->Objects[Index];
        if (Mutant->Header.Type == KiMutant && Mutant->OwnerThread == Thread &&
            Mutant->Header.SignalState == (LONG)MINLONG) {
            return TRUE;
        }
    }
    return FALSE;
}

static VOID KiSetWaitTimer(PKTHREAD Thread, ULONG64 DueTime)
{
    PKI_WAIT_BLOCK Block = &Thread->WaitBlock[KI_TIMER_BLOCK];
    Block->WaitType = WaitAny;
    Block->WaitKey = STATUS_TIMEOUT;
    Block->Thread = Thread;
    Block->Object = &Thread->Timer;
    InsertTailList(&Thread->Timer.Header.WaitListHead, &Block->WaitListEntry);
    Thread->Timer.Header.SignalState = 0;
    KiInsertTimer(&Thread->Timer, DueTime);
}

VOID KiPrepareWait(PKTHREAD Thread, PVOID Object, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, ULONG64 DueTime)
{
    PKI_WAIT_BLOCK Block = Thread->WaitBlock;
    Block->WaitType = WaitAny;
    Block->WaitKey = 0;
    Block->Thread = Thread;
    Block->Object = Object;
    InsertTailList(&KiHeaderOf(Object)->WaitListHead, &Block->WaitListEntry);
    Thread->WaitBlockList = Block;
    Thread->WaitBlockCount = 1;
    Thread->WaitReason = (UCHAR)Reason;
    Thread->WaitMode = Mode;
    Thread->Alertable = FALSE;
    Thread->State = KiThreadWaiting;
    if (DueTime != KI_NEVER) {
        KiSetWaitTimer(Thread, DueTime);
    }
}

static VOID KiInsertWaitBlocks(const KI_WAIT *Wait, PKTHREAD Thread)
{
    for (ULONG Index = 0; Index < Wait->Count; Index += 1) {
        PKI_WAIT_BLOCK Block = &Wait->Blocks[Index];
        DISPATCHER_HEADER *Header = KiHeaderOf(Wait->Objects[Index]);
        Block->WaitType = (UCHAR)Wait->Type;
        Block->WaitKey = (USHORT)Index;
        Block->Thread = Thread;
        Block->Object = Header;
        InsertTailList(&Header->WaitListHead, &Block->WaitListEntry);
    }
    Thread->WaitBlockList = Wait->Blocks;
    Thread->WaitBlockCount = (UCHAR)Wait->Count;
    Thread->WaitReason = (UCHAR)Wait->Reason;
    Thread->WaitMode = Wait->Mode;
    Thread->Alertable = Wait->Alertable;
    Thread->State = KiThreadWaiting;
}

static NTSTATUS KiWait(const KI_WAIT *Wait)
{
    PKTHREAD Thread = KiCurrentThread();
    BOOLEAN HasDueTime = FALSE;
    ULONG64 DueTime = KI_NEVER;
    for (;;) {
        LONG_PTR Status;
        KIRQL OldIrql = KiBeginWait(Thread);
        if (OldIrql < APC_LEVEL && KiIsKernelApcDeliverable(Thread)) {
            // It arrived just now; it goes first.
            KiRequestSoftwareInterrupt(KiGetPrcb(), APC_LEVEL);
            KiUnlockDispatcher(OldIrql);
            continue;
        }
        if (KiIsMutantOverused(Wait, Thread)) {
            KiUnlockDispatcher(OldIrql);
            ExRaiseStatus(STATUS_MUTANT_LIMIT_EXCEEDED);
        }
        if (KiTryWait(Wait, Thread, OldIrql, &Status)) {
            KiUnlockDispatcher(OldIrql);
            return (NTSTATUS)Status;
        }
        Status = KiTestAlert(Thread, Wait->Mode, Wait->Alertable);
        if (Status != STATUS_SUCCESS) {
            KiUnlockDispatcher(OldIrql);
            return (NTSTATUS)Status;
        }
        if (Wait->Timeout != NULL) {
            if (!HasDueTime) {
                DueTime = KiDueTime(*Wait->Timeout);
                HasDueTime = TRUE;
            }
            if (KiHasCome(DueTime)) {
                KiUnlockDispatcher(OldIrql);
                return STATUS_TIMEOUT;
            }
        }
        if (OldIrql >= DISPATCH_LEVEL) {
            KiWaitAtDispatch(Wait->Count != 0 ? Wait->Objects[0] : NULL, OldIrql);
        }
        KiInsertWaitBlocks(Wait, Thread);
        if (HasDueTime) {
            KiSetWaitTimer(Thread, DueTime);
        }
        if (Thread->Queue != NULL) {
            Thread->Queue->CurrentCount -= 1;
            KiSignalQueue(Thread->Queue);
        }
        Status = KiSwapThread(OldIrql);
        if (Status != STATUS_KERNEL_APC) {
            return (NTSTATUS)Status;
        }
    }
}

// IRQL <= APC_LEVEL; DISPATCH_LEVEL with a Timeout of zero. STATUS_SUCCESS, STATUS_ALERTED, STATUS_USER_APC,
// STATUS_TIMEOUT, STATUS_ABANDONED. Raises STATUS_MUTANT_LIMIT_EXCEEDED.
NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                     BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    const KI_WAIT Wait = {1,          &Object,  WaitAny,   KiCurrentThread()->WaitBlock,
                          WaitReason, WaitMode, Alertable, Timeout};
    return KiWait(&Wait);
}

#undef KeWaitForMutexObject
NTSTATUS NTAPI KeWaitForMutexObject(PVOID Mutex, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                    BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    return KeWaitForSingleObject(Mutex, WaitReason, WaitMode, Alertable, Timeout);
}

// More than THREAD_WAIT_OBJECTS objects need a WaitBlockArray, more than MAXIMUM_WAIT_OBJECTS are too many:
// bug check MAXIMUM_WAIT_OBJECTS_EXCEEDED. STATUS_WAIT_0 + n, STATUS_ABANDONED_WAIT_0 + n, and as above.
NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType,
                                        KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                        PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray)
{
    PKTHREAD Thread = KiCurrentThread();
    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS ||
        (WaitBlockArray == NULL && Count > THREAD_WAIT_OBJECTS)) {
        KeBugCheckEx(MAXIMUM_WAIT_OBJECTS_EXCEEDED, Count, (ULONG_PTR)Object, (ULONG_PTR)WaitBlockArray, 0);
    }
    const KI_WAIT Wait = {
        Count,      Object,
        WaitType,   WaitBlockArray != NULL ? (PKI_WAIT_BLOCK)WaitBlockArray : Thread->WaitBlock,
        WaitReason, WaitMode,
        Alertable,  Timeout};
    return KiWait(&Wait);
}

// IRQL <= APC_LEVEL. STATUS_SUCCESS when the time has passed, STATUS_ALERTED, STATUS_USER_APC.
NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    PKTHREAD Thread = KiCurrentThread();
    const KI_WAIT Wait = {0, NULL, WaitAny, Thread->WaitBlock, DelayExecution, WaitMode, Alertable, Interval};
    if (Interval->QuadPart == 0) {
        // Documented only for Sleep(0): the rest of the quantum is given up.
        KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
        BOOLEAN Yielded = KiQuantumEnd();
        KiLowerIrql(OldIrql);
        KiRelaxAfterYield(Yielded);
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = KiWait(&Wait);
    return Status == STATUS_TIMEOUT ? STATUS_SUCCESS : Status;
}
