// SPDX-License-Identifier: MIT
// kmode run: --cpus 2 --no-checks
// Two processors, two spin locks, taken in opposite orders.
#include <ntifs.h>

static KSPIN_LOCK First, Second;
static volatile LONG Holding;

static VOID TakeBoth(PKSPIN_LOCK Mine, PKSPIN_LOCK Other)
{
    KIRQL OldIrql;
    KeAcquireSpinLock(Mine, &OldIrql);
    InterlockedIncrement(&Holding);
    while (Holding != 2) {
    }
    KeAcquireSpinLockAtDpcLevel(Other);
    KeReleaseSpinLockFromDpcLevel(Other);
    KeReleaseSpinLock(Mine, OldIrql);
}

static VOID NTAPI TakeSecondFirst(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeSetSystemAffinityThread(2);
    TakeBoth(&Second, &First);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeSpinLock(&First);
    KeInitializeSpinLock(&Second);
    NTSTATUS Status =
        PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, TakeSecondFirst, NULL);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
        KeSetSystemAffinityThread(1);
        TakeBoth(&First, &Second);
    }
    return Status;
}
