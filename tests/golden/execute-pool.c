// SPDX-License-Identifier: MIT
// Executes code that was put into NX pool.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PUCHAR Code = ExAllocatePoolWithTag(NonPagedPoolNx, 0x1000, 'tseT');
    if (Code == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Code[0] = 0xC3; // ret
    ((VOID(*)(VOID))(PVOID)Code)();
    return STATUS_SUCCESS;
}
