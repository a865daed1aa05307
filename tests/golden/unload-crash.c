// SPDX-License-Identifier: MIT
// DriverUnload reads through NULL.
#include <ntifs.h>

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    DriverObject->DeviceObject->Flags |= DO_BUFFERED_IO;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
