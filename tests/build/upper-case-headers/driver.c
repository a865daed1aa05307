// SPDX-License-Identifier: MIT
// Header names in other cases than the files'.
#include <NTDDK.H>
#include <Ntstrsafe.h>
#include <WdmSec.h>
#include <STDARG.H>
#include "Private.H"

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}

VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}
