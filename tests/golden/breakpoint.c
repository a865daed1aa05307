// SPDX-License-Identifier: MIT
// A breakpoint, and no debugger.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    __debugbreak();
    return STATUS_SUCCESS;
}
