// SPDX-License-Identifier: MIT
// Work items: routines called by threads of the system, at PASSIVE_LEVEL, some time later.
#include "inc/kernel.h"

// One queue and its threads: what Windows divides by priority. Microsoft's pages call that of the critical
// ones real-time, which is above 15; Windows Internals has these.
static const struct {
    KPRIORITY Priority;
    ULONG Threads;
} ExpWorkQueueKinds[] = {
    [CriticalWorkQueue] = {13, 3},
    [DelayedWorkQueue] = {12, 3},
    [HyperCriticalWorkQueue] = {15, 1},
};

#define EXP_QUEUE_KINDS RTL_NUMBER_OF(ExpWorkQueueKinds)

static KQUEUE ExpWorkQueues[EXP_QUEUE_KINDS];

// What a work item's routine must leave as it found it.
static VOID ExpCheckAfterWork(PWORKER_THREAD_ROUTINE Routine, PVOID Parameter)
{
    PKTHREAD Thread = KiCurrentThread();
    if (KiGetIrql() != PASSIVE_LEVEL) {
        KeBugCheckEx(WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG_PTR)Routine, KiGetIrql(),
                     (ULONG_PTR)Parameter, 0);
    }
    if (Thread->KernelApcDisable != 0 || Thread->SpecialApcDisable != 0) {
        KeBugCheckEx(WORKER_INVALID, (ULONG_PTR)Routine, (ULONG_PTR)Parameter, Thread->CombinedApcDisable, 0);
    }
}

static VOID NTAPI ExpWorkerThread(PVOID Context)
{
    PKQUEUE Queue = Context;
    for (;;) {
        PLIST_ENTRY Entry = KeRemoveQueue(Queue, KernelMode, NULL);
        PWORK_QUEUE_ITEM Item = CONTAINING_RECORD(Entry, WORK_QUEUE_ITEM, List);
        // The routine may free the item, or queue it again.
        PWORKER_THREAD_ROUTINE Routine = Item->WorkerRoutine;
        PVOID Parameter = Item->Parameter;
        if (Item->List.Flink == &Item->List) {
            // Not one that has been queued again in the meantime.
            Item->List.Flink = NULL;
        }
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "WORKER_THREAD_ROUTINE", Routine, 1, Parameter);
        Routine(Parameter);
        ViLeaveCallback(&Callback, 0);
        if (ViChecks()) {
            ViForgetResource(ViResourceQueuedWork, (ULONG_PTR)Item);
        }
        ExpCheckAfterWork(Routine, Parameter);
    }
}

NTSTATUS ExpInitializeWorkQueues(VOID)
{
    for (ULONG Kind = 0; Kind < EXP_QUEUE_KINDS; Kind += 1) {
        KeInitializeQueue(&ExpWorkQueues[Kind], 0);
        for (ULONG Index = 0; Index < ExpWorkQueueKinds[Kind].Threads; Index += 1) {
            PETHREAD Thread;
            NTSTATUS Status = PspCreateKernelThread(ExpWorkerThread, &ExpWorkQueues[Kind],
                                                    ExpWorkQueueKinds[Kind].Priority, &Thread);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
            PspStartThread(Thread);
        }
    }
    return STATUS_SUCCESS;
}

// The queue that a type means: those of Windows NT 4, or a priority of CustomPriorityWorkQueue and above.
static PKQUEUE ExpQueueOf(WORK_QUEUE_TYPE QueueType)
{
    if (QueueType >= CustomPriorityWorkQueue) {
        KPRIORITY Priority = (KPRIORITY)QueueType - CustomPriorityWorkQueue;
        return &ExpWorkQueues[Priority >= ExpWorkQueueKinds[HyperCriticalWorkQueue].Priority
                                  ? HyperCriticalWorkQueue
                              : Priority >= ExpWorkQueueKinds[CriticalWorkQueue].Priority ? CriticalWorkQueue
                                                                                          : DelayedWorkQueue];
    }
    return &ExpWorkQueues[QueueType < EXP_QUEUE_KINDS ? QueueType : DelayedWorkQueue];
}

// WorkItem is the caller's, initialised by ExInitializeWorkItem, and must not be queued already: bug check
// WORKER_INVALID. IRQL <= DISPATCH_LEVEL. (wdm, ExQueueWorkItem)
VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType)
{
    if (WorkItem->List.Flink != NULL || WorkItem->WorkerRoutine == NULL) {
        KeBugCheckEx(WORKER_INVALID, 1, (ULONG_PTR)WorkItem, (ULONG_PTR)WorkItem->WorkerRoutine, 0);
    }
    KiInsertMarkedEntry(ExpQueueOf(QueueType), &WorkItem->List);
}
