// SPDX-License-Identifier: MIT
// The system's work items, of driver objects and of device objects. Inside the SDK only.
#ifndef KMODE_SDK_RUNTIME_IO_WORK_ITEM_H
#define KMODE_SDK_RUNTIME_IO_WORK_ITEM_H

#include <kmode.h>

/// Queues an item of IoAllocateWorkItem(IoObject): RoutineEx is called for a driver object, Routine for a
/// device object. IoQueueWorkItem is not for items of driver objects, and IoQueueWorkItemEx is not there in
/// every kernel: Wine has no more than its name, writes no types into its objects, and takes items of either
/// by the other. IRQL <= DISPATCH_LEVEL.
static inline VOID KmpQueueIoWorkItem(_Inout_ PIO_WORKITEM Item, _In_ PVOID IoObject,
                                      _In_ PIO_WORKITEM_ROUTINE Routine,
                                      _In_ PIO_WORKITEM_ROUTINE_EX RoutineEx, _In_ WORK_QUEUE_TYPE Queue,
                                      _In_ PVOID Context)
{
    if (((PDRIVER_OBJECT)IoObject)->Type == IO_TYPE_DRIVER) {
        IoQueueWorkItemEx(Item, RoutineEx, Queue, Context);
    } else {
        IoQueueWorkItem(Item, Routine, Queue, Context);
    }
}

#endif
