// SPDX-License-Identifier: MIT
// kmode run: --no-checks
// An address inside a pool block is freed.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_PAGED, 64, 'tseT');
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Block + 8, 'tseT');
    DbgPrint("not reached\n");
    return STATUS_SUCCESS;
}
