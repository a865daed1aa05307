// SPDX-License-Identifier: MIT
// A page fault at DISPATCH_LEVEL cannot be served, not even under __try.
#include <ntifs.h>

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    __try {
        DbgPrint("read %lu\n", *(volatile ULONG *)0x1000);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        DbgPrint("must not be reached\n");
    }
    KeLowerIrql(OldIrql);
    return STATUS_SUCCESS;
}
