// SPDX-License-Identifier: MIT
// A list is changed under a spin lock that the caller holds already.
#include <ntifs.h>

static KSPIN_LOCK Lock;
static LIST_ENTRY Head, Entry;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KIRQL OldIrql;
    InitializeListHead(&Head);
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &OldIrql);
    ExInterlockedInsertTailList(&Head, &Entry, &Lock);
    KeReleaseSpinLock(&Lock, OldIrql);
    return STATUS_SUCCESS;
}
