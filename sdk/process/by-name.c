// SPDX-License-Identifier: MIT
// Processes by the file name of their image.
#include <ntifs.h>
#include <kmode.h>

#define FIRST_ROOM 16

// Goes on to the next one of that name that can still be referenced. FALSE behind the last.
static BOOLEAN NextOfName(const KM_PROCESS_SNAPSHOT *Snapshot, PCUNICODE_STRING Name, PKM_PROCESS_ENTRY Entry,
                          PEPROCESS *Process)
{
    while (KmProcessSnapshotNext(Snapshot, Entry)) {
        if (Entry->Id != NULL && (Name == NULL || RtlEqualUnicodeString(&Entry->Name, Name, TRUE)) &&
            NT_SUCCESS(KmProcessById(Entry->Id, Process))) {
            // Its id may have been given to a new process since.
            if (KmProcessCreateTime(*Process) == Entry->CreateTime.QuadPart) {
                return TRUE;
            }
            KmProcessDereference(*Process);
        }
    }
    *Process = NULL;
    return FALSE;
}

NTSTATUS NTAPI KmProcessByName(PCUNICODE_STRING Name, PKM_ALLOCATOR Allocator, PEPROCESS *Process)
{
    KM_PROCESS_SNAPSHOT Snapshot;
    KM_PROCESS_ENTRY Entry;
    NTSTATUS Status = KmProcessSnapshotTake(Allocator, &Snapshot);

    *Process = NULL;
    if (NT_SUCCESS(Status)) {
        KmProcessSnapshotStart(&Entry);
        Status = NextOfName(&Snapshot, Name, &Entry, Process) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
        KmProcessSnapshotFree(&Snapshot);
    }
    return Status;
}

static NTSTATUS Add(PKM_PROCESS_LIST List, PEPROCESS Process)
{
    if (List->Count == List->Room) {
        ULONG Room = List->Room != 0 ? List->Room * 2 : FIRST_ROOM;
        PEPROCESS *Processes =
            (PEPROCESS *)KmRealloc(List->Allocator, List->Processes, List->Room * sizeof(*List->Processes),
                                   Room * sizeof(*List->Processes));

        if (Processes == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        List->Processes = Processes;
        List->Room = Room;
    }
    List->Processes[List->Count++] = Process;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmProcessesByName(PCUNICODE_STRING Name, PKM_ALLOCATOR Allocator, PKM_PROCESS_LIST List)
{
    KM_PROCESS_SNAPSHOT Snapshot;
    KM_PROCESS_ENTRY Entry;
    PEPROCESS Process;
    NTSTATUS Status = KmProcessSnapshotTake(Allocator, &Snapshot);

    RtlZeroMemory(List, sizeof(*List));
    List->Allocator = Allocator;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KmProcessSnapshotStart(&Entry);
    while (NT_SUCCESS(Status) && NextOfName(&Snapshot, Name, &Entry, &Process)) {
        Status = Add(List, Process);
        if (!NT_SUCCESS(Status)) {
            KmProcessDereference(Process);
        }
    }
    KmProcessSnapshotFree(&Snapshot);
    if (!NT_SUCCESS(Status)) {
        KmProcessListFree(List);
    }
    return Status;
}

VOID NTAPI KmProcessListFree(PKM_PROCESS_LIST List)
{
    while (List->Count != 0) {
        KmProcessDereference(List->Processes[--List->Count]);
    }
    KmFree(List->Allocator, List->Processes, List->Room * sizeof(*List->Processes));
    List->Processes = NULL;
    List->Room = 0;
}
