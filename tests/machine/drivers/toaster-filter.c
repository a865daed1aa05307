// SPDX-License-Identifier: MIT
// A filter that passes everything on, and tells where it is and what comes by at start and removal.
#include "pnp-driver.h"

typedef struct {
    PDEVICE_OBJECT Lower;
} FILTER;

static PDRIVER_OBJECT FilterDriver;

static NTSTATUS Pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    FILTER *Filter = Device->DeviceExtension;
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    if (Minor == IRP_MN_START_DEVICE) {
        NTSTATUS Status = ForwardAndWait(Filter->Lower, Irp);
        DbgPrint("%wZ: started\n", &FilterDriver->DriverExtension->ServiceKeyName);
        return Complete(Irp, Status, 0);
    }
    if (Minor == IRP_MN_REMOVE_DEVICE) {
        DbgPrint("%wZ: removed\n", &FilterDriver->DriverExtension->ServiceKeyName);
        NTSTATUS Status = Skip(Filter->Lower, Irp);
        IoDetachDevice(Filter->Lower);
        IoDeleteDevice(Device);
        return Status;
    }
    return Skip(Filter->Lower, Irp);
}

static NTSTATUS Pass(PDEVICE_OBJECT Device, PIRP Irp)
{
    return Skip(((FILTER *)Device->DeviceExtension)->Lower, Irp);
}

static NTSTATUS AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(FILTER), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        FILTER *Filter = Device->DeviceExtension;
        Filter->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
        DbgPrint("%wZ: AddDevice, %s\n", &Driver->DriverExtension->ServiceKeyName,
                 Filter->Lower == Pdo ? "lowest" : "above another");
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
    FilterDriver = Driver;
    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function += 1) {
        Driver->MajorFunction[Function] = Pass;
    }
    Driver->MajorFunction[IRP_MJ_PNP] = Pnp;
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
