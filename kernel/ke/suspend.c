// SPDX-License-Identifier: MIT
// Threads suspended and resumed: a normal kernel APC of the thread's own waits for as long as its count is
// not 0, so that a critical region puts it off.
#include "inc/kernel.h"

#define KI_SUSPEND_LIMIT 2 // of a semaphore whose count is never more than 1

static VOID NTAPI KiSuspendNothing(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                   PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
}

// The semaphore may have been released for a suspension that this one has slept through, or that was over
// before the thread came to it.
static VOID NTAPI KiSuspendThread(PVOID NormalContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PKTHREAD Thread = KiCurrentThread();
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    while (Thread->SuspendCount != 0) {
        KeWaitForSingleObject(&Thread->SuspendSemaphore, Suspended, KernelMode, FALSE, NULL);
    }
}

VOID KiInitializeSuspension(PKTHREAD Thread)
{
    KeInitializeApc(&Thread->SuspendApc, Thread, OriginalApcEnvironment, KiSuspendNothing, NULL,
                    KiSuspendThread, KernelMode, NULL);
    KeInitializeSemaphore(&Thread->SuspendSemaphore, 0, KI_SUSPEND_LIMIT);
}

NTSTATUS KeSuspendThread(PKTHREAD Thread, PULONG PreviousCount)
{
    KIRQL OldIrql = KiLockDispatcher();
    NTSTATUS Status = !Thread->ApcQueueable                           ? STATUS_THREAD_IS_TERMINATING
                      : Thread->SuspendCount == MAXIMUM_SUSPEND_COUNT ? STATUS_SUSPEND_COUNT_EXCEEDED
                                                                      : STATUS_SUCCESS;
    *PreviousCount = Thread->SuspendCount;
    if (NT_SUCCESS(Status)) {
        Thread->SuspendCount += 1;
    }
    KiUnlockDispatcher(OldIrql);
    if (NT_SUCCESS(Status) && *PreviousCount == 0) {
        // One that is queued still sees the count when it comes.
        KeInsertQueueApc(&Thread->SuspendApc, NULL, NULL, 0);
    }
    return Status;
}

static ULONG KiSubtractSuspensions(PKTHREAD Thread, ULONG Count)
{
    KIRQL OldIrql = KiLockDispatcher();
    ULONG Before = Thread->SuspendCount;
    if (Before != 0) {
        Thread->SuspendCount = (UCHAR)(Before - min(Before, Count));
        if (Thread->SuspendCount == 0 && Thread->SuspendSemaphore.Header.SignalState == 0) {
            Thread->SuspendSemaphore.Header.SignalState = 1;
            KiSignalObject(&Thread->SuspendSemaphore, 0);
        }
    }
    KiUnlockDispatcher(OldIrql);
    return Before;
}

ULONG KeResumeThread(PKTHREAD Thread)
{
    return KiSubtractSuspensions(Thread, 1);
}

ULONG KeForceResumeThread(PKTHREAD Thread)
{
    return KiSubtractSuspensions(Thread, MAXIMUM_SUSPEND_COUNT);
}
