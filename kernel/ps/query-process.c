// SPDX-License-Identifier: MIT
// NtQueryInformationProcess: what is asked of a process, class by class.
#include "inc/kernel.h"

// What a class answers, gathered before it is written where the caller may have no memory.
typedef struct _PSP_ANSWER {
    union {
        PROCESS_BASIC_INFORMATION Basic;
        KERNEL_USER_TIMES Times;
        ULONG_PTR Pointer;
        ULONG Long;
        PSP_PRIORITY_CLASS PriorityClass;
    };
} PSP_ANSWER;

typedef VOID (*PSP_QUERY_ROUTINE)(PEPROCESS Process, PSP_ANSWER *Answer);

static VOID PspQueryBasic(PEPROCESS Process, PSP_ANSWER *Answer)
{
    PPROCESS_BASIC_INFORMATION Basic = &Answer->Basic;
    Basic->ExitStatus = Process->ExitStatus;
    Basic->PebBaseAddress = Process->Peb;
    Basic->AffinityMask = Process->Affinity;
    Basic->BasePriority = Process->BasePriority;
    Basic->UniqueProcessId = (ULONG_PTR)Process->UniqueProcessId;
    Basic->InheritedFromUniqueProcessId = (ULONG_PTR)Process->InheritedFromUniqueProcessId;
}

static VOID PspQueryTimes(PEPROCESS Process, PSP_ANSWER *Answer)
{
    Answer->Times.CreateTime = Process->CreateTime;
    Answer->Times.ExitTime = Process->ExitTime;
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Process->ProcessLock);
    for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead;
         Link = Link->Flink) {
        const KTHREAD *Thread = &CONTAINING_RECORD(Link, ETHREAD, ThreadListEntry)->Tcb;
        Answer->Times.KernelTime.QuadPart += (LONG64)Thread->KernelTime * KeQueryTimeIncrement();
        Answer->Times.UserTime.QuadPart += (LONG64)Thread->UserTime * KeQueryTimeIncrement();
    }
    ExReleasePushLockShared(&Process->ProcessLock);
    KeLeaveCriticalRegion();
}

static VOID PspQueryDebugPort(PEPROCESS Process, PSP_ANSWER *Answer)
{
    Answer->Pointer = Process->DebugPort != NULL ? (ULONG_PTR)-1 : 0;
}

static VOID PspQueryHandleCount(PEPROCESS Process, PSP_ANSWER *Answer)
{
    PHANDLE_TABLE Table = Process->ObjectTable != NULL ? Process->ObjectTable : ObpKernelHandleTable;
    Answer->Long = Table->HandleCount;
}

static VOID PspQuerySession(PEPROCESS Process, PSP_ANSWER *Answer)
{
    Answer->Long = Process->SessionId;
}

static VOID PspQueryWow64(PEPROCESS Process, PSP_ANSWER *Answer)
{
    Answer->Pointer = (ULONG_PTR)Process->WoW64Process;
}

static VOID PspQueryBreakOnTermination(PEPROCESS Process, PSP_ANSWER *Answer)
{
    Answer->Long = Process->BreakOnTermination;
}

static VOID PspQueryPriorityClass(PEPROCESS Process, PSP_ANSWER *Answer)
{
    Answer->PriorityClass.PriorityClass = Process->PriorityClass;
}

static VOID PspQueryHardErrorMode(PEPROCESS Process, PSP_ANSWER *Answer)
{
    Answer->Long = Process->DefaultHardErrorProcessing;
}

static VOID PspQueryPagePriority(PEPROCESS Process, PSP_ANSWER *Answer)
{
    Answer->Long = Process->PagePriority;
}

// Of a process that nobody debugs: EPROCESS.NoDebugInherit, the other way round.
static VOID PspQueryDebugFlags(PEPROCESS Process, PSP_ANSWER *Answer)
{
    UNREFERENCED_PARAMETER(Process);
    Answer->Long = 1;
}

// SubsystemInformationTypeWin32: there is no other.
static VOID PspQuerySubsystem(PEPROCESS Process, PSP_ANSWER *Answer)
{
    UNREFERENCED_PARAMETER(Process);
    Answer->Long = 0;
}

#define PSP_HANDLE_COUNT         20
#define PSP_DEBUG_FLAGS          31
#define PSP_SUBSYSTEM            75
#define PSP_BREAK_ON_TERMINATION 29
#define PSP_SESSION              24
#define PSP_WOW64                26
#define PSP_IMAGE_FILE_NAME      27
#define PSP_IMAGE_FILE_NAME_DOS  43
#define PSP_COMMAND_LINE         60

static const struct {
    ULONG Class;
    ULONG Bytes;
    ACCESS_MASK Access;
    PSP_QUERY_ROUTINE Query;
} PspClasses[] = {
    {ProcessBasicInformation, sizeof(PROCESS_BASIC_INFORMATION), PROCESS_QUERY_LIMITED_INFORMATION,
     PspQueryBasic},
    {ProcessTimes, sizeof(KERNEL_USER_TIMES), PROCESS_QUERY_LIMITED_INFORMATION, PspQueryTimes},
    {ProcessDebugPort, sizeof(ULONG_PTR), PROCESS_QUERY_INFORMATION, PspQueryDebugPort},
    {PSP_HANDLE_COUNT, sizeof(ULONG), PROCESS_QUERY_LIMITED_INFORMATION, PspQueryHandleCount},
    {PSP_SESSION, sizeof(ULONG), PROCESS_QUERY_LIMITED_INFORMATION, PspQuerySession},
    {PSP_WOW64, sizeof(ULONG_PTR), PROCESS_QUERY_LIMITED_INFORMATION, PspQueryWow64},
    {ProcessPriorityClass, sizeof(PSP_PRIORITY_CLASS), PROCESS_QUERY_LIMITED_INFORMATION,
     PspQueryPriorityClass},
    {ProcessDefaultHardErrorMode, sizeof(ULONG), PROCESS_QUERY_LIMITED_INFORMATION, PspQueryHardErrorMode},
    {ProcessPagePriority, sizeof(ULONG), PROCESS_QUERY_INFORMATION, PspQueryPagePriority},
    {PSP_BREAK_ON_TERMINATION, sizeof(ULONG), PROCESS_QUERY_INFORMATION, PspQueryBreakOnTermination},
    {PSP_DEBUG_FLAGS, sizeof(ULONG), PROCESS_QUERY_INFORMATION, PspQueryDebugFlags},
    {PSP_SUBSYSTEM, sizeof(ULONG), PROCESS_QUERY_LIMITED_INFORMATION, PspQuerySubsystem},
};

