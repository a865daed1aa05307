// SPDX-License-Identifier: MIT
// Reads an address of Windows' kernel half.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile ULONG *Address = (volatile ULONG *)0xFFFFF80012345678;
    DbgPrint("read %lu\n", *Address);
    return STATUS_SUCCESS;
}
