// SPDX-License-Identifier: MIT
// DriverEntry answers a failure status that has a name.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("fail-status: no device\n");
    return STATUS_NO_SUCH_DEVICE;
}
