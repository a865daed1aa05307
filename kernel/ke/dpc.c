// SPDX-License-Identifier: MIT
// Deferred procedure calls: a queue a processor, emptied as IRQL falls below DISPATCH_LEVEL; threaded ones by
// a thread.
#include "inc/kernel.h"

#define KI_DPC_TYPE          19 // KOBJECTS' DpcObject and ThreadedDpcObject, in KDPC.Type
#define KI_THREADED_DPC_TYPE 24
#define KI_TARGET_SET        MAXIMUM_PROC_PER_GROUP // KDPC.Number of a targeted DPC is its processor's plus this
#define KI_DPC_QUEUE_LIMIT   4 // a longer queue is not left waiting, whatever the importance

VOID KiInitializeDpcs(PKPRCB Prcb)
{
    InitializeListHead(&Prcb->DpcListHead);
    InitializeListHead(&Prcb->ThreadedDpcListHead);
    KeInitializeEvent(&Prcb->ThreadedDpcEvent, SynchronizationEvent, FALSE);
}

static VOID KiInitializeDpc(PKDPC Dpc, PKDEFERRED_ROUTINE Routine, PVOID Context, UCHAR Type)
{
    Dpc->Type = Type;
    Dpc->Importance = MediumImportance;
    Dpc->Number = 0;
    Dpc->DeferredRoutine = Routine;
    Dpc->DeferredContext = Context;
    Dpc->DpcData = NULL;
}

// Any IRQL.
VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    KiInitializeDpc(Dpc, DeferredRoutine, DeferredContext, KI_DPC_TYPE);
}

// Its routine is called at PASSIVE_LEVEL, by a thread of the highest priority.
VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    KiInitializeDpc(Dpc, DeferredRoutine, DeferredContext, KI_THREADED_DPC_TYPE);
}

// HighImportance goes to the head of the queue. LowImportance, and MediumImportance on another processor,
// waits until that processor has another reason to look at its queue, or nothing else to do, or the queue is
// long; of threaded DPCs none does. Any IRQL.
VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
    Dpc->Importance = (UCHAR)Importance;
}

// Number: of a processor of group 0. The target stays what it is if there is none of that number.
VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    if (Number >= 0 && (ULONG)Number < KiProcessorCount) {
        Dpc->Number = (USHORT)(KI_TARGET_SET + Number);
    }
}

// STATUS_INVALID_PARAMETER for a processor that does not exist.
NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber)
{
    if (ProcNumber->Group != 0 || ProcNumber->Number >= KiProcessorCount || ProcNumber->Reserved != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Dpc->Number = (USHORT)(KI_TARGET_SET + ProcNumber->Number);
    return STATUS_SUCCESS;
}

static KIRQL KiLockDpcs(PKPRCB Prcb)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&Prcb->DpcLock);
    return OldIrql;
}

static VOID KiUnlockDpcs(PKPRCB Prcb, KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&Prcb->DpcLock, OldIrql);
}

PKDPC KiFindQueuedDpc(ULONG_PTR Start, SIZE_T Bytes)
{
    PKDPC Found = NULL;
    for (ULONG Number = 0; Found == NULL && Number < KiProcessorCount; Number += 1) {
        PKPRCB Prcb = &KiProcessors[Number]->Prcb;
        PLIST_ENTRY Heads[] = {&Prcb->DpcListHead, &Prcb->ThreadedDpcListHead};
        KIRQL OldIrql = KiLockDpcs(Prcb);
        for (ULONG Index = 0; Index < RTL_NUMBER_OF(Heads); Index += 1) {
            for (PLIST_ENTRY Link = Heads[Index]->Flink; Link != Heads[Index]; Link = Link->Flink) {
                PKDPC Dpc = CONTAINING_RECORD(Link, KDPC, DpcListEntry);
                if ((ULONG_PTR)Dpc - Start < Bytes) {
                    Found = Dpc;
                }
            }
        }
        KiUnlockDpcs(Prcb, OldIrql);
    }
    return Found;
}

