// SPDX-License-Identifier: MIT
// A page fault at DISPATCH_LEVEL by a write.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    *(volatile ULONG *)0x468000000000 = 1;
    KeLowerIrql(OldIrql);
    return STATUS_SUCCESS;
}
