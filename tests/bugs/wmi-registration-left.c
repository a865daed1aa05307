// SPDX-License-Identifier: MIT
// finding: wmi-registration-left in Unload after DriverEntry
// The unload routine deletes a device that WMI still has as a provider.
#include <ntddk.h>

static PDEVICE_OBJECT Provider;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
#ifdef MENDED
    IoWMIRegistrationControl(Provider, WMIREG_ACTION_DEREGISTER);
#endif
    IoDeleteDevice(Provider);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Provider);
    if (NT_SUCCESS(Status)) {
        Status = IoWMIRegistrationControl(Provider, WMIREG_ACTION_REGISTER);
    }
    return Status;
}
