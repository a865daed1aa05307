// SPDX-License-Identifier: MIT
// DriverEntry answers a failure status of the driver's own.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return (NTSTATUS)0xE0001234;
}
