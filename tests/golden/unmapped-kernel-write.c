// SPDX-License-Identifier: MIT
// Writes to a kernel address at which nothing is mapped.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile ULONG *Address = (volatile ULONG *)0x468000000000;
    *Address = 1;
    return STATUS_SUCCESS;
}
