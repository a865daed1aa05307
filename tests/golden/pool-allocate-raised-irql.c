// SPDX-License-Identifier: MIT
// kmode run: --no-checks
// Paged pool is asked for at DISPATCH_LEVEL.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    PUCHAR Block = ExAllocatePool2(POOL_FLAG_PAGED, 64, 'tseT');
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KIRQL Irql;
    ExFreePoolWithTag(Block, 'tseT');
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Block = ExAllocatePool2(POOL_FLAG_PAGED, 64, 'tseT');
    KeLowerIrql(Irql);
    DbgPrint("not reached\n");
    return STATUS_SUCCESS;
}
