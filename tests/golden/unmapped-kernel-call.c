// SPDX-License-Identifier: MIT
// Calls a kernel address at which nothing is mapped.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ((VOID(*)(VOID))0x468000000000)();
    return STATUS_SUCCESS;
}
