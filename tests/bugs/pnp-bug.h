// SPDX-License-Identifier: MIT
// Function drivers with a mistake in what they do about their device: the driver, but for BugPnp, which a
// test defines for the minor functions that it wants, and for what BUG_... macros change.
#ifndef KMODE_TESTS_PNP_BUG_H
#define KMODE_TESTS_PNP_BUG_H

#include <ntddk.h>

#ifdef MENDED
#define BUG(...)
#define MENDED_BY(...) __VA_ARGS__
#else
#define BUG(...) __VA_ARGS__
#define MENDED_BY(...)
#endif

typedef struct {
    PDEVICE_OBJECT Lower;
} FDO;

static __attribute__((unused)) NTSTATUS Pass(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(((FDO *)DeviceObject->DeviceExtension)->Lower, Irp);
}

static __attribute__((unused)) NTSTATUS Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return Pass(DeviceObject, Irp);
}

// What IRP_MN_REMOVE_DEVICE takes.
static __attribute__((unused)) NTSTATUS Remove(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_OBJECT Lower = ((FDO *)DeviceObject->DeviceExtension)->Lower;
    NTSTATUS Status = Succeed(DeviceObject, Irp);
    IoDetachDevice(Lower);
    IoDeleteDevice(DeviceObject);
    return Status;
}

static NTSTATUS BugPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MinorFunction);

static NTSTATUS Pnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return BugPnp(DeviceObject, Irp, IoGetCurrentIrpStackLocation(Irp)->MinorFunction);
}

#ifndef READY
#define READY(DeviceObject) ((DeviceObject)->Flags &= ~DO_DEVICE_INITIALIZING)
#endif

static NTSTATUS AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT DeviceObject;
    NTSTATUS Status =
        IoCreateDevice(DriverObject, sizeof(FDO), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &DeviceObject);
    if (NT_SUCCESS(Status)) {
        ((FDO *)DeviceObject->DeviceExtension)->Lower =
            IoAttachDeviceToDeviceStack(DeviceObject, PhysicalDeviceObject);
        READY(DeviceObject);
    }
    return Status;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    while (DriverObject->DeviceObject != NULL) {
        IoDeleteDevice(DriverObject->DeviceObject);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_PNP] = Pnp;
#ifdef MORE_ROUTINES
    MORE_ROUTINES(DriverObject);
#endif
    DriverObject->DriverExtension->AddDevice = AddDevice;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}

#endif
