// SPDX-License-Identifier: MIT
// Threads of the driver's.
#include <ntifs.h>
#include <kmode.h>

static KSTART_ROUTINE Run;
static VOID NTAPI Run(PVOID Context)
{
    PKM_THREAD Thread = (PKM_THREAD)Context;

    Thread->ExitStatus = Thread->Routine(Thread, Thread->Context);
    // It does not return, so nothing of the driver runs when the thread's object is signalled.
    PsTerminateSystemThread(Thread->ExitStatus);
}

NTSTATUS NTAPI KmThreadCreate(PKM_THREAD Thread, PKM_THREAD_ROUTINE Routine, PVOID Context)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    NTSTATUS Status;

    Thread->Object = NULL;
    Thread->Routine = Routine;
    Thread->Context = Context;
    Thread->ExitStatus = STATUS_PENDING;
    KeInitializeEvent(&Thread->Stop, NotificationEvent, FALSE);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Run, Thread);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread->Object,
                                       NULL);
    if (!NT_SUCCESS(Status)) {
        KmThreadStop(Thread);
        ZwWaitForSingleObject(Handle, FALSE, NULL);
    }
    ZwClose(Handle);
    return Status;
}

VOID NTAPI KmThreadStop(PKM_THREAD Thread)
{
    if (Thread->Routine == NULL) {
        return; // never started
    }
    KeSetEvent(&Thread->Stop, IO_NO_INCREMENT, FALSE);
}

BOOLEAN NTAPI KmThreadShouldStop(PKM_THREAD Thread)
{
    return (BOOLEAN)(KeReadStateEvent(&Thread->Stop) != 0);
}

BOOLEAN NTAPI KmThreadSleep(PKM_THREAD Thread, ULONG Milliseconds)
{
    return (BOOLEAN)(KmWait(&Thread->Stop, Milliseconds) == STATUS_SUCCESS);
}

NTSTATUS NTAPI KmThreadJoin(PKM_THREAD Thread, ULONG Milliseconds, PNTSTATUS ExitStatus)
{
    NTSTATUS Status;

    if (Thread->Object == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Thread->Object == (PVOID)PsGetCurrentThread()) {
        return STATUS_POSSIBLE_DEADLOCK;
    }
    Status = KmWait(Thread->Object, Milliseconds);
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    ObDereferenceObject(Thread->Object);
    Thread->Object = NULL;
    if (ExitStatus != NULL) {
        *ExitStatus = Thread->ExitStatus;
    }
    return STATUS_SUCCESS;
}

KPRIORITY NTAPI KmThreadSetPriority(PKM_THREAD Thread, KPRIORITY Priority)
{
    return KeSetPriorityThread((PKTHREAD)Thread->Object, Priority);
}
