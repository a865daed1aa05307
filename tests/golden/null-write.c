// SPDX-License-Identifier: MIT
// Writes through NULL.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile ULONG *Address = (volatile ULONG *)NULL;
    *Address = 1;
    return STATUS_SUCCESS;
}
