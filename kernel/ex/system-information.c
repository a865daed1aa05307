// SPDX-License-Identifier: MIT
// NtQuerySystemInformation: what is asked of the system, class by class.
#include "ex/system-information.h"

NTSTATUS NTAPI NtQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);

#define EXP_FIRST_CAPACITY 0x1000u

#define EXP_ARCHITECTURE_AMD64 9 // PROCESSOR_ARCHITECTURE_AMD64, which winnt.h has and the DDK has not

PVOID ExpAppend(EXP_ANSWER *Answer, ULONG Bytes)
{
    if (Answer->Failed) {
        return NULL;
    }
    if (Answer->Capacity - Answer->Bytes < Bytes) {
        ULONG Capacity = Answer->Capacity != 0 ? Answer->Capacity : EXP_FIRST_CAPACITY;
        while (Capacity - Answer->Bytes < Bytes) {
            Capacity *= 2;
        }
        PUCHAR Data = ExAllocatePoolZero(NonPagedPoolNx, Capacity, TAG_SYSTEM_ANSWER);
        if (Data == NULL) {
            Answer->Failed = TRUE;
            return NULL;
        }
        if (Answer->Data != NULL) {
            RtlCopyMemory(Data, Answer->Data, Answer->Bytes);
            ExFreePoolWithTag(Answer->Data, TAG_SYSTEM_ANSWER);
        }
        Answer->Data = Data;
        Answer->Capacity = Capacity;
    }
    PVOID Place = Answer->Data + Answer->Bytes;
    Answer->Bytes += Bytes;
    return Place;
}

// ---- Classes of a fixed size

static VOID ExpQueryBasic(EXP_ANSWER *Answer)
{
    ULONG64 Total, Free;
    SYSTEM_BASIC_INFORMATION *Basic = ExpAppend(Answer, sizeof(*Basic));
    if (Basic == NULL) {
        return;
    }
    MiQueryPhysicalPages(&Total, &Free);
    Basic->TimerResolution = KeQueryTimeIncrement();
    Basic->PageSize = PAGE_SIZE;
    Basic->NumberOfPhysicalPages = (ULONG)(Total - 1);
    Basic->LowestPhysicalPageNumber = 1; // the machine leaves the first page alone
    Basic->HighestPhysicalPageNumber = (ULONG)(Total - 1);
    Basic->AllocationGranularity = 0x10000;
    Basic->MinimumUserModeAddress = 0x10000;
    Basic->MaximumUserModeAddress = (ULONG_PTR)MmHighestUserAddress;
    Basic->ActiveProcessorsAffinityMask = KiActiveProcessors;
    Basic->NumberOfProcessors = (CCHAR)KiProcessorCount;
}

// KF_*: what every x64 processor that runs Windows 11 has.
#define EXP_KF_RDTSC     0x00000002u
#define EXP_KF_CMOV      0x00000008u
#define EXP_KF_CMPXCHG8B 0x00000080u
#define EXP_KF_MMX       0x00000100u
#define EXP_KF_FXSR      0x00000800u
#define EXP_KF_XMMI      0x00002000u
#define EXP_KF_XMMI64    0x00010000u
#define EXP_KF_NOEXECUTE 0x20000000u

static VOID ExpQueryProcessor(EXP_ANSWER *Answer)
{
    int Registers[4];
    SYSTEM_PROCESSOR_INFORMATION *Processor = ExpAppend(Answer, sizeof(*Processor));
    if (Processor == NULL) {
        return;
    }
    __cpuid(Registers, 1);
    ULONG Signature = (ULONG)Registers[0];
    ULONG Family = Signature >> 8 & 0xF, Model = Signature >> 4 & 0xF;
    if (Family == 6 || Family == 15) {
        Model |= Signature >> 12 & 0xF0; // extended model
    }
    if (Family == 15) {
        Family += Signature >> 20 & 0xFF; // extended family
    }
    Processor->ProcessorArchitecture = EXP_ARCHITECTURE_AMD64;
    Processor->ProcessorLevel = (USHORT)Family;
    Processor->ProcessorRevision = (USHORT)(Model << 8 | (Signature & 0xF));
    Processor->MaximumProcessors = (USHORT)KiProcessorCount;
    Processor->ProcessorFeatureBits = EXP_KF_RDTSC | EXP_KF_CMOV | EXP_KF_CMPXCHG8B | EXP_KF_MMX |
                                      EXP_KF_FXSR | EXP_KF_XMMI | EXP_KF_XMMI64 | EXP_KF_NOEXECUTE;
}

static LONG64 ExpTicks(ULONG64 Ticks)
{
    return (LONG64)Ticks * KeQueryTimeIncrement();
}

