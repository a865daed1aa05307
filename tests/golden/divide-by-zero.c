// SPDX-License-Identifier: MIT
// An integer division by zero that nobody handles.
#include <ntifs.h>

static volatile LONG Zero;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("%ld\n", 100 / Zero);
    return STATUS_SUCCESS;
}
