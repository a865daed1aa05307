// SPDX-License-Identifier: MIT
// Work items of a driver or device, which cannot go away before the item's routine has returned.
#include "inc/kernel.h"

typedef struct _IO_WORKITEM {
    WORK_QUEUE_ITEM WorkItem;
    PIO_WORKITEM_ROUTINE Routine;
    PIO_WORKITEM_ROUTINE_EX RoutineEx; // one of the two
    PVOID IoObject;
    PVOID Context;
} IO_WORKITEM;

static VOID NTAPI IopProcessWorkItem(PVOID Parameter)
{
    PIO_WORKITEM Item = Parameter;
    // The routine may free the item, or queue it again.
    IO_WORKITEM Call = *Item;
    VI_CALLBACK Callback;
    if (Call.Routine != NULL) {
        ViEnterCallback(&Callback, "IO_WORKITEM_ROUTINE", Call.Routine, 2, Call.IoObject, Call.Context);
        Call.Routine(Call.IoObject, Call.Context);
    } else {
        ViEnterCallback(&Callback, "IO_WORKITEM_ROUTINE_EX", Call.RoutineEx, 3, Call.IoObject, Call.Context,
                        Item);
        Call.RoutineEx(Call.IoObject, Call.Context, Item);
    }
    ViLeaveCallback(&Callback, 0);
    ObfDereferenceObject(Call.IoObject);
}

ULONG NTAPI IoSizeofWorkItem(VOID)
{
    return sizeof(IO_WORKITEM);
}

VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    RtlZeroMemory(IoWorkItem, sizeof(*IoWorkItem));
    IoWorkItem->IoObject = IoObject;
    ExInitializeWorkItem(&IoWorkItem->WorkItem, IopProcessWorkItem, IoWorkItem);
}

VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    if (IoWorkItem->WorkItem.List.Flink != NULL) {
        // It is in a queue, and its memory is about to go.
        KeBugCheckEx(WORKER_INVALID, 0, (ULONG_PTR)IoWorkItem, (ULONG_PTR)IoWorkItem, 0);
    }
}

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    PIO_WORKITEM Item = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Item), TAG_WORK_ITEM);
    if (Item != NULL) {
        IoInitializeWorkItem(DeviceObject, Item);
    }
    return Item;
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    IoUninitializeWorkItem(IoWorkItem);
    ExFreePoolWithTag(IoWorkItem, TAG_WORK_ITEM);
}

static VOID IopQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE Routine,
                             PIO_WORKITEM_ROUTINE_EX RoutineEx, WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    ObfReferenceObject(IoWorkItem->IoObject);
    IoWorkItem->Routine = Routine;
    IoWorkItem->RoutineEx = RoutineEx;
    IoWorkItem->Context = Context;
    ExQueueWorkItem(&IoWorkItem->WorkItem, QueueType);
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine,
                           WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    IopQueueWorkItem(IoWorkItem, WorkerRoutine, NULL, QueueType, Context);
}

VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                             WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    IopQueueWorkItem(IoWorkItem, NULL, WorkerRoutine, QueueType, Context);
}
