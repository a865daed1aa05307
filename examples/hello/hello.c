// SPDX-License-Identifier: MIT
// The smallest driver with a log.
#include <kmode.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);

    (void)KmLogInit(KmLevelInfo);
    KmWarn("This is an example message.");
    return STATUS_SUCCESS;
}
