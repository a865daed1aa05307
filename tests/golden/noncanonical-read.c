// SPDX-License-Identifier: MIT
// Reads an address that is not canonical: the processor does not tell which.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile ULONG *Address = (volatile ULONG *)0x4141414141414141;
    DbgPrint("read %lu\n", *Address);
    return STATUS_SUCCESS;
}
