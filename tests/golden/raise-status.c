// SPDX-License-Identifier: MIT
// ExRaiseStatus, and nobody handles it.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ExRaiseStatus(STATUS_DEVICE_NOT_READY);
    return STATUS_SUCCESS;
}
