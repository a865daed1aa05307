// SPDX-License-Identifier: MIT
// Threads and processes suspended and resumed.
#include "inc/kernel.h"

NTSTATUS PsSuspendThread(PETHREAD Thread, PULONG PreviousCount)
{
    *PreviousCount = 0;
    if (Thread->ExitAsked || Thread->Terminating) {
        return STATUS_THREAD_IS_TERMINATING;
    }
    NTSTATUS Status = KeSuspendThread(&Thread->Tcb, PreviousCount);
    // Who asks it to end meanwhile has resumed it before.
    if (Thread->ExitAsked || Thread->Terminating) {
        KeForceResumeThread(&Thread->Tcb);
        return STATUS_THREAD_IS_TERMINATING;
    }
    return Status;
}

// The thread that follows After (NULL: the first one) in Process, referenced; After is given up.
static PETHREAD PspNextThread(PEPROCESS Process, PETHREAD After)
{
    PETHREAD Found = NULL;
    BOOLEAN Passed = After == NULL;
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Process->ProcessLock);
    for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Found == NULL && Link != &Process->ThreadListHead;
         Link = Link->Flink) {
        PETHREAD Thread = CONTAINING_RECORD(Link, ETHREAD, ThreadListEntry);
        if (Passed && ObReferenceObjectSafe(Thread)) {
            Found = Thread;
        }
        Passed = Passed || Thread == After;
    }
    ExReleasePushLockShared(&Process->ProcessLock);
    KeLeaveCriticalRegion();
    if (After != NULL) {
        ObfDereferenceObject(After);
    }
    return Found;
}

// Calls Change for each thread, the current one last: suspended, it would not come to the others.
static NTSTATUS PspChangeThreads(PEPROCESS Process, VOID (*Change)(PETHREAD Thread))
{
    PETHREAD Self = PsGetCurrentThread();
    BOOLEAN Own = FALSE;
    if (!ExAcquireRundownProtection(&Process->RundownProtect)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    for (PETHREAD Thread = PspNextThread(Process, NULL); Thread != NULL;
         Thread = PspNextThread(Process, Thread)) {
        if (Thread == Self) {
            Own = TRUE;
        } else {
            Change(Thread);
        }
    }
    ExReleaseRundownProtection(&Process->RundownProtect);
    if (Own) {
        Change(Self);
    }
    return STATUS_SUCCESS;
}

static VOID PspSuspendOne(PETHREAD Thread)
{
    ULONG PreviousCount;
    PsSuspendThread(Thread, &PreviousCount);
}

static VOID PspResumeOne(PETHREAD Thread)
{
    KeResumeThread(&Thread->Tcb);
}

NTSTATUS NTAPI PsSuspendProcess(PEPROCESS Process);
NTSTATUS NTAPI PsResumeProcess(PEPROCESS Process);

// Every thread's count goes up by one; one that ends, or whose count is MAXIMUM_SUSPEND_COUNT, is left out.
// STATUS_PROCESS_IS_TERMINATING. IRQL PASSIVE_LEVEL. Field knowledge, as what follows.
NTSTATUS NTAPI PsSuspendProcess(PEPROCESS Process)
{
    return PspChangeThreads(Process, PspSuspendOne);
}

// Every thread's count goes down by one.
NTSTATUS NTAPI PsResumeProcess(PEPROCESS Process)
{
    return PspChangeThreads(Process, PspResumeOne);
}

// ---- Services

NTSTATUS NTAPI NtSuspendThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount);
NTSTATUS NTAPI NtResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount);
NTSTATUS NTAPI NtSuspendProcess(HANDLE ProcessHandle);
NTSTATUS NTAPI NtResumeProcess(HANDLE ProcessHandle);

static NTSTATUS PspProbeCount(PULONG PreviousSuspendCount)
{
    __try {
        if (PreviousSuspendCount != NULL && KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(PreviousSuspendCount, sizeof(*PreviousSuspendCount), sizeof(ULONG));
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspTellCount(PULONG PreviousSuspendCount, ULONG Count)
{
    __try {
        if (PreviousSuspendCount != NULL) {
            *PreviousSuspendCount = Count;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// PreviousSuspendCount may be NULL. What ObReferenceObjectByHandle returns (THREAD_SUSPEND_RESUME is needed),
// STATUS_THREAD_IS_TERMINATING, STATUS_SUSPEND_COUNT_EXCEEDED.
NTSTATUS NTAPI NtSuspendThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount)
{
    PVOID Object;
    ULONG Count;
    NTSTATUS Status = PspProbeCount(PreviousSuspendCount);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_SUSPEND_RESUME, PsThreadType,
                                           KeGetPreviousMode(), &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PsSuspendThread(Object, &Count);
    ObfDereferenceObject(Object);
    return NT_SUCCESS(Status) ? PspTellCount(PreviousSuspendCount, Count) : Status;
}

NTSTATUS NTAPI NtResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount)
{
    PVOID Object;
    NTSTATUS Status = PspProbeCount(PreviousSuspendCount);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_SUSPEND_RESUME, PsThreadType,
                                           KeGetPreviousMode(), &Object, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG Count = KeResumeThread(&((PETHREAD)Object)->Tcb);
    ObfDereferenceObject(Object);
    return PspTellCount(PreviousSuspendCount, Count);
}

static NTSTATUS PspChangeByHandle(HANDLE ProcessHandle, NTSTATUS(NTAPI *Change)(PEPROCESS Process))
{
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_SUSPEND_RESUME, PsProcessType,
                                                KeGetPreviousMode(), &Object, NULL);
    if (NT_SUCCESS(Status)) {
        Status = Change(Object);
        ObfDereferenceObject(Object);
    }
    return Status;
}

NTSTATUS NTAPI NtSuspendProcess(HANDLE ProcessHandle)
{
    return PspChangeByHandle(ProcessHandle, PsSuspendProcess);
}

NTSTATUS NTAPI NtResumeProcess(HANDLE ProcessHandle)
{
    return PspChangeByHandle(ProcessHandle, PsResumeProcess);
}
