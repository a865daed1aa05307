// SPDX-License-Identifier: MIT
// Reading a variable that kmode does not implement yet stops the run and names it.
#include <ntifs.h>

extern __declspec(dllimport) PVOID POGOBuffer; // no header has it

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("type %p\n", POGOBuffer);
    return STATUS_SUCCESS;
}
