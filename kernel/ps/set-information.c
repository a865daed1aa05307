// SPDX-License-Identifier: MIT
// NtSetInformationProcess and NtSetInformationThread, class by class.
#include "inc/kernel.h"

NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Buffer,
                                       ULONG Length);

// Reads what is set, which must be Bytes of it.
static NTSTATUS PspCaptureSetting(PVOID Copy, const VOID *Buffer, ULONG Length, ULONG Bytes,
                                  KPROCESSOR_MODE Mode)
{
    if (Length != Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForRead((PVOID)(ULONG_PTR)Buffer, Bytes, Bytes < sizeof(ULONG) ? 1 : sizeof(ULONG));
        }
        RtlCopyMemory(Copy, Buffer, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

#define PSP_POWER_THROTTLING_VERSION 1
#define PSP_POWER_THROTTLING_FLAGS   1u // POWER_THROTTLING_THREAD_EXECUTION_SPEED

typedef union _PSP_SETTING {
    LONG Long;
    PVOID Pointer;
    KAFFINITY Affinity;
    PSP_PRIORITY_CLASS PriorityClass;
    struct {
        ULONG Version, ControlMask, StateMask;
    } PowerThrottling;
} PSP_SETTING;

typedef NTSTATUS (*PSP_SET_ROUTINE)(PVOID Object, const PSP_SETTING *Setting);

typedef struct _PSP_SET_CLASS {
    ULONG Class;
    ULONG Bytes;
    PSP_SET_ROUTINE Set;
} PSP_SET_CLASS;

static BOOLEAN PspIsPagePriority(LONG Priority)
{
    return Priority >= 1 && Priority <= PSP_PAGE_PRIORITY_NORMAL; // MEMORY_PRIORITY_*
}

// ---- A process's

static NTSTATUS PspSetBasePriority(PVOID Object, const PSP_SETTING *Setting)
{
    if (Setting->Long <= LOW_PRIORITY || Setting->Long > HIGH_PRIORITY) {
        return STATUS_INVALID_PARAMETER;
    }
    KiSetPriorityProcess(Object, Setting->Long);
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetPriorityClass(PVOID Object, const PSP_SETTING *Setting)
{
    static const UCHAR Priorities[] = {
        [PSP_PRIORITY_CLASS_IDLE] = 4,         [PSP_PRIORITY_CLASS_NORMAL] = 8,
        [PSP_PRIORITY_CLASS_HIGH] = 13,        [PSP_PRIORITY_CLASS_REALTIME] = 24,
        [PSP_PRIORITY_CLASS_BELOW_NORMAL] = 6, [PSP_PRIORITY_CLASS_ABOVE_NORMAL] = 10,
    };
    PEPROCESS Process = Object;
    UCHAR Class = Setting->PriorityClass.PriorityClass;
    if (Class >= RTL_NUMBER_OF(Priorities) || Priorities[Class] == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Process->PriorityClass = Class;
    KiSetPriorityProcess(Process, Priorities[Class]);
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetHardErrorMode(PVOID Object, const PSP_SETTING *Setting)
{
    ((PEPROCESS)Object)->DefaultHardErrorProcessing = (ULONG)Setting->Long;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetBreakOnTermination(PVOID Object, const PSP_SETTING *Setting)
{
    ((PEPROCESS)Object)->BreakOnTermination = Setting->Long != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetProcessPagePriority(PVOID Object, const PSP_SETTING *Setting)
{
    if (!PspIsPagePriority(Setting->Long)) {
        return STATUS_INVALID_PARAMETER;
    }
    ((PEPROCESS)Object)->PagePriority = (UCHAR)Setting->Long;
    return STATUS_SUCCESS;
}

static const PSP_SET_CLASS PspProcessSettings[] = {
    {ProcessBasePriority, sizeof(KPRIORITY), PspSetBasePriority},
    {ProcessDefaultHardErrorMode, sizeof(ULONG), PspSetHardErrorMode},
    {ProcessPriorityClass, sizeof(PSP_PRIORITY_CLASS), PspSetPriorityClass},
    {ProcessBreakOnTermination, sizeof(ULONG), PspSetBreakOnTermination},
    {ProcessPagePriority, sizeof(ULONG), PspSetProcessPagePriority},
};

// ---- A thread's

static NTSTATUS PspSetThreadPriority(PVOID Object, const PSP_SETTING *Setting)
{
    if (Setting->Long <= LOW_PRIORITY || Setting->Long > HIGH_PRIORITY) {
        return STATUS_INVALID_PARAMETER;
    }
    KeSetPriorityThread(Object, Setting->Long);
    return STATUS_SUCCESS;
}

#define PSP_BASE_PRIORITY_MAX      2  // THREAD_BASE_PRIORITY_*
#define PSP_BASE_PRIORITY_SATURATE 16 // as far as the priority class goes

static NTSTATUS PspSetThreadBasePriority(PVOID Object, const PSP_SETTING *Setting)
{
    LONG Increment = Setting->Long;
    PETHREAD Thread = Object;
    if ((Increment > PSP_BASE_PRIORITY_MAX || Increment < -PSP_BASE_PRIORITY_MAX) &&
        Increment != PSP_BASE_PRIORITY_SATURATE && Increment != -PSP_BASE_PRIORITY_SATURATE &&
        Thread->Tcb.Process->PriorityClass != PSP_PRIORITY_CLASS_REALTIME) {
        return STATUS_INVALID_PARAMETER;
    }
    KeSetBasePriorityThread(&Thread->Tcb, Increment);
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetActualBasePriority(PVOID Object, const PSP_SETTING *Setting)
{
    return PspSetThreadPriority(Object, Setting);
}

static NTSTATUS PspSetStartAddress(PVOID Object, const PSP_SETTING *Setting)
{
    ((PETHREAD)Object)->Win32StartAddress = Setting->Pointer;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetHidden(PVOID Object, const PSP_SETTING *Setting)
{
    UNREFERENCED_PARAMETER(Setting);
    ((PETHREAD)Object)->HideFromDebugger = TRUE;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadBreakOnTermination(PVOID Object, const PSP_SETTING *Setting)
{
    ((PETHREAD)Object)->BreakOnTermination = Setting->Long != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetThreadPagePriority(PVOID Object, const PSP_SETTING *Setting)
{
    if (!PspIsPagePriority(Setting->Long)) {
        return STATUS_INVALID_PARAMETER;
    }
    ((PETHREAD)Object)->PagePriority = (UCHAR)Setting->Long;
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetPowerThrottling(PVOID Object, const PSP_SETTING *Setting)
{
    PETHREAD Thread = Object;
    ULONG Control = Setting->PowerThrottling.ControlMask, State = Setting->PowerThrottling.StateMask;
    if (Setting->PowerThrottling.Version != PSP_POWER_THROTTLING_VERSION ||
        (Control & ~PSP_POWER_THROTTLING_FLAGS) != 0 || (State & ~Control) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Thread->PowerThrottling[0] = Control;
    Thread->PowerThrottling[1] = State;
    return STATUS_SUCCESS;
}

#define PSP_THREAD_POWER_THROTTLING 49

static const PSP_SET_CLASS PspThreadSettings[] = {
    {ThreadPriority, sizeof(KPRIORITY), PspSetThreadPriority},
    {ThreadBasePriority, sizeof(LONG), PspSetThreadBasePriority},
    {ThreadQuerySetWin32StartAddress, sizeof(PVOID), PspSetStartAddress},
    {ThreadHideFromDebugger, 0, PspSetHidden},
    {ThreadBreakOnTermination, sizeof(ULONG), PspSetThreadBreakOnTermination},
    {ThreadPagePriority, sizeof(ULONG), PspSetThreadPagePriority},
    {ThreadActualBasePriority, sizeof(LONG), PspSetActualBasePriority},
    {PSP_THREAD_POWER_THROTTLING, 3 * sizeof(ULONG), PspSetPowerThrottling},
};

// ---- The services

static NTSTATUS PspSetInformation(const PSP_SET_CLASS *Classes, ULONG Count, ULONG Class, HANDLE Handle,
                                  ACCESS_MASK Access, POBJECT_TYPE Type, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PSP_SETTING Setting = {0};
    ULONG Row = 0;
    PVOID Object;
    while (Row < Count && Classes[Row].Class != Class) {
        Row += 1;
    }
    if (Row == Count) {
        return STATUS_INVALID_INFO_CLASS;
    }
    NTSTATUS Status = PspCaptureSetting(&Setting, Buffer, Length, Classes[Row].Bytes, Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, Access, Type, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Classes[Row].Set(Object, &Setting);
    ObfDereferenceObject(Object);
    return Status;
}

// STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_PARAMETER (the value is none of the
// class), STATUS_DATATYPE_MISALIGNMENT, STATUS_ACCESS_VIOLATION, and what ObReferenceObjectByHandle returns:
// PROCESS_SET_INFORMATION is needed. IRQL PASSIVE_LEVEL. (ntifs, ZwSetInformationProcess)
NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Buffer,
                                       ULONG Length)
{
    return PspSetInformation(PspProcessSettings, RTL_NUMBER_OF(PspProcessSettings), (ULONG)Class,
                             ProcessHandle, PROCESS_SET_INFORMATION, PsProcessType, Buffer, Length);
}

KI_DEFINE_ZW(SetInformationProcess,
             (HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Buffer, ULONG Length),
             (ProcessHandle, Class, Buffer, Length))

// As above: THREAD_SET_INFORMATION is needed. (ntddk, ZwSetInformationThread)
NTSTATUS NTAPI NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Buffer, ULONG Length)
{
    if (Class == ThreadImpersonationToken) {
        return PspSetImpersonationToken(ThreadHandle, Buffer, Length);
    }
    return PspSetInformation(PspThreadSettings, RTL_NUMBER_OF(PspThreadSettings), (ULONG)Class, ThreadHandle,
                             THREAD_SET_INFORMATION, PsThreadType, Buffer, Length);
}

KI_DEFINE_ZW(SetInformationThread, (HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Buffer, ULONG Length),
             (ThreadHandle, Class, Buffer, Length))
