// SPDX-License-Identifier: MIT
// The system's work items, of driver objects and of device objects alike.
#include "runtime/io-work-item.h"

static VOID Run(const KMP_IO_WORK_ITEM *WorkItem)
{
    WorkItem->Routine(WorkItem->Context);
}

static IO_WORKITEM_ROUTINE RunOfDevice;
static VOID NTAPI RunOfDevice(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Run((const KMP_IO_WORK_ITEM *)Context);
}

static IO_WORKITEM_ROUTINE_EX RunOfDriver;
static VOID NTAPI RunOfDriver(PVOID IoObject, PVOID Context, PIO_WORKITEM Item)
{
    UNREFERENCED_PARAMETER(IoObject);
    UNREFERENCED_PARAMETER(Item);
    Run((const KMP_IO_WORK_ITEM *)Context);
}

NTSTATUS KmpIoWorkItemInit(KMP_IO_WORK_ITEM *WorkItem, PVOID IoObject, PKM_ROUTINE Routine, PVOID Context)
{
    WorkItem->Item = IoAllocateWorkItem((PDEVICE_OBJECT)IoObject);
    WorkItem->IoObject = IoObject;
    WorkItem->Routine = Routine;
    WorkItem->Context = Context;
    return WorkItem->Item != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID KmpIoWorkItemQueue(KMP_IO_WORK_ITEM *WorkItem, WORK_QUEUE_TYPE Queue)
{
    // IoQueueWorkItem is not for items of driver objects, and IoQueueWorkItemEx is not there in every kernel:
    // Wine has no more than its name, writes no types into its objects, and takes items of either by the
    // other.
    if (((PDRIVER_OBJECT)WorkItem->IoObject)->Type == IO_TYPE_DRIVER) {
        IoQueueWorkItemEx(WorkItem->Item, RunOfDriver, Queue, WorkItem);
    } else {
        IoQueueWorkItem(WorkItem->Item, RunOfDevice, Queue, WorkItem);
    }
}

VOID KmpIoWorkItemFree(KMP_IO_WORK_ITEM *WorkItem)
{
    IoFreeWorkItem(WorkItem->Item);
}
