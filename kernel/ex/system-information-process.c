// SPDX-License-Identifier: MIT
// SystemProcessInformation: the processes, and the threads of each.
#include "ex/system-information.h"

static VOID ExpDescribeThread(const ETHREAD *Thread, SYSTEM_THREAD_INFORMATION *Information)
{
    Information->KernelTime.QuadPart = (LONG64)Thread->Tcb.KernelTime * KeQueryTimeIncrement();
    Information->UserTime.QuadPart = (LONG64)Thread->Tcb.UserTime * KeQueryTimeIncrement();
    Information->CreateTime = Thread->CreateTime;
    Information->WaitTime = Thread->Tcb.WaitTime;
    Information->StartAddress = Thread->StartAddress;
    Information->ClientId = Thread->Cid;
    Information->Priority = Thread->Tcb.Priority;
    Information->BasePriority = Thread->Tcb.BasePriority;
    Information->ContextSwitches = Thread->Tcb.ContextSwitches;
    Information->ThreadState = Thread->Tcb.State;
    Information->WaitReason = Thread->Tcb.WaitReason;
}

// What an entry whose parts may move is found by.
static SYSTEM_PROCESS_INFORMATION *ExpEntryAt(EXP_ANSWER *Answer, ULONG Offset)
{
    return (SYSTEM_PROCESS_INFORMATION *)(Answer->Data + Offset);
}

static BOOLEAN ExpAppendThread(EXP_ANSWER *Answer, ULONG Offset, const ETHREAD *Thread)
{
    SYSTEM_THREAD_INFORMATION *Information = ExpAppend(Answer, sizeof(*Information));
    if (Information == NULL) {
        return FALSE;
    }
    ExpDescribeThread(Thread, Information);
    SYSTEM_PROCESS_INFORMATION *Entry = ExpEntryAt(Answer, Offset);
    Entry->NumberOfThreads += 1;
    Entry->NumberOfThreadsHighWatermark = Entry->NumberOfThreads;
    Entry->KernelTime.QuadPart += Information->KernelTime.QuadPart;
    Entry->UserTime.QuadPart += Information->UserTime.QuadPart;
    return TRUE;
}

// The text goes behind the threads, where the caller's pointer will find it.
static BOOLEAN ExpAppendName(EXP_ANSWER *Answer, ULONG Offset, PCWSTR Text, USHORT Bytes)
{
    ULONG NameOffset = Answer->Bytes;
    PWCH Copy = ExpAppend(Answer, (ULONG)ALIGN_UP_BY(Bytes + sizeof(WCHAR), sizeof(PVOID)));
    if (Copy == NULL) {
        return FALSE;
    }
    RtlCopyMemory(Copy, Text, Bytes);
    SYSTEM_PROCESS_INFORMATION *Entry = ExpEntryAt(Answer, Offset);
    Entry->ImageName.Length = Bytes;
    Entry->ImageName.MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    Entry->ImageName.Buffer = (PWCH)((PUCHAR)Answer->Destination + NameOffset);
    return TRUE;
}

static BOOLEAN ExpAppendProcessName(EXP_ANSWER *Answer, ULONG Offset, PEPROCESS Process)
{
    static const WCHAR System[] = L"System";
    PCUNICODE_STRING Path = Process->ImagePathName;
    if (Path == NULL) {
        return ExpAppendName(Answer, Offset, System, sizeof(System) - sizeof(WCHAR));
    }
    USHORT Length = Path->Length / sizeof(WCHAR), First = Length;
    while (First > 0 && Path->Buffer[First - 1] != L'\\') {
        First -= 1;
    }
    return ExpAppendName(Answer, Offset, Path->Buffer + First, (USHORT)((Length - First) * sizeof(WCHAR)));
}

static BOOLEAN ExpAppendProcess(EXP_ANSWER *Answer, PEPROCESS Process)
{
    ULONG Offset = Answer->Bytes;
    SYSTEM_PROCESS_INFORMATION *Entry = ExpAppend(Answer, sizeof(*Entry));
    if (Entry == NULL) {
        return FALSE;
    }
    PHANDLE_TABLE Table = Process->ObjectTable != NULL ? Process->ObjectTable : ObpKernelHandleTable;
    Entry->CreateTime = Process->CreateTime;
    Entry->BasePriority = Process->BasePriority;
    Entry->UniqueProcessId = Process->UniqueProcessId;
    Entry->InheritedFromUniqueProcessId = Process->InheritedFromUniqueProcessId;
    Entry->HandleCount = Table->HandleCount;
    Entry->SessionId = Process->SessionId;
    Entry->VirtualSize = Process->VirtualSize;
    Entry->PeakVirtualSize = Process->PeakVirtualSize;
    Entry->ReadOperationCount = Process->ReadOperationCount;
    Entry->WriteOperationCount = Process->WriteOperationCount;
    Entry->OtherOperationCount = Process->OtherOperationCount;
    Entry->ReadTransferCount = Process->ReadTransferCount;
    Entry->WriteTransferCount = Process->WriteTransferCount;
    Entry->OtherTransferCount = Process->OtherTransferCount;

    BOOLEAN Done = TRUE;
    ExAcquirePushLockShared(&Process->ProcessLock);
    for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Done && Link != &Process->ThreadListHead;
         Link = Link->Flink) {
        Done = ExpAppendThread(Answer, Offset, CONTAINING_RECORD(Link, ETHREAD, ThreadListEntry));
    }
    ExReleasePushLockShared(&Process->ProcessLock);
    return Done && ExpAppendProcessName(Answer, Offset, Process);
}

// Number 0, which has no object here, and a thread for each processor.
static BOOLEAN ExpAppendIdleProcess(EXP_ANSWER *Answer)
{
    if (ExpAppend(Answer, sizeof(SYSTEM_PROCESS_INFORMATION)) == NULL) {
        return FALSE;
    }
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        ULONG ThreadOffset = Answer->Bytes;
        PKTHREAD Idle = KiProcessors[Number]->Prcb.IdleThread;
        if (!ExpAppendThread(Answer, 0, CONTAINING_RECORD(Idle, ETHREAD, Tcb))) {
            return FALSE;
        }
        SYSTEM_THREAD_INFORMATION *Thread = (SYSTEM_THREAD_INFORMATION *)(Answer->Data + ThreadOffset);
        Thread->ClientId.UniqueProcess = NULL;
    }
    return TRUE;
}

VOID ExpQueryProcesses(EXP_ANSWER *Answer)
{
    ULONG Last = 0;
    BOOLEAN Done = ExpAppendIdleProcess(Answer);
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&PspActiveProcessLock);
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Done && Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, EPROCESS, ActiveProcessLinks);
        // One that has ended, and whose object others still refer to, is not told of.
        if (Process->ActiveThreads == 0) {
            continue;
        }
        ULONG Offset = Answer->Bytes;
        ExpEntryAt(Answer, Last)->NextEntryOffset = Offset - Last;
        Done = ExpAppendProcess(Answer, Process);
        Last = Offset;
    }
    ExReleasePushLockShared(&PspActiveProcessLock);
    KeLeaveCriticalRegion();
}
