// SPDX-License-Identifier: MIT
// An assertion of a driver that was built for checking fails.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    RtlAssert("1 + 1 == 3", "arithmetic.c", 7, "sums: ");
    return STATUS_SUCCESS;
}
