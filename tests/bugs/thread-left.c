// SPDX-License-Identifier: MIT
// finding: thread-left after Bug
// The driver does not wait for its thread.
#include "bug.h"

static KEVENT Stop;
MENDED_BY(static PVOID Thread;)

static VOID NTAPI Work(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Stop, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void Bug(void)
{
    HANDLE Handle;
    KeInitializeEvent(&Stop, NotificationEvent, FALSE);
    if (!NT_SUCCESS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Work, NULL))) {
        return;
    }
    MENDED_BY(ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, KernelMode, &Thread, NULL);)
    ZwClose(Handle);
    MENDED_BY(KeSetEvent(&Stop, 0, FALSE);)
    MENDED_BY(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);)
    MENDED_BY(ObDereferenceObject(Thread);)
}
