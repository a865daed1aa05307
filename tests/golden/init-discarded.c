// SPDX-License-Identifier: MIT
// Code of the INIT section is gone when DriverEntry has returned.
#include <ntifs.h>

static __attribute__((section("INIT"), noinline)) VOID ReadConfiguration(VOID)
{
    DbgPrint("init-discarded: configuration read\n");
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    ReadConfiguration();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    ReadConfiguration();
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
