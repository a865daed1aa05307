// SPDX-License-Identifier: MIT
// options: -Wno-unknown-pragmas
// Source annotations as samples carry them, and the headers that only serve them.
#include <ntddk.h>
#include <dontuse.h>
#include <suppress.h>
#include <driverspecs.h>

#pragma warning(push)
#pragma warning(disable : 4201 28251)
#pragma prefast(disable : __WARNING_ENCODE_MEMBER_FUNCTION_POINTER, "not needed here")

DRIVER_INITIALIZE DriverEntry;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH DispatchCreateClose;
_Function_class_(DRIVER_UNLOAD)
    _IRQL_requires_(PASSIVE_LEVEL) _IRQL_requires_same_ DRIVER_UNLOAD DriverUnload;
_Function_class_(DRIVER_CANCEL) _Requires_lock_held_(_Global_cancel_spin_lock_)
    _Releases_lock_(_Global_cancel_spin_lock_) _IRQL_requires_min_(DISPATCH_LEVEL)
        _IRQL_requires_(DISPATCH_LEVEL) DRIVER_CANCEL Cancel;

typedef struct _EXTENSION {
    KSPIN_LOCK Lock;
    _Guarded_by_(Lock) ULONG Count;
    _Field_size_bytes_(Length) PUCHAR Buffer;
    ULONG Length;
} EXTENSION, *PEXTENSION;

_Kernel_clear_do_init_(yes) static NTSTATUS
    Create(_Inout_ PDRIVER_OBJECT DriverObject, _Outptr_result_maybenull_ PDEVICE_OBJECT *Device)
{
    return IoCreateDevice(DriverObject, sizeof(EXTENSION), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, Device);
}

_Use_decl_annotations_ VOID Cancel(PDEVICE_OBJECT DeviceObject, _Inout_ _IRQL_uses_cancel_ PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
}

_Use_decl_annotations_ NTSTATUS DispatchCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(DeviceObject);
    NT_ASSERT(Stack->MajorFunction == IRP_MJ_CREATE || Stack->MajorFunction == IRP_MJ_CLOSE);
    UNREFERENCED_PARAMETER(Stack);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    if (DriverObject->DeviceObject != NULL) {
        IoDeleteDevice(DriverObject->DeviceObject);
    }
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject,
                                            _Unreferenced_parameter_ PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DispatchCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = DispatchCreateClose;
    DriverObject->DriverUnload = DriverUnload;
    return Create(DriverObject, &Device);
}
#pragma warning(pop)
