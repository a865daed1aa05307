// SPDX-License-Identifier: MIT
// User memory by pointers in a request: probed, locked, copied under __try, and gone in the meantime.
#include <ntddk.h>

#include "public.h"

#define COPIER_DEVICE_NAME   L"\\Device\\Copier"
#define COPIER_SYMBOLIC_LINK L"\\DosDevices\\Copier"

typedef struct _COPIER_DEVICE {
    KEVENT Go; // a synchronization event: one that waits goes on
} COPIER_DEVICE, *PCOPIER_DEVICE;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD CopierUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH CopierCreateClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH_PAGED CopierDeviceControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, CopierUnload)
#pragma alloc_text(PAGE, CopierDeviceControl)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(COPIER_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(COPIER_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = IoCreateDevice(DriverObject, sizeof(COPIER_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeInitializeEvent(&((PCOPIER_DEVICE)DeviceObject->DeviceExtension)->Go, SynchronizationEvent, FALSE);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CopierCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CopierCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = CopierDeviceControl;
    DriverObject->DriverUnload = CopierUnload;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
    }
    return Status;
}

_Use_decl_annotations_ static VOID CopierUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(COPIER_SYMBOLIC_LINK);

    PAGED_CODE();
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS CopierComplete(_In_ PIRP Irp, _In_ NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS CopierCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return CopierComplete(Irp, STATUS_SUCCESS);
}

// What was true when it was probed need not be any more when it is used: both are under __try. Go: NULL, or
// waited for in between.
static NTSTATUS CopierCopy(_In_ const COPIER_REQUEST *Request, _Inout_opt_ PKEVENT Go)
{
    PVOID From = (PVOID)Request->From, To = (PVOID)Request->To;
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    __try {
        ProbeForRead(From, Request->Bytes, Request->Alignment);
        ProbeForWrite(To, Request->Bytes, Request->Alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Go != NULL) {
        (VOID) KeWaitForSingleObject(Go, Executive, KernelMode, FALSE, NULL);
    }
    __try {
        RtlCopyMemory(To, From, Request->Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

// Locked pages stay what they are, whatever becomes of the addresses.
static NTSTATUS CopierFill(_In_ const COPIER_REQUEST *Request, _Inout_ PKEVENT Go)
{
    PMDL Mdl = IoAllocateMdl((PVOID)Request->To, Request->Bytes, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Mapped;

    PAGED_CODE();
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(Mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
        goto FreeMdl;
    }
    (VOID) KeWaitForSingleObject(Go, Executive, KernelMode, FALSE, NULL);
    Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute);
    if (Mapped == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        RtlFillMemory(Mapped, Request->Bytes, 'x');
    }
    MmUnlockPages(Mdl);
FreeMdl:
    IoFreeMdl(Mdl);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS CopierDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOPIER_DEVICE Copier = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const COPIER_REQUEST *Request = Irp->AssociatedIrp.SystemBuffer;
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;

    PAGED_CODE();
    if (Code == IOCTL_COPIER_GO) {
        KeSetEvent(&Copier->Go, IO_NO_INCREMENT, FALSE);
        return CopierComplete(Irp, STATUS_SUCCESS);
    }
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(*Request) || Request->Bytes == 0) {
        return CopierComplete(Irp, STATUS_INVALID_PARAMETER);
    }
    switch (Code) {
    case IOCTL_COPIER_COPY: return CopierComplete(Irp, CopierCopy(Request, NULL));
    case IOCTL_COPIER_COPY_LATER: return CopierComplete(Irp, CopierCopy(Request, &Copier->Go));
    case IOCTL_COPIER_FILL_LATER: return CopierComplete(Irp, CopierFill(Request, &Copier->Go));
    default: return CopierComplete(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}
