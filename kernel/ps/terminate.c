// SPDX-License-Identifier: MIT
// Processes and threads ended by handle.
#include "inc/kernel.h"

// The process of a handle. NULL, which user mode may pass, is left to the caller.
static NTSTATUS PspReferenceToTerminate(HANDLE Handle, ACCESS_MASK Access, POBJECT_TYPE Type, PVOID *Object)
{
    return ObReferenceObjectByHandle(Handle, Access, Type, KeGetPreviousMode(), Object, NULL);
}

// Every thread of the process is asked to end. ProcessHandle NULL: all of the current process but the current
// one. Does not return where the current thread is one of those that end. What ObReferenceObjectByHandle
// returns (PROCESS_TERMINATE is needed), STATUS_PROCESS_IS_TERMINATING; STATUS_ACCESS_DENIED: the System
// process. IRQL PASSIVE_LEVEL. (ntddk, ZwTerminateProcess)
NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    PVOID Object;
    PETHREAD Self = PsGetCurrentThread();
    NTSTATUS Status = PspReferenceToTerminate(ProcessHandle != NULL ? ProcessHandle : NtCurrentProcess(),
                                              PROCESS_TERMINATE, PsProcessType, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PEPROCESS Process = Object;
    if (Process == PsInitialSystemProcess) {
        ObfDereferenceObject(Process);
        return STATUS_ACCESS_DENIED;
    }
    Status = PspTerminateProcess(Process, ExitStatus);
    BOOLEAN Ends = ProcessHandle != NULL && Self->Tcb.Process == Process && !Self->Tcb.SystemThread;
    ObfDereferenceObject(Process);
    if (NT_SUCCESS(Status) && Ends) {
        PspExitThread(ExitStatus);
    }
    return Status;
}

KI_DEFINE_ZW(TerminateProcess, (HANDLE ProcessHandle, NTSTATUS ExitStatus), (ProcessHandle, ExitStatus))

NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus);

// ThreadHandle NULL: the current thread, unless it is the last of its process:
// STATUS_CANT_TERMINATE_SELF. Does not return for the current one. What ObReferenceObjectByHandle returns
// (THREAD_TERMINATE is needed); STATUS_INVALID_PARAMETER: a system thread. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus)
{
    PVOID Object;
    PETHREAD Self = PsGetCurrentThread();
    if (ThreadHandle == NULL && Self->Tcb.Process->ActiveThreads == 1) {
        return STATUS_CANT_TERMINATE_SELF;
    }
    NTSTATUS Status = PspReferenceToTerminate(ThreadHandle != NULL ? ThreadHandle : NtCurrentThread(),
                                              THREAD_TERMINATE, PsThreadType, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PETHREAD Thread = Object;
    if (Thread->Tcb.SystemThread) {
        Status = STATUS_INVALID_PARAMETER;
    } else if (Thread != Self) {
        PspTerminateThread(Thread, ExitStatus);
    }
    ObfDereferenceObject(Thread);
    if (NT_SUCCESS(Status) && Thread == Self) {
        PspExitThread(ExitStatus);
    }
    return Status;
}
