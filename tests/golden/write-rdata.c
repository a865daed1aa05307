// SPDX-License-Identifier: MIT
// Writes to a constant.
#include <ntifs.h>

static const volatile ULONG Limit = 10;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    *(volatile ULONG *)(ULONG_PTR)&Limit = 11;
    return STATUS_SUCCESS;
}
