// SPDX-License-Identifier: MIT
// kmode run: --cpus 2 --no-checks
// A thread lowers IRQL and waits with its spin lock held: no processor runs it, and nobody else can ever have
// it.
#include <ntifs.h>

static KSPIN_LOCK Lock;
static KEVENT Never;

static VOID NTAPI KeepLock(PVOID Context)
{
    KIRQL OldIrql;
    UNREFERENCED_PARAMETER(Context);
    KeAcquireSpinLock(&Lock, &OldIrql);
    KeLowerIrql(OldIrql);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    KIRQL OldIrql;
    LARGE_INTEGER Moment = {.QuadPart = -10000};
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeSetSystemAffinityThread(1);
    KeInitializeSpinLock(&Lock);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    NTSTATUS Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, KeepLock, NULL);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
        KeAcquireSpinLock(&Lock, &OldIrql);
    }
    return Status;
}
