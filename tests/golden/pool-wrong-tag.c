// SPDX-License-Identifier: MIT
// kmode run: --no-checks
// A pool block is freed with a tag that is not its own.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_PAGED, 64, 'tseT');
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ExFreePoolWithTag(Block, 'rehO');
    DbgPrint("not reached\n");
    return STATUS_SUCCESS;
}
