// SPDX-License-Identifier: MIT
// A driver that logs in nanoseconds, at any IRQL: what it has logged stays in a ring, from which a program, a
// memory dump or Windows' crash dump has it.
#include <kmode.h>

#include "deferred.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH CreateClose, DeviceControl;

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'feDx');
static KM_LOG_RING_CRASH_DATA CrashData;
static PKM_LOG_RING Ring;
static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Deferred");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Deferred");

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID Work(VOID)
{
    KIRQL OldIrql;

    KmInfoDeferred("work for %wZ begins", &DeviceName);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    for (ULONG Step = 0; Step < 98; Step += 1) {
        KmDebugDeferred("step %lu, status %08lx", Step, STATUS_SUCCESS);
    }
    KeLowerIrql(OldIrql);
    KmWarnDeferred("work took %s", "some time");
}

static NTSTATUS DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Copied = 0;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(DeviceObject);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_DEFERRED_WORK: Work(); return Complete(Irp, STATUS_SUCCESS, 0);
    case IOCTL_DEFERRED_COPY:
        Status = KmLogRingCopy(Ring, Irp->AssociatedIrp.SystemBuffer,
                               Stack->Parameters.DeviceIoControl.OutputBufferLength, TRUE, &Copied);
        return Complete(Irp, NT_SUCCESS(Status) ? STATUS_SUCCESS : Status, Copied);
    default: return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    KmLogDeferredDrain(NULL, NULL);
    KmLogDeferredStop();
    KmLogRingDeregisterCrashData(&CrashData);
    KmLogRingDelete(Ring);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status = KmLogRingCreate(&NonPaged, 64 * 1024, KM_LOG_RING_OVERWRITE, &Ring);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE,
                            &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        KmLogRingDelete(Ring);
        return Status;
    }
    IoCreateSymbolicLink(&LinkName, &DeviceName);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    DriverObject->DriverUnload = Unload;
    KmLogRingRegisterCrashData(&CrashData, Ring);
    KmLogInit(KmLevelInfo);
    KmLogDeferredStart(Ring, KmLevelDebug);
    KmInfoDeferred("%wZ is ready", &DeviceName);
    return STATUS_SUCCESS;
}
