// SPDX-License-Identifier: MIT
// finding: device-left after DriverEntry
// The unload routine forgets the second device.
#include <ntddk.h>

static PDEVICE_OBJECT First, Second;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteDevice(First);
#ifdef MENDED
    IoDeleteDevice(Second);
#endif
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &First);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Second);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(First);
    }
    return Status;
}
