// SPDX-License-Identifier: MIT
// A driver without DriverUnload stays loaded, as on Windows.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("no-unload: here to stay\n");
    return STATUS_SUCCESS;
}
