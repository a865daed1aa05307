// SPDX-License-Identifier: MIT
// Processes by id, referenced, opened.
#include <ntifs.h>
#include <kmode.h>

NTSTATUS NTAPI KmProcessById(HANDLE Id, PEPROCESS *Process)
{
    NTSTATUS Status;

    *Process = NULL;
    Status = PsLookupProcessByProcessId(Id, Process);
    // Windows says STATUS_INVALID_CID for an id that no process or thread has.
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

PEPROCESS NTAPI KmProcessCurrent(VOID)
{
    PEPROCESS Process = PsGetCurrentProcess();

    ObReferenceObject(Process);
    return Process;
}

VOID NTAPI KmProcessReference(PEPROCESS Process)
{
    ObReferenceObject(Process);
}

VOID NTAPI KmProcessDereference(PEPROCESS Process)
{
    ObDereferenceObject(Process);
}

NTSTATUS NTAPI KmProcessOpen(PEPROCESS Process, ACCESS_MASK Access, PHANDLE Handle)
{
    *Handle = NULL;
    return ObOpenObjectByPointer(Process, OBJ_KERNEL_HANDLE, NULL, Access, *PsProcessType, KernelMode,
                                 Handle);
}