// Whether the queue of Prcb, where Dpc is the last, is to be emptied at once.
static BOOLEAN KiIsDpcUrgent(PKPRCB Prcb, const KDPC *Dpc)
{
    if (Dpc->Type == KI_THREADED_DPC_TYPE || Prcb->DpcQueueDepth > KI_DPC_QUEUE_LIMIT) {
        return TRUE;
    }
    if (Prcb == KiGetPrcb()) {
        return Dpc->Importance != LowImportance;
    }
    // One that idles looks at its queue before, and not again.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return Dpc->Importance == HighImportance || Dpc->Importance == MediumHighImportance ||
           Prcb->CurrentThread == Prcb->IdleThread;
}

// FALSE if the DPC is queued already: then the arguments are those of the first time. Any IRQL.
BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    PKPRCB Prcb = KiGetPrcb();
    if (Dpc->Number >= KI_TARGET_SET && Dpc->Number - KI_TARGET_SET < (LONG)KiProcessorCount) {
        Prcb = &KiProcessors[Dpc->Number - KI_TARGET_SET]->Prcb;
    }
    KiAcquireSpinLock(&Prcb->DpcLock);
    PVOID Free = NULL;
    // Two processors may queue it to two queues at a time; DpcData says whose it is.
    BOOLEAN Inserted = __atomic_compare_exchange_n((PVOID *)&Dpc->DpcData, &Free, (PVOID)Prcb, FALSE,
                                                   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    if (Inserted) {
        PLIST_ENTRY Head =
            Dpc->Type == KI_THREADED_DPC_TYPE ? &Prcb->ThreadedDpcListHead : &Prcb->DpcListHead;
        Dpc->SystemArgument1 = SystemArgument1;
        Dpc->SystemArgument2 = SystemArgument2;
        if (Dpc->Importance == HighImportance) {
            InsertHeadList(Head, &Dpc->DpcListEntry);
        } else {
            InsertTailList(Head, &Dpc->DpcListEntry);
        }
        Prcb->DpcQueueDepth += 1;
    }
    BOOLEAN Urgent = Inserted && KiIsDpcUrgent(Prcb, Dpc);
    BOOLEAN Remote = Urgent && Prcb != KiGetPrcb();
    if (Urgent) {
        KiRequestSoftwareInterrupt(Prcb, DISPATCH_LEVEL);
    }
    KiReleaseSpinLock(&Prcb->DpcLock);
    if (Remote) {
        KeMachine->interrupt_processor(Prcb->Number);
    }
    KiLowerIrql(OldIrql);
    return Inserted;
}

// TRUE if the DPC was queued and is not any more. It may be running. Any IRQL.
BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc)
{
    for (;;) {
        PKPRCB Prcb = (PKPRCB)Dpc->DpcData;
        if (Prcb == NULL) {
            return FALSE;
        }
        KIRQL OldIrql = KiLockDpcs(Prcb);
        BOOLEAN Removed = Dpc->DpcData == Prcb;
        if (Removed) {
            RemoveEntryList(&Dpc->DpcListEntry);
            Prcb->DpcQueueDepth -= 1;
            Dpc->DpcData = NULL;
        }
        KiUnlockDpcs(Prcb, OldIrql);
        if (Removed) {
            return TRUE;
        }
    }
}

// Takes the first DPC of a list; FALSE if it is empty. Its object may be queued again, or freed, from here
// on.
static BOOLEAN KiTakeDpc(PKPRCB Prcb, PLIST_ENTRY Head, PKDPC *Dpc, KDPC *Copy)
{
    KIRQL OldIrql = KiLockDpcs(Prcb);
    BOOLEAN Taken = !IsListEmpty(Head);
    if (Taken) {
        *Dpc = CONTAINING_RECORD(RemoveHeadList(Head), KDPC, DpcListEntry);
        *Copy = **Dpc;
        (*Dpc)->DpcData = NULL;
        Prcb->DpcQueueDepth -= 1;
        Prcb->ThreadedDpcActive = Prcb->ThreadedDpcActive || Head == &Prcb->ThreadedDpcListHead;
    }
    KiUnlockDpcs(Prcb, OldIrql);
    return Taken;
}