static BOOLEAN PspIsText(ULONG Class)
{
    return Class == PSP_IMAGE_FILE_NAME || Class == PSP_IMAGE_FILE_NAME_DOS || Class == PSP_COMMAND_LINE;
}

NTSTATUS PspWriteAnswer(PVOID Buffer, ULONG Length, const VOID *Data, ULONG Bytes, PULONG ReturnLength)
{
    __try {
        if (Length >= Bytes) {
            RtlCopyMemory(Buffer, Data, Bytes);
        }
        if (ReturnLength != NULL) {
            *ReturnLength = Bytes;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return Length >= Bytes ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}

// A UNICODE_STRING with its text, First and Second in a row, behind it, zero-terminated.
static NTSTATUS PspWriteText(PCUNICODE_STRING First, PCUNICODE_STRING Second, PVOID Buffer, ULONG Length,
                             PULONG ReturnLength)
{
    const ULONG TextBytes = (ULONG)First->Length + Second->Length;
    ULONG Bytes = sizeof(UNICODE_STRING) + (TextBytes != 0 ? TextBytes + sizeof(WCHAR) : 0);
    __try {
        if (ReturnLength != NULL) {
            *ReturnLength = Bytes;
        }
        if (Length < Bytes) {
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        PUNICODE_STRING Copy = Buffer;
        PWCH Text = (PWCH)(Copy + 1);
        Copy->Length = (USHORT)TextBytes;
        Copy->MaximumLength = (USHORT)(Bytes - sizeof(UNICODE_STRING));
        Copy->Buffer = TextBytes != 0 ? Text : NULL;
        if (TextBytes != 0) {
            RtlCopyMemory(Text, First->Buffer, First->Length);
            RtlCopyMemory((PUCHAR)Text + First->Length, Second->Buffer, Second->Length);
            Text[TextBytes / sizeof(WCHAR)] = L'\0';
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryText(PEPROCESS Process, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    static const UNICODE_STRING None;
    UNICODE_STRING Prefix, Rest;
    PCUNICODE_STRING Path = Process->ImagePathName != NULL ? Process->ImagePathName : &None;
    switch (Class) {
    case PSP_COMMAND_LINE: return PspWriteText(&None, &Process->CommandLine, Buffer, Length, ReturnLength);
    case PSP_IMAGE_FILE_NAME_DOS:
        PspDosPath(Path, &Prefix, &Rest);
        return PspWriteText(&Prefix, &Rest, Buffer, Length, ReturnLength);
    default: return PspWriteText(&None, Path, Buffer, Length, ReturnLength);
    }
}

NTSTATUS PspProbeQuery(PVOID Buffer, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    if (Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    __try {
        ProbeForWrite(Buffer, Length, sizeof(ULONG));
        if (ReturnLength != NULL) {
            ProbeForWrite(ReturnLength, sizeof(ULONG), sizeof(ULONG));
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH (the length is not the class's, for a string: is too
// short, and *ReturnLength what it takes), STATUS_DATATYPE_MISALIGNMENT and STATUS_ACCESS_VIOLATION for user
// mode, and what ObReferenceObjectByHandle returns: most classes need PROCESS_QUERY_LIMITED_INFORMATION, some
// PROCESS_QUERY_INFORMATION. IRQL PASSIVE_LEVEL. (winternl, NtQueryInformationProcess)
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Buffer,
                                         ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PSP_ANSWER Answer = {0};
    ULONG Row = 0;
    PVOID Process;
    NTSTATUS Status = PspProbeQuery(Buffer, Length, ReturnLength, Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    while (Row < RTL_NUMBER_OF(PspClasses) && PspClasses[Row].Class != (ULONG)Class) {
        Row += 1;
    }
    if (Row == RTL_NUMBER_OF(PspClasses) && !PspIsText(Class)) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (!PspIsText(Class) && Length != PspClasses[Row].Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = ObReferenceObjectByHandle(
        ProcessHandle, PspIsText(Class) ? PROCESS_QUERY_LIMITED_INFORMATION : PspClasses[Row].Access,
        PsProcessType, Mode, &Process, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (PspIsText(Class)) {
        Status = PspQueryText(Process, Class, Buffer, Length, ReturnLength);
    } else {
        PspClasses[Row].Query(Process, &Answer);
        Status = PspWriteAnswer(Buffer, Length, &Answer.Basic, PspClasses[Row].Bytes, ReturnLength);
    }
    ObfDereferenceObject(Process);
    return Status;
}

KI_DEFINE_ZW(QueryInformationProcess,
             (HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength),
             (ProcessHandle, Class, Buffer, Length, ReturnLength))
