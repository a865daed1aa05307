// SPDX-License-Identifier: MIT
// What a process is.
#include "runtime/native.h"
#include "runtime/system-routine.h"

typedef BOOLEAN(NTAPI *KMP_IS_PROTECTED)(PEPROCESS Process);

static KMP_SYSTEM_ROUTINE IsProtected = KMP_SYSTEM_ROUTINE_INIT(L"PsIsProtectedProcess");
static KMP_SYSTEM_ROUTINE IsProtectedLight = KMP_SYSTEM_ROUTINE_INIT(L"PsIsProtectedProcessLight");

// One of the classes that are one structure.
static NTSTATUS Query(PEPROCESS Process, ULONG Class, PVOID Information, ULONG Bytes)
{
    HANDLE Handle;
    NTSTATUS Status = KmProcessOpen(Process, GENERIC_READ, &Handle);

    if (NT_SUCCESS(Status)) {
        Status = ZwQueryInformationProcess(Handle, (PROCESSINFOCLASS)Class, Information, Bytes, NULL);
        (VOID) ZwClose(Handle);
    }
    if (!NT_SUCCESS(Status)) {
        RtlZeroMemory(Information, Bytes);
    }
    return Status;
}

HANDLE NTAPI KmProcessParentId(PEPROCESS Process)
{
    KMP_PROCESS_BASIC Basic;

    (VOID) Query(Process, KmpProcessBasicInformation, &Basic, sizeof(Basic));
    return Basic.InheritedFromUniqueProcessId;
}

NTSTATUS NTAPI KmProcessSessionId(PEPROCESS Process, PULONG SessionId)
{
    NTSTATUS Status = Query(Process, KmpProcessSessionInformation, SessionId, sizeof(*SessionId));

    if (NT_SUCCESS(Status) && *SessionId == MAXULONG) {
        *SessionId = 0;
        Status = STATUS_NOT_FOUND;
    }
    return Status;
}

LONGLONG NTAPI KmProcessCreateTime(PEPROCESS Process)
{
    return PsGetProcessCreateTimeQuadPart(Process);
}

BOOLEAN NTAPI KmProcessHasExited(PEPROCESS Process)
{
    LARGE_INTEGER Now;

    Now.QuadPart = 0;
    return KeWaitForSingleObject(Process, Executive, KernelMode, FALSE, &Now) == STATUS_SUCCESS;
}

NTSTATUS NTAPI KmProcessExitStatus(PEPROCESS Process)
{
    KMP_PROCESS_BASIC Basic;
    NTSTATUS Status = Query(Process, KmpProcessBasicInformation, &Basic, sizeof(Basic));

    return NT_SUCCESS(Status) ? Basic.ExitStatus : Status;
}

NTSTATUS NTAPI KmProcessIsProtected(PEPROCESS Process, PBOOLEAN Protected)
{
    KMP_IS_PROTECTED Full = (KMP_IS_PROTECTED)(ULONG_PTR)KmpFindSystemRoutine(&IsProtected);
    KMP_IS_PROTECTED Light = (KMP_IS_PROTECTED)(ULONG_PTR)KmpFindSystemRoutine(&IsProtectedLight);

    *Protected = (Full != NULL && Full(Process)) || (Light != NULL && Light(Process));
    return Full != NULL || Light != NULL ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

PVOID NTAPI KmProcessPeb(PEPROCESS Process)
{
    KMP_PROCESS_BASIC Basic;

    (VOID) Query(Process, KmpProcessBasicInformation, &Basic, sizeof(Basic));
    return Basic.PebBaseAddress;
}

PVOID NTAPI KmProcessWow64Peb(PEPROCESS Process)
{
    PVOID Peb;

    (VOID) Query(Process, KmpProcessWow64Information, (PVOID)&Peb, sizeof(Peb));
    return Peb;
}

BOOLEAN NTAPI KmProcessIsWow64(PEPROCESS Process)
{
    return KmProcessWow64Peb(Process) != NULL;
}
