// SPDX-License-Identifier: MIT
// Threads for test drivers.
#ifndef KMODE_TESTS_KERNEL_THREAD_H
#define KMODE_TESTS_KERNEL_THREAD_H

#include "test.h"

// A system thread that runs Routine(Context), referenced; NULL, and a failed test, if there is none.
static __attribute__((unused)) PETHREAD TestStartThread(PKSTART_ROUTINE Routine, PVOID Context)
{
    HANDLE Handle;
    PVOID Thread = NULL;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status =
        PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Routine, Context);
    if (NT_SUCCESS(Status)) {
        Status =
            ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
        ZwClose(Handle);
    }
    if (!NT_SUCCESS(Status)) {
        IS(Status, STATUS_SUCCESS);
    }
    return Thread;
}

// Waits until Thread has ended, and lets it go.
static __attribute__((unused)) VOID TestJoinThread(PETHREAD Thread)
{
    if (Thread != NULL) {
        KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(Thread);
    }
}

// Milliseconds as a relative due time.
static __attribute__((unused)) LARGE_INTEGER TestMilliseconds(LONG Milliseconds)
{
    LARGE_INTEGER DueTime = {.QuadPart = -10000LL * Milliseconds};
    return DueTime;
}

static __attribute__((unused)) VOID TestSleep(LONG Milliseconds)
{
    LARGE_INTEGER Interval = TestMilliseconds(Milliseconds);
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

#endif
