// SPDX-License-Identifier: MIT
// KeLowerIrql to a level above the current one.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeLowerIrql(DISPATCH_LEVEL);
    return STATUS_SUCCESS;
}
