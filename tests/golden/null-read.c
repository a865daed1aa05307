// SPDX-License-Identifier: MIT
// Reads through NULL.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile ULONG *Address = (volatile ULONG *)NULL;
    DbgPrint("read %lu\n", *Address);
    return STATUS_SUCCESS;
}
