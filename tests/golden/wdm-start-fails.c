// SPDX-License-Identifier: MIT
// A function driver that cannot start its device: what it has added is undone, and the run has failed.
#include <ntddk.h>

static PDEVICE_OBJECT Lower;

static NTSTATUS Pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    if (Minor == IRP_MN_START_DEVICE) {
        Irp->IoStatus.Status = STATUS_DEVICE_CONFIGURATION_ERROR;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    if (Minor == IRP_MN_REMOVE_DEVICE) {
        DbgPrint("removed\n");
        Irp->IoStatus.Status = STATUS_SUCCESS;
        IoSkipCurrentIrpStackLocation(Irp);
        NTSTATUS Status = IoCallDriver(Lower, Irp);
        IoDetachDevice(Lower);
        IoDeleteDevice(Device);
        return Status;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
    }
    return Status;
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->MajorFunction[IRP_MJ_PNP] = Pnp;
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
