// SPDX-License-Identifier: MIT
// kmode run: build/tests/golden/hello.sys
// When the second driver fails, the first is unloaded all the same.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("second-driver-fails: no\n");
    return STATUS_UNSUCCESSFUL;
}
