// SPDX-License-Identifier: MIT
// The system's work items, of driver objects and of device objects alike. Inside the SDK only.
#ifndef KMODE_SDK_RUNTIME_IO_WORK_ITEM_H
#define KMODE_SDK_RUNTIME_IO_WORK_ITEM_H

#include <kmode.h>

/// A part of who owns it, in nonpaged memory.
typedef struct KMP_IO_WORK_ITEM {
    PIO_WORKITEM Item; ///< the system's
    PVOID IoObject;
    PKM_ROUTINE Routine;
    PVOID Context;
} KMP_IO_WORK_ITEM;

/// Makes a work item that calls Routine with Context. IoObject is a driver object or one of its device
/// objects. STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS
    KmpIoWorkItemInit(_Out_ KMP_IO_WORK_ITEM *WorkItem, _In_ PVOID IoObject, _In_ PKM_ROUTINE Routine,
                      _In_opt_ PVOID Context);

/// Queues it, which is not queued. When Routine has been called, WorkItem may be gone: nothing of it is
/// touched afterwards.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID
    KmpIoWorkItemQueue(_Inout_ KMP_IO_WORK_ITEM *WorkItem, _In_ WORK_QUEUE_TYPE Queue);

/// It is not queued.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID KmpIoWorkItemFree(_Inout_ KMP_IO_WORK_ITEM *WorkItem);

#endif
