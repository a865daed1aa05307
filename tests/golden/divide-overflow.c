// SPDX-License-Identifier: MIT
// A quotient that does not fit is an overflow, not a division by zero.
#include <ntifs.h>

static volatile LONG Smallest = (LONG)0x80000000, MinusOne = -1;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("%ld\n", Smallest / MinusOne);
    return STATUS_SUCCESS;
}