static VOID KiCallDpc(PKDPC Dpc, const KDPC *Copy)
{
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "KDEFERRED_ROUTINE", Copy->DeferredRoutine, 4, Dpc, Copy->DeferredContext,
                    Copy->SystemArgument1, Copy->SystemArgument2);
    Copy->DeferredRoutine(Dpc, Copy->DeferredContext, Copy->SystemArgument1, Copy->SystemArgument2);
    ViLeaveCallback(&Callback, 0);
}

VOID KiRetireDpcs(VOID)
{
    PKPRCB Prcb = KiGetPrcb();
    PKDPC Dpc;
    KDPC Copy;
    if (Prcb->DpcRoutineActive) {
        return;
    }
    for (;;) {
        if (Prcb->TimerRequest) {
            Prcb->TimerRequest = FALSE;
            KiExpireTimers();
        }
        if (!IsListEmpty(&Prcb->ThreadedDpcListHead) && Prcb->ThreadedDpcThread != NULL) {
            KeSetEvent(&Prcb->ThreadedDpcEvent, 0, FALSE);
        }
        if (IsListEmpty(&Prcb->DpcListHead)) {
            break;
        }
        Prcb->DpcRoutineActive = TRUE;
        Prcb->DpcSeriesStartTime = KiPeekTime();
        while (KiTakeDpc(Prcb, &Prcb->DpcListHead, &Dpc, &Copy)) {
            Prcb->CurrentDpc = Dpc;
            Prcb->DpcStartTime = KiPeekTime();
            KiCallDpc(Dpc, &Copy);
            Prcb->CurrentDpc = NULL;
            KIRQL Irql = KiGetIrql();
            if (Irql != DISPATCH_LEVEL) {
                KeBugCheckEx(IRQL_NOT_DISPATCH_LEVEL, (ULONG_PTR)Copy.DeferredRoutine, Irql, (ULONG_PTR)Dpc,
                             0);
            }
        }
        Prcb->DpcRoutineActive = FALSE;
    }
}

static VOID NTAPI KiThreadedDpcThread(PVOID Context)
{
    PKPRCB Prcb = Context;
    PKDPC Dpc;
    KDPC Copy;
    for (;;) {
        KeWaitForSingleObject(&Prcb->ThreadedDpcEvent, Executive, KernelMode, FALSE, NULL);
        while (KiTakeDpc(Prcb, &Prcb->ThreadedDpcListHead, &Dpc, &Copy)) {
            KiCallDpc(Dpc, &Copy);
            Prcb->ThreadedDpcActive = FALSE;
        }
    }
}

NTSTATUS KiStartThreadedDpcs(VOID)
{
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        PKPRCB Prcb = &KiProcessors[Number]->Prcb;
        PETHREAD Thread;
        NTSTATUS Status = PspCreateKernelThread(KiThreadedDpcThread, Prcb, HIGH_PRIORITY, &Thread);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Thread->Tcb.Affinity = 1ULL << Number;
        Prcb->ThreadedDpcThread = Thread;
        PspStartThread(Thread);
    }
    return STATUS_SUCCESS;
}

// Returns when every DPC that was queued before, on any processor, has run. PASSIVE_LEVEL.
VOID NTAPI KeFlushQueuedDpcs(VOID)
{
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        PKPRCB Prcb = &KiProcessors[Number]->Prcb;
        while (Prcb->DpcQueueDepth != 0 || Prcb->DpcRoutineActive || Prcb->CurrentDpc != NULL ||
               Prcb->ThreadedDpcActive) {
            LARGE_INTEGER Moment = {.QuadPart = -1};
            // Those of low importance wait for a reason to run.
            KiRequestSoftwareInterrupt(Prcb, DISPATCH_LEVEL);
            if (Prcb != KiGetPrcb()) {
                KeMachine->interrupt_processor(Prcb->Number);
            }
            KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        }
    }
}

// As KeRemoveQueueDpc; if the DPC was not queued, WaitIfActive waits until it does not run either: IRQL
// PASSIVE_LEVEL then, and not from the DPC itself.
BOOLEAN NTAPI KeRemoveQueueDpcEx(PRKDPC Dpc, BOOLEAN WaitIfActive)
{
    BOOLEAN Removed = KeRemoveQueueDpc(Dpc);
    if (!Removed && WaitIfActive) {
        KeFlushQueuedDpcs();
    }
    return Removed;
}
