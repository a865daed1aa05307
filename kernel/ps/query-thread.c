// SPDX-License-Identifier: MIT
// NtQueryInformationThread: what is asked of a thread, class by class.
#include "inc/kernel.h"

NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Buffer,
                                        ULONG Length, PULONG ReturnLength);

typedef struct _PSP_THREAD_BASIC_INFORMATION {
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    KAFFINITY AffinityMask;
    KPRIORITY Priority;
    LONG BasePriority; // beyond its process's
} PSP_THREAD_BASIC_INFORMATION;
C_ASSERT(sizeof(PSP_THREAD_BASIC_INFORMATION) == 48);

typedef union _PSP_THREAD_ANSWER {
    PSP_THREAD_BASIC_INFORMATION Basic;
    KERNEL_USER_TIMES Times;
    PVOID Pointer;
    ULONG Long;
    BOOLEAN Boolean;
    GROUP_AFFINITY Group;
} PSP_THREAD_ANSWER;

typedef VOID (*PSP_THREAD_QUERY)(PETHREAD Thread, PSP_THREAD_ANSWER *Answer);

static VOID PspQueryThreadBasic(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    PSP_THREAD_BASIC_INFORMATION *Basic = &Answer->Basic;
    Basic->ExitStatus = Thread->ExitStatus;
    Basic->TebBaseAddress = Thread->Tcb.Teb;
    Basic->ClientId = Thread->Cid;
    Basic->AffinityMask = Thread->Tcb.Affinity;
    Basic->Priority = KeQueryPriorityThread(&Thread->Tcb);
    Basic->BasePriority = Thread->Tcb.BasePriority - Thread->Tcb.Process->BasePriority;
}

static VOID PspQueryThreadTimes(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Times.CreateTime = Thread->CreateTime;
    Answer->Times.ExitTime = Thread->ExitTime;
    Answer->Times.KernelTime.QuadPart = (LONG64)Thread->Tcb.KernelTime * KeQueryTimeIncrement();
    Answer->Times.UserTime.QuadPart = (LONG64)Thread->Tcb.UserTime * KeQueryTimeIncrement();
}

static VOID PspQueryStartAddress(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Pointer = Thread->Win32StartAddress;
}

static VOID PspQueryAmILast(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Long = Thread->Tcb.Process->ActiveThreads == 1;
}

static VOID PspQueryIoPending(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Long = !IsListEmpty(&Thread->IrpList);
}

static VOID PspQueryHidden(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Boolean = Thread->HideFromDebugger;
}

static VOID PspQueryCritical(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Long = Thread->BreakOnTermination;
}

static VOID PspQueryTerminated(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Long = Thread->Tcb.State == KiThreadTerminated;
}

static VOID PspQueryPagePriority(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Long = Thread->PagePriority;
}

static VOID PspQueryActualBasePriority(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Long = (ULONG)Thread->Tcb.BasePriority;
}

static VOID PspQueryGroup(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Group.Mask = Thread->Tcb.Affinity;
}

static VOID PspQuerySuspendCount(PETHREAD Thread, PSP_THREAD_ANSWER *Answer)
{
    Answer->Long = Thread->Tcb.SuspendCount;
}

#define PSP_THREAD_SUSPEND_COUNT 35

static const struct {
    ULONG Class;
    ULONG Bytes;
    ACCESS_MASK Access;
    PSP_THREAD_QUERY Query;
} PspThreadClasses[] = {
    {ThreadBasicInformation, sizeof(PSP_THREAD_BASIC_INFORMATION), THREAD_QUERY_LIMITED_INFORMATION,
     PspQueryThreadBasic},
    {ThreadTimes, sizeof(KERNEL_USER_TIMES), THREAD_QUERY_LIMITED_INFORMATION, PspQueryThreadTimes},
    {ThreadQuerySetWin32StartAddress, sizeof(PVOID), THREAD_QUERY_INFORMATION, PspQueryStartAddress},
    {ThreadAmILastThread, sizeof(ULONG), THREAD_QUERY_INFORMATION, PspQueryAmILast},
    {ThreadIsIoPending, sizeof(ULONG), THREAD_QUERY_INFORMATION, PspQueryIoPending},
    {ThreadHideFromDebugger, sizeof(BOOLEAN), THREAD_QUERY_INFORMATION, PspQueryHidden},
    {ThreadBreakOnTermination, sizeof(ULONG), THREAD_QUERY_INFORMATION, PspQueryCritical},
    {ThreadIsTerminated, sizeof(ULONG), THREAD_QUERY_LIMITED_INFORMATION, PspQueryTerminated},
    {ThreadPagePriority, sizeof(ULONG), THREAD_QUERY_INFORMATION, PspQueryPagePriority},
    {ThreadActualBasePriority, sizeof(ULONG), THREAD_QUERY_LIMITED_INFORMATION, PspQueryActualBasePriority},
    {ThreadGroupInformation, sizeof(GROUP_AFFINITY), THREAD_QUERY_LIMITED_INFORMATION, PspQueryGroup},
    {PSP_THREAD_SUSPEND_COUNT, sizeof(ULONG), THREAD_QUERY_LIMITED_INFORMATION, PspQuerySuspendCount},
};

// STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH (the length is not the class's),
// STATUS_DATATYPE_MISALIGNMENT and STATUS_ACCESS_VIOLATION for user mode, and what ObReferenceObjectByHandle
// returns: THREAD_QUERY_LIMITED_INFORMATION or, for some classes, THREAD_QUERY_INFORMATION is needed. IRQL
// PASSIVE_LEVEL. (winternl, NtQueryInformationThread)
NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Buffer,
                                        ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PSP_THREAD_ANSWER Answer = {0};
    ULONG Row = 0;
    PVOID Thread;
    NTSTATUS Status = PspProbeQuery(Buffer, Length, ReturnLength, Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    while (Row < RTL_NUMBER_OF(PspThreadClasses) && PspThreadClasses[Row].Class != (ULONG)Class) {
        Row += 1;
    }
    if (Row == RTL_NUMBER_OF(PspThreadClasses)) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length != PspThreadClasses[Row].Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = ObReferenceObjectByHandle(ThreadHandle, PspThreadClasses[Row].Access, PsThreadType, Mode,
                                       &Thread, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PspThreadClasses[Row].Query(Thread, &Answer);
    ObfDereferenceObject(Thread);
    return PspWriteAnswer(Buffer, Length, &Answer, PspThreadClasses[Row].Bytes, ReturnLength);
}

KI_DEFINE_ZW(QueryInformationThread,
             (HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength),
             (ThreadHandle, Class, Buffer, Length, ReturnLength))
