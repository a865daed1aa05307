// SPDX-License-Identifier: MIT
// The list of processes and threads.
#include "runtime/native.h"

NTSTATUS NTAPI KmProcessSnapshotTake(PKM_ALLOCATOR Allocator, PKM_PROCESS_SNAPSHOT Snapshot)
{
    Snapshot->Allocator = Allocator;
    return KmSystemQuery(KmpSystemProcessInformation, Allocator, &Snapshot->Memory, &Snapshot->Bytes, NULL);
}

VOID NTAPI KmProcessSnapshotFree(PKM_PROCESS_SNAPSHOT Snapshot)
{
    KmFree(Snapshot->Allocator, Snapshot->Memory, Snapshot->Bytes);
    Snapshot->Memory = NULL;
    Snapshot->Bytes = 0;
}

BOOLEAN NTAPI KmProcessSnapshotNext(const KM_PROCESS_SNAPSHOT *Snapshot, PKM_PROCESS_ENTRY Entry)
{
    const KMP_SYSTEM_PROCESS *Process = (const KMP_SYSTEM_PROCESS *)Entry->Position;

    if (Process == NULL) {
        Process = (const KMP_SYSTEM_PROCESS *)Snapshot->Memory;
        if (Process == NULL) {
            return FALSE;
        }
    } else if (Process->NextEntryOffset != 0) {
        Process = (const KMP_SYSTEM_PROCESS *)((const UCHAR *)Process + Process->NextEntryOffset);
    } else {
        return FALSE;
    }
    Entry->Position = Process;
    Entry->Id = Process->UniqueProcessId;
    Entry->ParentId = Process->InheritedFromUniqueProcessId;
    Entry->Name = Process->ImageName;
    Entry->SessionId = Process->SessionId;
    Entry->ThreadCount = Process->NumberOfThreads;
    Entry->HandleCount = Process->HandleCount;
    Entry->BasePriority = Process->BasePriority;
    Entry->CreateTime = Process->CreateTime;
    Entry->UserTime = Process->UserTime;
    Entry->KernelTime = Process->KernelTime;
    Entry->WorkingSetBytes = Process->WorkingSetSize;
    Entry->PrivateBytes = Process->PrivatePageCount;
    return TRUE;
}

BOOLEAN NTAPI KmProcessSnapshotFind(const KM_PROCESS_SNAPSHOT *Snapshot, HANDLE Id, PKM_PROCESS_ENTRY Entry)
{
    KmProcessSnapshotStart(Entry);
    while (KmProcessSnapshotNext(Snapshot, Entry)) {
        if (Entry->Id == Id) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN NTAPI KmThreadSnapshotNext(const KM_PROCESS_ENTRY *Process, PKM_THREAD_ENTRY Entry)
{
    const KMP_SYSTEM_PROCESS *Source = (const KMP_SYSTEM_PROCESS *)Process->Position;
    const KMP_SYSTEM_THREAD *Thread;

    if (Entry->Position >= Process->ThreadCount) {
        return FALSE;
    }
    Thread = &Source->Threads[Entry->Position++];
    Entry->Id = Thread->UniqueThread;
    Entry->ProcessId = Thread->UniqueProcess;
    Entry->StartAddress = Thread->StartAddress;
    Entry->Priority = Thread->Priority;
    Entry->BasePriority = Thread->BasePriority;
    Entry->State = Thread->ThreadState;
    Entry->WaitReason = Thread->WaitReason;
    Entry->ContextSwitches = Thread->ContextSwitches;
    Entry->CreateTime = Thread->CreateTime;
    Entry->UserTime = Thread->UserTime;
    Entry->KernelTime = Thread->KernelTime;
    return TRUE;
}