static VOID ExpCountThreads(PEPROCESS Process, SYSTEM_PERFORMANCE_INFORMATION *Performance)
{
    ExAcquirePushLockShared(&Process->ProcessLock);
    for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead;
         Link = Link->Flink) {
        Performance->ContextSwitches +=
            CONTAINING_RECORD(Link, ETHREAD, ThreadListEntry)->Tcb.ContextSwitches;
    }
    ExReleasePushLockShared(&Process->ProcessLock);
}

static VOID ExpQueryPerformance(EXP_ANSWER *Answer)
{
    ULONG64 Total, Free;
    SYSTEM_PERFORMANCE_INFORMATION *Performance = ExpAppend(Answer, sizeof(*Performance));
    if (Performance == NULL) {
        return;
    }
    MiQueryPhysicalPages(&Total, &Free);
    Performance->AvailablePages = (ULONG)Free;
    Performance->ResidentAvailablePages = (LONG64)Free;
    Performance->CommittedPages = (ULONG)(Total - 1 - Free);
    Performance->CommitLimit = (ULONG)(Total - 1);
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        const KTHREAD *Idle = KiProcessors[Number]->Prcb.IdleThread;
        Performance->IdleProcessTime.QuadPart += ExpTicks(Idle->KernelTime);
        Performance->ContextSwitches += Idle->ContextSwitches;
    }
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&PspActiveProcessLock);
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead; Link = Link->Flink) {
        ExpCountThreads(CONTAINING_RECORD(Link, EPROCESS, ActiveProcessLinks), Performance);
    }
    ExReleasePushLockShared(&PspActiveProcessLock);
    KeLeaveCriticalRegion();
}

static VOID ExpQueryTimeOfDay(EXP_ANSWER *Answer)
{
    LARGE_INTEGER None = {.QuadPart = 0};
    SYSTEM_TIMEOFDAY_INFORMATION *Times = ExpAppend(Answer, sizeof(*Times));
    if (Times == NULL) {
        return;
    }
    Times->BootTime.QuadPart = (LONG64)KiSystemTimeOf(0);
    Times->CurrentTime.QuadPart = (LONG64)KiSystemTimeOf(KiQueryShownTime());
    ExLocalTimeToSystemTime(&None, &Times->TimeZoneBias);
}

static VOID ExpQueryProcessorTimes(EXP_ANSWER *Answer)
{
    for (ULONG Number = 0; Number < KiProcessorCount; Number += 1) {
        SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION *Times = ExpAppend(Answer, sizeof(*Times));
        if (Times != NULL) {
            const KPRCB *Prcb = &KiProcessors[Number]->Prcb;
            Times->IdleTime.QuadPart = ExpTicks(Prcb->IdleThread->KernelTime);
            Times->InterruptTime.QuadPart = ExpTicks(Prcb->InterruptTicks);
            // Whatever is not idle runs in the kernel.
            Times->KernelTime.QuadPart = ExpTicks(KiPeekTime() / KeQueryTimeIncrement());
        }
    }
}

static VOID ExpQueryFlags(EXP_ANSWER *Answer)
{
    ULONG *Flags = ExpAppend(Answer, sizeof(*Flags));
    if (Flags != NULL) {
        *Flags = NtGlobalFlag;
    }
}

static VOID ExpQueryTimeAdjustment(EXP_ANSWER *Answer)
{
    SYSTEM_QUERY_TIME_ADJUST_INFORMATION *Adjustment = ExpAppend(Answer, sizeof(*Adjustment));
    if (Adjustment != NULL) {
        Adjustment->TimeAdjustment = Adjustment->TimeIncrement = KeQueryTimeIncrement();
    }
}

static VOID ExpQueryDebugger(EXP_ANSWER *Answer)
{
    SYSTEM_KERNEL_DEBUGGER_INFORMATION *Debugger = ExpAppend(Answer, sizeof(*Debugger));
    if (Debugger != NULL) {
        Debugger->KernelDebuggerEnabled = KdDebuggerEnabled;
        Debugger->KernelDebuggerNotPresent = KdDebuggerNotPresent;
    }
}

static VOID ExpQueryDebuggerEx(EXP_ANSWER *Answer)
{
    SYSTEM_KERNEL_DEBUGGER_INFORMATION_EX *Debugger = ExpAppend(Answer, sizeof(*Debugger));
    if (Debugger != NULL) {
        Debugger->DebuggerEnabled = KdDebuggerEnabled;
        Debugger->DebuggerPresent = !KdDebuggerNotPresent;
    }
}

static VOID ExpQueryRangeStart(EXP_ANSWER *Answer)
{
    PVOID *Start = ExpAppend(Answer, sizeof(*Start));
    if (Start != NULL) {
        *Start = MmSystemRangeStart;
    }
}

