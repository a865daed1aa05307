// SPDX-License-Identifier: MIT
// Reading a variable that kmode does not implement yet stops the run and names it.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("type %p\n", MmBadPointer);
    return STATUS_SUCCESS;
}
