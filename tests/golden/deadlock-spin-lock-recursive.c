// SPDX-License-Identifier: MIT
// kmode run: --cpus 2 --no-checks
// A spin lock taken twice by one thread.
#include <ntifs.h>

static KSPIN_LOCK Lock;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KIRQL OldIrql;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeSetSystemAffinityThread(1);
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &OldIrql);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    return STATUS_SUCCESS;
}
