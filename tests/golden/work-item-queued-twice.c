// SPDX-License-Identifier: MIT
// A work item is queued while it is queued already.
#include <ntifs.h>

static WORK_QUEUE_ITEM Item;

static VOID NTAPI Work(PVOID Parameter)
{
    UNREFERENCED_PARAMETER(Parameter);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KIRQL OldIrql;
    ExInitializeWorkItem(&Item, Work, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    KeLowerIrql(OldIrql);
    return STATUS_SUCCESS;
}
