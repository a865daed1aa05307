// SPDX-License-Identifier: MIT
// Client ids: one table of numbers for processes and threads alike. Its entries hold no reference.
#include "inc/kernel.h"

static PHANDLE_TABLE PspCidTable;

NTSTATUS PspInitializeCids(VOID)
{
    PspCidTable = ObpCreateHandleTable(NULL);
    return PspCidTable != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

HANDLE PspAllocateCid(PVOID Object)
{
    return ObpInsertHandle(PspCidTable, Object, 0, 0);
}

VOID PspFreeCid(HANDLE Id)
{
    OB_HANDLE Unused;
    NTSTATUS Status;
    ObpRemoveHandle(PspCidTable, Id, TRUE, &Unused, &Status);
}

PVOID PspReferenceCid(HANDLE Id, POBJECT_TYPE Type)
{
    OB_HANDLE Entry;
    if (((ULONG_PTR)Id & 3) != 0 || !NT_SUCCESS(ObpReferenceEntry(PspCidTable, Id, &Entry))) {
        return NULL;
    }
    if (ObpTypeOf(Entry.Object) != Type) {
        ObfDereferenceObject(Entry.Object);
        return NULL;
    }
    return Entry.Object;
}

// *Process is referenced. STATUS_INVALID_CID. IRQL <= APC_LEVEL. (ntifs)
NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process)
{
    PEPROCESS Found = PspReferenceCid(ProcessId, PsProcessType);
    if (Found == NULL) {
        return STATUS_INVALID_CID;
    }
    *Process = Found;
    return STATUS_SUCCESS;
}

// *Thread is referenced. STATUS_INVALID_PARAMETER. IRQL <= APC_LEVEL. (ntifs)
NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread)
{
    PETHREAD Found = PspReferenceCid(ThreadId, PsThreadType);
    if (Found == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    *Thread = Found;
    return STATUS_SUCCESS;
}

// Both are referenced; Process is optional. STATUS_INVALID_CID.
NTSTATUS NTAPI PsLookupProcessThreadByCid(PCLIENT_ID ClientId, PEPROCESS *Process, PETHREAD *Thread)
{
    PETHREAD Found = PspReferenceCid(ClientId->UniqueThread, PsThreadType);
    if (Found == NULL) {
        return STATUS_INVALID_CID;
    }
    if (Found->Cid.UniqueProcess != ClientId->UniqueProcess) {
        ObfDereferenceObject(Found);
        return STATUS_INVALID_CID;
    }
    if (Process != NULL) {
        *Process = Found->Tcb.Process;
        ObfReferenceObject(*Process);
    }
    *Thread = Found;
    return STATUS_SUCCESS;
}
