// SPDX-License-Identifier: MIT
// A registry filter: it records changes within a key and refuses those within another.
#include "guard.h"

#define GUARD_DEVICE_NAME   L"\\Device\\RegistryGuard"
#define GUARD_SYMBOLIC_LINK L"\\DosDevices\\RegistryGuard"
#define GUARD_ALTITUDE      L"380010.5"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD GuardUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH GuardCreateClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH_PAGED GuardDeviceControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, GuardUnload)
#pragma alloc_text(PAGE, GuardDeviceControl)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(GUARD_DEVICE_NAME);
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(GUARD_SYMBOLIC_LINK);
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(GUARD_ALTITUDE);
    PDEVICE_OBJECT DeviceObject;
    PGUARD_DEVICE Guard;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = IoCreateDevice(DriverObject, sizeof(GUARD_DEVICE), &DeviceName, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Guard = DeviceObject->DeviceExtension;
    ExInitializePushLock(&Guard->PathsLock);
    ExInitializeFastMutex(&Guard->Mutex);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = GuardCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = GuardCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = GuardDeviceControl;
    DriverObject->DriverUnload = GuardUnload;

    Status = CmRegisterCallbackEx(GuardCallback, &Altitude, DriverObject, Guard, &Guard->Cookie, NULL);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        goto UnRegister;
    }
    return STATUS_SUCCESS;

UnRegister:
    CmUnRegisterCallback(Guard->Cookie);
DeleteDevice:
    IoDeleteDevice(DeviceObject);
    return Status;
}

_Use_decl_annotations_ static VOID GuardUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING LinkName = RTL_CONSTANT_STRING(GUARD_SYMBOLIC_LINK);
    PGUARD_DEVICE Guard = DriverObject->DeviceObject->DeviceExtension;
    NTSTATUS Status;

    PAGED_CODE();
    IoDeleteSymbolicLink(&LinkName);
    // Gives back the contexts of key objects that are still open, and waits for calls that run.
    Status = CmUnRegisterCallback(Guard->Cookie);
    NT_ASSERT(NT_SUCCESS(Status));
    UNREFERENCED_PARAMETER(Status);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static NTSTATUS GuardComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS GuardCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return GuardComplete(Irp, STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS GuardDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PGUARD_DEVICE Guard = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    GUARD_PATHS *Paths = Irp->AssociatedIrp.SystemBuffer;

    PAGED_CODE();
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_GUARD_SET:
        if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(*Paths) ||
            Paths->Watched[GUARD_NAME_CHARACTERS - 1] != UNICODE_NULL ||
            Paths->Guarded[GUARD_NAME_CHARACTERS - 1] != UNICODE_NULL) {
            return GuardComplete(Irp, STATUS_INVALID_PARAMETER, 0);
        }
        KeEnterCriticalRegion();
        ExAcquirePushLockExclusive(&Guard->PathsLock);
        Guard->Paths = *Paths;
        ExReleasePushLockExclusive(&Guard->PathsLock);
        KeLeaveCriticalRegion();
        ExAcquireFastMutex(&Guard->Mutex);
        Guard->Count = 0;
        ExReleaseFastMutex(&Guard->Mutex);
        WriteRelease(&Guard->Active, TRUE);
        return GuardComplete(Irp, STATUS_SUCCESS, 0);
    case IOCTL_GUARD_READ:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(GUARD_RECORD)) {
            return GuardComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        return GuardTakeRecord(Guard, Irp->AssociatedIrp.SystemBuffer)
                   ? GuardComplete(Irp, STATUS_SUCCESS, sizeof(GUARD_RECORD))
                   : GuardComplete(Irp, STATUS_NO_MORE_ENTRIES, 0);
    default: return GuardComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
