// SPDX-License-Identifier: MIT
// A reader-writer spin lock is acquired exclusively by who shares it.
#include <ntifs.h>

static EX_SPIN_LOCK Lock;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KIRQL OldIrql = ExAcquireSpinLockShared(&Lock);
    ExAcquireSpinLockExclusiveAtDpcLevel(&Lock);
    ExReleaseSpinLockExclusive(&Lock, OldIrql);
    return STATUS_SUCCESS;
}
