// SPDX-License-Identifier: MIT
// kmode run: --no-checks
// A pool block is overrun by two bytes, which freeing it finds.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_PAGED, 64, 'tseT');
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Block[64] = 1;
    Block[65] = 2;
    ExFreePoolWithTag(Block, 'tseT');
    DbgPrint("not reached\n");
    return STATUS_SUCCESS;
}
