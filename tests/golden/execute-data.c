// SPDX-License-Identifier: MIT
// Executes code that was put into a global variable.
#include <ntifs.h>

static UCHAR Code[1] = {0xC3}; // ret

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    ((VOID(*)(VOID))(PVOID)Code)();
    return STATUS_SUCCESS;
}
