// SPDX-License-Identifier: MIT
// Writes into its own code.
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    volatile UCHAR *Code = (volatile UCHAR *)(ULONG_PTR)DriverEntry;
    *Code = 0xC3;
    return STATUS_SUCCESS;
}
