// SPDX-License-Identifier: MIT
// DriverEntry raises IRQL and returns without lowering it.
#include <ntifs.h>

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KIRQL Irql;
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    Unload(DriverObject);
    return STATUS_SUCCESS;
}
