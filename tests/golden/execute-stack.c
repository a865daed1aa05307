// SPDX-License-Identifier: MIT
// Executes code that was put into a local variable.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    UCHAR Code[1] = {0xC3}; // ret
    ((VOID(*)(VOID))(PVOID)Code)();
    return STATUS_SUCCESS;
}
