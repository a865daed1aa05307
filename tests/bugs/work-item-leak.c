// SPDX-License-Identifier: MIT
// finding: work-item-leak after DriverEntry
// A work item is allocated for a device and never freed.
#include <ntddk.h>

static PIO_WORKITEM Item;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
#ifdef MENDED
    IoFreeWorkItem(Item);
#endif
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Item = IoAllocateWorkItem(DeviceObject);
    if (Item == NULL) {
        IoDeleteDevice(DeviceObject);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}
