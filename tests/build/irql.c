// SPDX-License-Identifier: MIT
// IRQL and spin locks: only routines that Windows 11 exports may be imported.
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static KSPIN_LOCK Lock;
static FAST_MUTEX Mutex;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KIRQL OldIrql, Raised;
    KLOCK_QUEUE_HANDLE Handle;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeSpinLock(&Lock);
    ExInitializeFastMutex(&Mutex);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    Raised = KeRaiseIrqlToDpcLevel();
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeLowerIrql(Raised);
    KeLowerIrql(OldIrql);
    KeAcquireSpinLock(&Lock, &OldIrql);
    KeReleaseSpinLock(&Lock, OldIrql);
    KeAcquireInStackQueuedSpinLock(&Lock, &Handle);
    KeReleaseInStackQueuedSpinLock(&Handle);
    ExAcquireFastMutex(&Mutex);
    ExReleaseFastMutex(&Mutex);
    return KeGetCurrentIrql() == PASSIVE_LEVEL && KeGetCurrentThread() != NULL ? STATUS_SUCCESS
                                                                               : STATUS_UNSUCCESSFUL;
}
