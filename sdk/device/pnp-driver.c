// SPDX-License-Identifier: MIT
// Plug and Play drivers: AddDevice.
#include "device/device.h"

// What tells the driver object's extension from others.
static const KM_DEVICE_ENTRY **FindTable(PDRIVER_OBJECT DriverObject)
{
    return (const KM_DEVICE_ENTRY **)IoGetDriverObjectExtension(DriverObject, (PVOID)(ULONG_PTR)FindTable);
}

static DRIVER_ADD_DEVICE AddDevice;
static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDevice)
{
    PKM_DEVICE Device;

    return KmpCreateDevice(DriverObject, *FindTable(DriverObject), NULL, PhysicalDevice, &Device);
}

NTSTATUS NTAPI KmPnpDriverStart(PDRIVER_OBJECT DriverObject, const KM_DEVICE_ENTRY *Entries)
{
    const KM_DEVICE_ENTRY **Table;
    NTSTATUS Status = IoAllocateDriverObjectExtension(DriverObject, (PVOID)(ULONG_PTR)FindTable,
                                                      sizeof(*Table), (PVOID *)&Table);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Table = Entries;
    KmpSetDispatch(DriverObject);
    DriverObject->DriverExtension->AddDevice = AddDevice;
    DriverObject->DriverUnload = KmDriverStop;
    return STATUS_SUCCESS;
}
