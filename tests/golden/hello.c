// SPDX-License-Identifier: MIT
// All goes well.
#include <ntifs.h>

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("hello: unloading\n");
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DbgPrint("hello: DriverEntry of %wZ\nhello: %wZ\n", &DriverObject->DriverName, RegistryPath);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
