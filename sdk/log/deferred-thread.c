// SPDX-License-Identifier: MIT
// The thread that hands deferred records over.
#include "log/deferred.h"

static PKTHREAD Thread;
static KEVENT StopEvent;
static volatile LONG Starting; // or started
static LARGE_INTEGER Period;
static KM_LOG_CALLBACK *ThreadCallback;
static PVOID ThreadContext;

static VOID NTAPI Read(PVOID Context)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    NTSTATUS Status, Drained;

    UNREFERENCED_PARAMETER(Context);
    do {
        // What is written before the stop is handed over after it.
        Status = KeWaitForSingleObject(&StopEvent, Executive, KernelMode, FALSE, &Period);
        Drained = KmLogDeferredDrain(ThreadCallback, ThreadContext);
    } while (Status == STATUS_TIMEOUT);
    // Also where somebody else copies the ring just then.
    while (Drained == STATUS_DEVICE_BUSY) {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
        Drained = KmLogDeferredDrain(ThreadCallback, ThreadContext);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS NTAPI KmLogDeferredStartThread(ULONG Milliseconds, KM_LOG_CALLBACK *Callback, PVOID Context)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    NTSTATUS Status;

    if (Milliseconds == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (KmpLogDeferredRing == NULL) {
        return STATUS_DEVICE_NOT_READY;
    }
    if (InterlockedExchange(&Starting, TRUE)) {
        return STATUS_ALREADY_INITIALIZED;
    }
    KeInitializeEvent(&StopEvent, NotificationEvent, FALSE);
    Period.QuadPart = -10000LL * Milliseconds;
    ThreadCallback = Callback;
    ThreadContext = Context;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Read, NULL);
    if (!NT_SUCCESS(Status)) {
        InterlockedExchange(&Starting, FALSE);
        return Status;
    }
    // A handle of the kernel's with all access: this cannot fail.
    ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, (PVOID *)&Thread, NULL);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}

VOID NTAPI KmLogDeferredStopThread(VOID)
{
    if (!Starting) {
        return;
    }
    KeSetEvent(&StopEvent, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
    InterlockedExchange(&Starting, FALSE);
}