// One node.
static VOID ExpQueryNumaMap(EXP_ANSWER *Answer)
{
    SYSTEM_NUMA_INFORMATION *Numa = ExpAppend(Answer, sizeof(*Numa) + sizeof(GROUP_AFFINITY));
    if (Numa != NULL) {
        Numa->ActiveProcessorsGroupAffinity[0].Mask = KiActiveProcessors;
    }
}

// A BIOS.
static VOID ExpQuerySecureBoot(EXP_ANSWER *Answer)
{
    ExpAppend(Answer, sizeof(SYSTEM_SECUREBOOT_INFORMATION));
}

typedef VOID (*EXP_QUERY_ROUTINE)(EXP_ANSWER *Answer);

static const struct {
    ULONG Class;
    BOOLEAN ExactLength;
    BOOLEAN MayBeCut; // what fits of it is an answer
    EXP_QUERY_ROUTINE Query;
} ExpSystemClasses[] = {
    {SystemBasicInformation, TRUE, FALSE, ExpQueryBasic},
    {SystemEmulationBasicInformation, TRUE, FALSE, ExpQueryBasic},
    {SystemProcessorInformation, FALSE, FALSE, ExpQueryProcessor},
    {SystemPerformanceInformation, FALSE, FALSE, ExpQueryPerformance},
    {SystemTimeOfDayInformation, FALSE, TRUE, ExpQueryTimeOfDay},
    {SystemProcessInformation, FALSE, FALSE, ExpQueryProcesses},
    {SystemProcessorPerformanceInformation, FALSE, FALSE, ExpQueryProcessorTimes},
    {SystemFlagsInformation, TRUE, FALSE, ExpQueryFlags},
    {SystemModuleInformation, FALSE, FALSE, ExpQueryModules},
    {SystemModuleInformationEx, FALSE, FALSE, ExpQueryModulesEx},
    {SystemHandleInformation, FALSE, FALSE, ExpQueryHandles},
    {SystemExtendedHandleInformation, FALSE, FALSE, ExpQueryHandlesEx},
    {SystemBigPoolInformation, FALSE, FALSE, ExpQueryBigPool},
    {SystemLookasideInformation, FALSE, FALSE, ExpQueryLookasides},
    {SystemPoolTagInformation, FALSE, FALSE, ExpQueryPoolTags},
    {SystemTimeAdjustmentInformation, TRUE, FALSE, ExpQueryTimeAdjustment},
    {SystemKernelDebuggerInformation, FALSE, FALSE, ExpQueryDebugger},
    {SystemKernelDebuggerInformationEx, FALSE, FALSE, ExpQueryDebuggerEx},
    {SystemRangeStartInformation, TRUE, FALSE, ExpQueryRangeStart},
    {SystemNumaProcessorMap, FALSE, FALSE, ExpQueryNumaMap},
    {SystemSecureBootInformation, FALSE, FALSE, ExpQuerySecureBoot},
};

