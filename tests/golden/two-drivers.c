// SPDX-License-Identifier: MIT
// kmode run: build/tests/golden/hello.sys
// Two drivers in one run, unloaded in reverse.
#include <ntifs.h>

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    DbgPrint("%wZ: unloading\n", &DriverObject->DriverName);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DbgPrint("%wZ: %wZ\n", &DriverObject->DriverName, RegistryPath);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
