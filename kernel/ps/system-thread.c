// SPDX-License-Identifier: MIT
// System threads: made, ended, and what becomes of an exception that they do not handle.
#include "inc/kernel.h"

// NT's filter of last resort: nothing is left to unwind to.
static LONG PspUnhandledExceptionInSystemThread(PEXCEPTION_POINTERS Pointers)
{
    PEXCEPTION_RECORD Record = Pointers->ExceptionRecord;
    const ULONG_PTR Parameters[4] = {(ULONG_PTR)(LONG_PTR)Record->ExceptionCode,
                                     (ULONG_PTR)Record->ExceptionAddress, (ULONG_PTR)Record,
                                     (ULONG_PTR)Pointers->ContextRecord};
    KiBugCheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, Parameters, Pointers->ContextRecord, Record, NULL);
}

// The current thread is about to end.
static VOID PspLeaveFirstCriticalRegion(VOID)
{
    PETHREAD Thread = PsGetCurrentThread();
    if (Thread->StartedInCriticalRegion) {
        Thread->StartedInCriticalRegion = FALSE;
        KeLeaveCriticalRegion();
    }
}

VOID NTAPI PspSystemThreadStartup(PVOID Context)
{
    PKTHREAD Thread = Context;
    __try {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "KSTART_ROUTINE", Thread->StartRoutine, 1, Thread->StartContext);
        Thread->StartRoutine(Thread->StartContext);
        ViLeaveCallback(&Callback, 0);
    } __except (PspUnhandledExceptionInSystemThread(GetExceptionInformation())) {
        KeBugCheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    }
    PspLeaveFirstCriticalRegion();
    PspExitThread(STATUS_SUCCESS);
}

NTSTATUS PspCreateKernelThread(PKSTART_ROUTINE StartRoutine, PVOID StartContext, KPRIORITY Priority,
                               PETHREAD *Thread)
{
    return PspCreateThread(PsInitialSystemProcess, NULL, KernelMode, StartRoutine, StartContext, Priority,
                           Thread);
}

// The process that a caller in kernel mode means; referenced.
static NTSTATUS PspReferenceThreadsProcess(HANDLE Handle, PEPROCESS *Process)
{
    if (Handle == NULL) {
        *Process = PsInitialSystemProcess;
        ObfReferenceObject(*Process);
        return STATUS_SUCCESS;
    }
    PVOID Object;
    NTSTATUS Status =
        ObReferenceObjectByHandle(Handle, PROCESS_CREATE_THREAD, PsProcessType, KernelMode, &Object, NULL);
    *Process = Object;
    return Status;
}

// The thread runs at once, at PASSIVE_LEVEL within a critical region and at priority 8, until its routine
// returns or calls PsTerminateSystemThread. ProcessHandle NULL: in the System process. The handle is a kernel
// handle, and the caller's to close; ClientId and ObjectAttributes are optional. STATUS_INVALID_PARAMETER:
// OBJ_PERMANENT, OBJ_EXCLUSIVE or OBJ_OPENIF; and what ObCreateObject, ObInsertObject and
// ObReferenceObjectByHandle return. IRQL PASSIVE_LEVEL. (wdm, PsCreateSystemThread)
NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                    PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    PEPROCESS Process;
    PETHREAD Thread;
    OBJECT_ATTRIBUTES Attributes;
    // Since Windows Vista the handle is the kernel's, whatever the caller says and whichever process it is
    // in.
    InitializeObjectAttributes(&Attributes, NULL, 0, NULL, NULL);
    if (ObjectAttributes != NULL) {
        Attributes = *ObjectAttributes;
    }
    Attributes.Attributes |= OBJ_KERNEL_HANDLE;
    NTSTATUS Status = PspReferenceThreadsProcess(ProcessHandle, &Process);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PspCreateThread(Process, &Attributes, KernelMode, StartRoutine, StartContext, NORMAL_PRIORITY,
                             &Thread);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceProcess;
    }
    Thread->Tcb.KernelApcDisable = -1;
    Thread->StartedInCriticalRegion = TRUE;
    // ObInsertObject consumes one; the thread's own lasts until it has ended.
    ObfReferenceObject(Thread);
    Status = ObInsertObject(Thread, NULL, DesiredAccess, 0, NULL, ThreadHandle);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Thread);
        goto DereferenceProcess;
    }
    if (ClientId != NULL) {
        *ClientId = Thread->Cid;
    }
    Status = PspStartThread(Thread);
    if (!NT_SUCCESS(Status)) {
        ZwClose(*ThreadHandle);
        ObfDereferenceObject(Thread);
    }
DereferenceProcess:
    ObfDereferenceObject(Process);
    return Status;
}

// Ends the calling system thread. Returns only to a thread of a user process: STATUS_INVALID_PARAMETER. IRQL
// PASSIVE_LEVEL. (wdm, PsTerminateSystemThread)
NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    if (!KiCurrentThread()->SystemThread) {
        return STATUS_INVALID_PARAMETER;
    }
    PspLeaveFirstCriticalRegion();
    PspExitThread(ExitStatus);
}
