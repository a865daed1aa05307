// SPDX-License-Identifier: MIT
// kmode run: --cpus 2
// Two threads that each hold the mutex the other one waits for.
#include <ntifs.h>

static KMUTEX First, Second;
static KEVENT HasSecond;

static VOID NTAPI TakeSecondThenFirst(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Second, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&HasSecond, 0, FALSE);
    KeWaitForSingleObject(&First, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE Thread;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeMutex(&First, 0);
    KeInitializeMutex(&Second, 0);
    KeInitializeEvent(&HasSecond, NotificationEvent, FALSE);
    KeWaitForSingleObject(&First, Executive, KernelMode, FALSE, NULL);
    NTSTATUS Status =
        PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, TakeSecondThenFirst, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ZwClose(Thread);
    KeWaitForSingleObject(&HasSecond, Executive, KernelMode, FALSE, NULL);
    KeWaitForSingleObject(&Second, Executive, KernelMode, FALSE, NULL);
    return STATUS_SUCCESS;
}
