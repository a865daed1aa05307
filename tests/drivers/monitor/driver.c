// SPDX-License-Identifier: MIT
// A process monitor: notifications become events, which a client gets by requests that wait in the driver.
#include "monitor.h"

#define MONITOR_DEVICE_NAME   L"\\Device\\ProcessMonitor"
#define MONITOR_SYMBOLIC_LINK L"\\DosDevices\\ProcessMonitor"

PMONITOR_DEVICE Monitor;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD MonitorUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH MonitorCreateClose;
_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH MonitorCleanup;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH MonitorDeviceControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, MonitorUnload)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(MONITOR_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(MONITOR_SYMBOLIC_LINK);
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    // Exclusive: events go to one client.
    Status = IoCreateDevice(DriverObject, sizeof(MONITOR_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, TRUE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Monitor = DeviceObject->DeviceExtension;
    Status = MonitorInitializeEvents(Monitor);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }

    DriverObject->MajorFunction[IRP_MJ_CREATE] = MonitorCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = MonitorCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = MonitorCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = MonitorDeviceControl;
    DriverObject->DriverUnload = MonitorUnload;

    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    Status = MonitorRegister();
    if (!NT_SUCCESS(Status)) {
        goto DeleteLink;
    }
    return STATUS_SUCCESS;

DeleteLink:
    IoDeleteSymbolicLink(&LinkName);
DeleteDevice:
    MonitorFreeEvents(Monitor);
    IoDeleteDevice(DeviceObject);
    return Status;
}

_Use_decl_annotations_ static VOID MonitorUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(MONITOR_SYMBOLIC_LINK);

    PAGED_CODE();
    MonitorUnregister();
    IoDeleteSymbolicLink(&LinkName);
    NT_ASSERT(IsListEmpty(&Monitor->RequestList));
    MonitorFreeEvents(Monitor);
    IoDeleteDevice(DriverObject->DeviceObject);
}

_Use_decl_annotations_ NTSTATUS MonitorComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS MonitorCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return MonitorComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS MonitorCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    MonitorCancelRequests(DeviceObject->DeviceExtension, IoGetCurrentIrpStackLocation(Irp)->FileObject);
    return MonitorComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS MonitorForbid(_Inout_ PMONITOR_DEVICE Device, _In_reads_bytes_(Bytes) const WCHAR *Image,
                              _In_ ULONG Bytes)
{
    KIRQL OldIrql;

    if (Bytes == 0 || Bytes % sizeof(WCHAR) != 0 || Bytes > sizeof(Device->Forbidden) ||
        Image[Bytes / sizeof(WCHAR) - 1] != UNICODE_NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    KeAcquireSpinLock(&Device->Lock, &OldIrql);
    RtlCopyMemory(Device->Forbidden, Image, Bytes);
    KeReleaseSpinLock(&Device->Lock, OldIrql);
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ static NTSTATUS MonitorDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_MONITOR_NEXT:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(MONITOR_EVENT)) {
            return MonitorComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        MonitorAddRequest(DeviceObject->DeviceExtension, Irp);
        return STATUS_PENDING;
    case IOCTL_MONITOR_FORBID:
        return MonitorComplete(Irp,
                               MonitorForbid(DeviceObject->DeviceExtension, Irp->AssociatedIrp.SystemBuffer,
                                             Stack->Parameters.DeviceIoControl.InputBufferLength),
                               0);
    default: return MonitorComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
