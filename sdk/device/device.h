// SPDX-License-Identifier: MIT
// What the framework's files share. Inside the SDK only.
#ifndef KMODE_SDK_DEVICE_DEVICE_H
#define KMODE_SDK_DEVICE_DEVICE_H

#include <kmode.h>

#define KMP_DEVICE_SIGNATURE 0x6563697665446D4BULL

/// Sets the dispatch routines of DriverObject, where they are not yet. IRQL PASSIVE_LEVEL.
VOID KmpSetDispatch(_Inout_ PDRIVER_OBJECT DriverObject);

/// Tells the debugger of each mistake of a table (table.c). Returns STATUS_SUCCESS, STATUS_INVALID_PARAMETER.
/// IRQL PASSIVE_LEVEL, as for the others that tell of tables.
NTSTATUS KmpCheckTable(_In_ const KM_DEVICE_ENTRY *Entries);

/// Tells that what Entry names cannot be made, or found.
VOID KmpTellFailure(_In_ const KM_DEVICE_ENTRY *Entries, _In_ const KM_DEVICE_ENTRY *Entry,
                    _In_opt_ PCWSTR NameSuffix, _In_ NTSTATUS Status);

/// Tells what of an SDDL string cannot be read.
VOID KmpTellSddl(_In_ const KM_DEVICE_ENTRY *Entries, _In_ PCUNICODE_STRING Sddl);

/// The framework's device of a device object; NULL: it is none. Any IRQL.
PKM_DEVICE KmpFindDevice(_In_ PDEVICE_OBJECT DeviceObject);

/// The first entry of that kind from From on; NULL: there is none. Any IRQL.
const KM_DEVICE_ENTRY *KmpFindEntry(_In_ const KM_DEVICE_ENTRY *From, _In_ KMP_ENTRY_KIND Kind);

/// The first KM_ON entry of that major function; NULL: there is none. Any IRQL.
const KM_DEVICE_ENTRY *KmpFindHandler(_In_ const KM_DEVICE *Device, _In_ UCHAR MajorFunction);

/// KmDeviceCreate, of a device that the Plug and Play manager adds: above PhysicalDevice (NULL: it does not).
NTSTATUS KmpCreateDevice(_In_ PDRIVER_OBJECT DriverObject, _In_ const KM_DEVICE_ENTRY *Entries,
                         _In_opt_ PCWSTR NameSuffix, _In_opt_ PDEVICE_OBJECT PhysicalDevice,
                         _Out_ PKM_DEVICE *Device);

/// KmDeviceDelete up to the device object, which stays: no request is under way any more.
VOID KmpEndDevice(_In_ PKM_DEVICE Device);

/// From now on nothing pends; what is pending is cancelled. IRQL <= DISPATCH_LEVEL.
VOID KmpCancelPending(_Inout_ PKM_DEVICE Device);

/// Gives a filter the transfer of reads and writes, type and characteristics of the device below it
/// (inherit.c).
VOID KmpInherit(_Inout_ PDEVICE_OBJECT DeviceObject, _In_ const DEVICE_OBJECT *Lower);

/// Whether requests of that major function carry a control code. Any IRQL.
static inline BOOLEAN KmpIsControl(UCHAR MajorFunction)
{
    return MajorFunction == IRP_MJ_DEVICE_CONTROL || MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL;
}

/// What is pending of a handle is cancelled: it is closed. IRQL <= DISPATCH_LEVEL.
VOID KmpCancelPendingOf(_In_ PKM_DEVICE Device, _In_ PFILE_OBJECT FileObject);

/// Has the device below answer Irp, and waits for it; Irp is the caller's again then. FALSE: there is no
/// stack location for that device. As IoForwardIrpSynchronously, which Wine has not. IRQL PASSIVE_LEVEL.
BOOLEAN KmpSendDown(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp);

/// Passes Irp down as it is, and releases Device->Requests.
NTSTATUS KmpPassDown(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp);

/// Completes Irp with Status and no information. Returns Status.
NTSTATUS KmpCompleteIrp(_Inout_ PIRP Irp, _In_ NTSTATUS Status);

/// Calls Handler for Irp and completes it with what that answers, unless it is pending or passed on; with
/// EndingStatus if the device ends.
NTSTATUS KmpHandle(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp, _In_opt_ const KM_DEVICE_ENTRY *Entry,
                   _In_ KM_REQUEST_HANDLER *Handler, _In_ NTSTATUS EndingStatus);

/// Tells of a handler's mistake, of which no stack says any more which handler it was. IRQL <=
/// DISPATCH_LEVEL.
VOID KmpComplain(_In_ const KM_REQUEST *Request, _In_ PCSTR Mistake);

/// Fills in Request but for its buffers. Device->Requests is acquired for it.
VOID KmpBeginRequest(_Out_ PKM_REQUEST Request, _In_ PKM_DEVICE Device, _In_ PIRP Irp,
                     _In_opt_ const KM_DEVICE_ENTRY *Entry);

/// Whether a status of IRP_MJ_CREATE is that of a file that is open. Any IRQL.
static inline BOOLEAN KmpIsOpened(_In_ NTSTATUS Status)
{
    return NT_SUCCESS(Status) && Status != STATUS_REPARSE;
}

extern const KMP_PASSED_FILES KmpPassedFiles;

/// The major functions that begin and end handles (file.c).
NTSTATUS KmpCreateFile(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp);
/// Frees the context of a handle that is not let in; what a request that has no context gets is nothing.
VOID KmpEndFailedCreate(_Inout_ PKM_REQUEST Request);
NTSTATUS KmpCleanupFile(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp);
NTSTATUS KmpCloseFile(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp);

/// Fills in Request's Input and Output (buffer.c). A failure is the request's status. Undone by
/// KmpReleaseBuffers.
NTSTATUS KmpPrepareBuffers(_Inout_ PKM_REQUEST Request);
VOID KmpReleaseBuffers(_Inout_ PKM_REQUEST Request);

/// Undoes for the device below what KmpPrepareBuffers has done to the IRP (buffer.c).
VOID KmpRestoreBuffers(_Inout_ PKM_REQUEST Request);

/// Takes the input that KmpKeepInput has kept for an IRP back into the request.
VOID KmpTakeKeptInput(_Inout_ PKM_REQUEST Request);

/// Makes the input outlive the handler: its copy becomes the IRP's. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS KmpKeepInput(_Inout_ PKM_REQUEST Request);

/// What is kept in Irp->Tail.Overlay.DriverContext of a pending request.
#define KMP_CONTEXT_INPUT 0 // the copy of its input, in pool; NULL if there is none
#define KMP_CONTEXT_ENTRY 1 // its KM_DEVICE_ENTRY
#define KMP_CONTEXT_MDL   2 // its KM_REQUEST.OutputMdl
#define KMP_CONTEXT_QUEUE 3 // the KM_REQUEST_QUEUE that it is in

#endif
