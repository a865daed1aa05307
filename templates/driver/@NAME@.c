// SPDX-License-Identifier: MIT
// @NAME@: a kernel driver that says when it comes and when it goes.
#include <kmode.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

// Code in section INIT is thrown away once DriverEntry has returned.
#pragma alloc_text(INIT, DriverEntry)

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmInfo("Goodbye.");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);

    Status = KmLogInit(KmLevelInfo);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DriverObject->DriverUnload = DriverUnload;
    KmInfo("Hello from the kernel.");
    return STATUS_SUCCESS;
}
