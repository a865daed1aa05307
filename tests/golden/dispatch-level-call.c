// SPDX-License-Identifier: MIT
// A call through NULL at DISPATCH_LEVEL.
#include <ntifs.h>

typedef VOID CALLBACK_ROUTINE(VOID);
static CALLBACK_ROUTINE *volatile Callback;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Callback();
    KeLowerIrql(OldIrql);
    return STATUS_SUCCESS;
}
