// SPDX-License-Identifier: MIT
// What the framework's files share. Inside the SDK only.
#ifndef KMODE_SDK_DEVICE_DEVICE_H
#define KMODE_SDK_DEVICE_DEVICE_H

#include <kmode.h>

#define KMP_DEVICE_SIGNATURE 0x6563697665446D4BULL

/// Sets the dispatch routines of DriverObject, where they are not yet. IRQL PASSIVE_LEVEL.
VOID KmpSetDispatch(_Inout_ PDRIVER_OBJECT DriverObject);

/// The framework's device of a device object; NULL: it is none. Any IRQL.
PKM_DEVICE KmpFindDevice(_In_ PDEVICE_OBJECT DeviceObject);

/// The first entry of that kind and code; NULL: there is none. Any IRQL.
const KM_DEVICE_ENTRY *KmpFindEntry(_In_ const KM_DEVICE *Device, _In_ KMP_ENTRY_KIND Kind, _In_ ULONG Code);

/// Makes a device object that only whom the SDDL string names may open: IoCreateDeviceSecure.
NTSTATUS KmpCreateDeviceObject(_In_ PDRIVER_OBJECT DriverObject, _In_ SIZE_T ExtensionBytes,
                               _In_opt_ PUNICODE_STRING Name, _In_opt_ PCWSTR Sddl, _In_ ULONG Type,
                               _In_ ULONG Characteristics, _In_ BOOLEAN Exclusive,
                               _Out_ PDEVICE_OBJECT *DeviceObject);

/// KmDeviceCreate, of a device that the Plug and Play manager adds: above PhysicalDevice (NULL: it does not).
NTSTATUS KmpCreateDevice(_In_ PDRIVER_OBJECT DriverObject, _In_ const KM_DEVICE_ENTRY *Entries,
                         _In_opt_ PCWSTR NameSuffix, _In_opt_ PDEVICE_OBJECT PhysicalDevice,
                         _Out_ PKM_DEVICE *Device);

/// KmDeviceDelete up to the device object, which stays: no request is under way any more.
VOID KmpEndDevice(_In_ PKM_DEVICE Device);

/// Completes Irp with Status and no information. Returns Status.
NTSTATUS KmpCompleteIrp(_Inout_ PIRP Irp, _In_ NTSTATUS Status);

/// Calls Handler for Irp and completes it with what that answers, unless it is pending or passed on; with
/// EndingStatus if the device ends.
NTSTATUS KmpHandle(_In_ PKM_DEVICE Device, _Inout_ PIRP Irp, _In_opt_ const KM_DEVICE_ENTRY *Entry,
                   _In_ KM_REQUEST_HANDLER *Handler, _In_ NTSTATUS EndingStatus);

/// Fills in Request but for its buffers. Device->Requests is acquired for it.
VOID KmpBeginRequest(_Out_ PKM_REQUEST Request, _In_ PKM_DEVICE Device, _In_ PIRP Irp,
                     _In_opt_ const KM_DEVICE_ENTRY *Entry);

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

/// Unlocks the pages that KmpPrepareBuffers has locked, if it has.
VOID KmpUnlockOutput(_Inout_ PKM_REQUEST Request);

/// Takes the input that KmpKeepInput has kept for an IRP back into the request.
VOID KmpTakeKeptInput(_Inout_ PKM_REQUEST Request);

/// Makes the input outlive the handler: its copy becomes the IRP's. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS KmpKeepInput(_Inout_ PKM_REQUEST Request);

/// What is kept in Irp->Tail.Overlay.DriverContext of a pending request; [3] is the cancel-safe queue's.
#define KMP_CONTEXT_INPUT 0 // the copy of its input, in pool; NULL if there is none
#define KMP_CONTEXT_ENTRY 1 // its KM_DEVICE_ENTRY
#define KMP_CONTEXT_LOCKS 2 // whether Irp->MdlAddress is the framework's

#endif
