// SPDX-License-Identifier: MIT
// Work items: a routine called at PASSIVE_LEVEL by a thread of the system's, once however often it is queued
// before it begins, and ends that wait for it.
//
//     static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmNonPagedPool, 'kroW');
//     static PKM_WORK_ITEM Work;
//
//     static VOID NTAPI OnWork(PVOID Context)
//     {
//         DbgPrint("at IRQL %d for %p\n", KeGetCurrentIrql(), Context);
//     }
//
//     static DRIVER_UNLOAD Unload;
//     static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
//     {
//         UNREFERENCED_PARAMETER(DriverObject);
//         KmWorkItemDelete(Work);
//     }
//
//     DRIVER_INITIALIZE DriverEntry;
//     NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
//     {
//         UNREFERENCED_PARAMETER(RegistryPath);
//         DriverObject->DriverUnload = Unload;
//         NTSTATUS Status = KmWorkItemCreate(&Allocator, DriverObject, OnWork, NULL, &Work);
//         if (NT_SUCCESS(Status)) {
//             (void)KmWorkItemQueue(Work, DelayedWorkQueue);
//         }
//         return Status;
//     }
#ifndef KMODE_WORK_ITEM_H
#define KMODE_WORK_ITEM_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/work-item.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/routine.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_WORK_ITEM *PKM_WORK_ITEM;

/// Makes a work item that calls Routine with Context, in memory of Allocator, which must be nonpaged; the
/// system's part of it is the system's own, from its nonpaged pool (IoAllocateWorkItem). Nothing is allocated
/// afterwards. IoObject is the driver's object or one of its device objects; the system keeps it, and so the
/// driver's code, while work is queued. A device object must be there until the item is deleted.
///
/// Returns STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES, and *Item is NULL.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmWorkItemCreate(_In_ PKM_ALLOCATOR Allocator, _In_ PVOID IoObject, _In_ PKM_ROUTINE Routine,
                     _In_opt_ PVOID Context, _Out_ PKM_WORK_ITEM *Item);

/// Queues the work: DelayedWorkQueue is what drivers use, CriticalWorkQueue has threads of a higher priority.
/// While the routine runs, it will run once more; never is it run by two threads at once. Returns FALSE if it
/// is queued already and has not begun, or if KmWorkItemStop has been called.
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmWorkItemQueue(_Inout_ PKM_WORK_ITEM Item, _In_ WORK_QUEUE_TYPE Queue);

/// Waits until the work is neither queued nor running. Not by the routine itself: it would wait for ever.
/// What others queue meanwhile is waited for too.
///
///     static PKM_WORK_ITEM Work;
///
///     static VOID Finish(VOID)
///     {
///         KmWorkItemFlush(Work);
///     }
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmWorkItemFlush(_Inout_ PKM_WORK_ITEM Item);

/// Refuses work from now on, for good, and waits for what is queued or running, as KmWorkItemFlush.
///
///     static PKM_WORK_ITEM Work;
///
///     static VOID Finish(VOID)
///     {
///         KmWorkItemStop(Work);
///     }
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmWorkItemStop(_Inout_ PKM_WORK_ITEM Item);

/// Stops the work item, and frees it. NULL: nothing to do.
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmWorkItemDelete(_In_opt_ PKM_WORK_ITEM Item);

#ifdef __cplusplus
}
#endif

#endif
