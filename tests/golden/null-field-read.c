// SPDX-License-Identifier: MIT
// Reads a field of a structure whose pointer is NULL.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile ULONG *Address = (volatile ULONG *)0x18;
    DbgPrint("read %lu\n", *Address);
    return STATUS_SUCCESS;
}
