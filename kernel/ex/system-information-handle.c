// SPDX-License-Identifier: MIT
// SystemHandleInformation and its extended form: every handle of every process.
#include "ex/system-information.h"

typedef struct _EXP_HANDLE_WALK {
    EXP_ANSWER *Answer;
    HANDLE ProcessId;
    ULONG Count;
} EXP_HANDLE_WALK;

typedef BOOLEAN (*EXP_HANDLE_ROUTINE)(HANDLE Handle, POB_HANDLE Entry, PVOID Context);

// As Windows tells them: the protection from closing is the first bit.
static BOOLEAN ExpAppendHandle(HANDLE Handle, POB_HANDLE Entry, PVOID Context)
{
    EXP_HANDLE_WALK *Walk = Context;
    SYSTEM_HANDLE_TABLE_ENTRY_INFO *Information = ExpAppend(Walk->Answer, sizeof(*Information));
    if (Information == NULL) {
        return FALSE;
    }
    Information->UniqueProcessId = (USHORT)(ULONG_PTR)Walk->ProcessId;
    Information->ObjectTypeIndex = ObpTypeOf(Entry->Object)->Index;
    Information->HandleAttributes = (UCHAR)Entry->Attributes;
    Information->HandleValue = (USHORT)(ULONG_PTR)Handle;
    Information->Object = Entry->Object;
    Information->GrantedAccess = Entry->GrantedAccess;
    Walk->Count += 1;
    return TRUE;
}

static BOOLEAN ExpAppendHandleEx(HANDLE Handle, POB_HANDLE Entry, PVOID Context)
{
    EXP_HANDLE_WALK *Walk = Context;
    SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX *Information = ExpAppend(Walk->Answer, sizeof(*Information));
    if (Information == NULL) {
        return FALSE;
    }
    Information->Object = Entry->Object;
    Information->UniqueProcessId = (ULONG_PTR)Walk->ProcessId;
    Information->HandleValue = (ULONG_PTR)Handle;
    Information->GrantedAccess = Entry->GrantedAccess;
    Information->ObjectTypeIndex = ObpTypeOf(Entry->Object)->Index;
    Information->HandleAttributes = Entry->Attributes;
    Walk->Count += 1;
    return TRUE;
}

static ULONG ExpWalkHandles(EXP_ANSWER *Answer, EXP_HANDLE_ROUTINE Routine)
{
    EXP_HANDLE_WALK Walk = {.Answer = Answer};
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&PspActiveProcessLock);
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, EPROCESS, ActiveProcessLinks);
        PHANDLE_TABLE Table = Process->ObjectTable;
        if (Process == PsInitialSystemProcess) {
            Table = ObpKernelHandleTable;
        }
        if (Table != NULL) {
            Walk.ProcessId = Process->UniqueProcessId;
            ObpEnumerateHandles(Table, Routine, &Walk);
        }
    }
    ExReleasePushLockShared(&PspActiveProcessLock);
    KeLeaveCriticalRegion();
    return Walk.Count;
}

VOID ExpQueryHandles(EXP_ANSWER *Answer)
{
    ExpAppend(Answer, sizeof(SYSTEM_HANDLE_INFORMATION));
    ULONG Count = ExpWalkHandles(Answer, ExpAppendHandle);
    if (!Answer->Failed) {
        ((SYSTEM_HANDLE_INFORMATION *)Answer->Data)->NumberOfHandles = Count;
    }
}

VOID ExpQueryHandlesEx(EXP_ANSWER *Answer)
{
    ExpAppend(Answer, sizeof(SYSTEM_HANDLE_INFORMATION_EX));
    ULONG Count = ExpWalkHandles(Answer, ExpAppendHandleEx);
    if (!Answer->Failed) {
        ((SYSTEM_HANDLE_INFORMATION_EX *)Answer->Data)->NumberOfHandles = Count;
    }
}
