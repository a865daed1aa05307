// SPDX-License-Identifier: MIT
// A warning is no success to NT_SUCCESS: the driver does not stay.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_BUFFER_OVERFLOW;
}
