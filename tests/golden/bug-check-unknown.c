// SPDX-License-Identifier: MIT
// A bug check code of the driver's own.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeBugCheckEx(0xABCD1234, 1, 2, 3, 4);
}