static NTSTATUS ExpReturnLength(PULONG ReturnLength, ULONG Bytes, NTSTATUS Status)
{
    __try {
        if (ReturnLength != NULL) {
            *ReturnLength = Bytes;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return Status;
}

static NTSTATUS ExpGather(ULONG Row, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    EXP_ANSWER Answer = {.Destination = Buffer};
    NTSTATUS Status = STATUS_SUCCESS;
    ExpSystemClasses[Row].Query(&Answer);
    if (Answer.Failed) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto FreeAnswer;
    }
    ULONG Bytes = Answer.Bytes;
    if (ExpSystemClasses[Row].MayBeCut) {
        // Of a length that is too large Windows says the same as of one that is too small.
        Status = Length > Bytes ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
        Bytes = Length < Bytes ? Length : Bytes;
    } else if (Length < Bytes || (ExpSystemClasses[Row].ExactLength && Length != Bytes)) {
        Status = STATUS_INFO_LENGTH_MISMATCH;
    }
    if (NT_SUCCESS(Status)) {
        __try {
            RtlCopyMemory(Buffer, Answer.Data, Bytes);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
    }
    if (NT_SUCCESS(Status) || Status == STATUS_INFO_LENGTH_MISMATCH) {
        Status = ExpReturnLength(ReturnLength, Bytes, Status);
    }
FreeAnswer:
    if (Answer.Data != NULL) {
        ExFreePoolWithTag(Answer.Data, TAG_SYSTEM_ANSWER);
    }
    return Status;
}

// ---- Classes that read what they are given

// No check of signatures is ever made: no option is on.
static NTSTATUS ExpQueryCodeIntegrity(PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    SYSTEM_CODEINTEGRITY_INFORMATION *Integrity = Buffer;
    if (Length != sizeof(*Integrity)) {
        return ExpReturnLength(ReturnLength, sizeof(*Integrity), STATUS_INFO_LENGTH_MISMATCH);
    }
    __try {
        if (Integrity->Length != sizeof(*Integrity)) {
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        Integrity->CodeIntegrityOptions = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return ExpReturnLength(ReturnLength, sizeof(*Integrity), STATUS_SUCCESS);
}

// No provider is registered.
static NTSTATUS ExpQueryFirmwareTable(PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    UNREFERENCED_PARAMETER(Buffer);
    const ULONG Bytes = FIELD_OFFSET(SYSTEM_FIRMWARE_TABLE_INFORMATION, TableBuffer);
    return Length < Bytes ? ExpReturnLength(ReturnLength, Bytes, STATUS_INFO_LENGTH_MISMATCH)
                          : ExpReturnLength(ReturnLength, 0, STATUS_NOT_IMPLEMENTED);
}

static NTSTATUS ExpReturnImageName(PCUNICODE_STRING Path, SYSTEM_PROCESS_ID_INFORMATION *Query,
                                   KPROCESSOR_MODE Mode)
{
    static const UNICODE_STRING None;
    PCUNICODE_STRING Name = Path != NULL ? Path : &None;
    USHORT Bytes = Name->Length != 0 ? (USHORT)(Name->Length + sizeof(WCHAR)) : 0;
    __try {
        USHORT Room = Query->ImageName.MaximumLength;
        PWCH Text = Query->ImageName.Buffer;
        if (Query->ImageName.Length != 0 || Room % sizeof(WCHAR) != 0) {
            return STATUS_INVALID_PARAMETER;
        }
        if (Room < Bytes) {
            Query->ImageName.MaximumLength = Bytes;
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        if (Mode != KernelMode) {
            ProbeForWrite(Text, Room, sizeof(WCHAR));
        }
        if (Bytes != 0) {
            RtlCopyMemory(Text, Name->Buffer, Name->Length);
            Text[Name->Length / sizeof(WCHAR)] = L'\0';
        }
        Query->ImageName.Length = Name->Length;
        Query->ImageName.MaximumLength = Bytes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryProcessId(PVOID Buffer, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    SYSTEM_PROCESS_ID_INFORMATION *Query = Buffer;
    PEPROCESS Process;
    HANDLE Id;
    if (Length != sizeof(*Query)) {
        return ExpReturnLength(ReturnLength, sizeof(*Query), STATUS_INFO_LENGTH_MISMATCH);
    }
    __try {
        Id = Query->ProcessId;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    NTSTATUS Status = PsLookupProcessByProcessId(Id, &Process);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ExpReturnImageName(Process->ImagePathName, Query, Mode);
    ObfDereferenceObject(Process);
    return ExpReturnLength(ReturnLength, sizeof(*Query), Status);
}

static NTSTATUS ExpProbeQuery(PVOID Buffer, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    if (Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    __try {
        ProbeForWrite(Buffer, Length, sizeof(UCHAR));
        if (ReturnLength != NULL) {
            ProbeForWrite(ReturnLength, sizeof(ULONG), sizeof(ULONG));
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// STATUS_INVALID_INFO_CLASS; STATUS_INFO_LENGTH_MISMATCH: Buffer is too small, or has not the class's size,
// nothing is written to it, and *ReturnLength is what the answer takes; STATUS_ACCESS_VIOLATION for user
// mode; STATUS_INSUFFICIENT_RESOURCES. SystemFirmwareTableInformation: STATUS_NOT_IMPLEMENTED, no provider.
// SystemProcessIdInformation: STATUS_INVALID_CID. IRQL PASSIVE_LEVEL. (winternl, NtQuerySystemInformation)
NTSTATUS NTAPI NtQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    NTSTATUS Status = ExpProbeQuery(Buffer, Length, ReturnLength, Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    switch (Class) {
    case SystemCodeIntegrityInformation: return ExpQueryCodeIntegrity(Buffer, Length, ReturnLength);
    case SystemFirmwareTableInformation: return ExpQueryFirmwareTable(Buffer, Length, ReturnLength);
    case SystemProcessIdInformation: return ExpQueryProcessId(Buffer, Length, ReturnLength, Mode);
    default:
        for (ULONG Row = 0; Row < RTL_NUMBER_OF(ExpSystemClasses); Row += 1) {
            if (ExpSystemClasses[Row].Class == Class) {
                return ExpGather(Row, Buffer, Length, ReturnLength);
            }
        }
        return STATUS_INVALID_INFO_CLASS;
    }
}

KI_DEFINE_ZW(QuerySystemInformation, (ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength),
             (Class, Buffer, Length, ReturnLength))
