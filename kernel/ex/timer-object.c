// SPDX-License-Identifier: MIT
// Timer objects: a KTIMER with a name, handles, and an APC for the thread that has set it. No page of the
// driver kit's documents the services any more: as the Windows Driver Kit 7's pages and CreateWaitableTimer's
// have it.
#include "inc/kernel.h"
#include "ex/timer-object.h"

POBJECT_TYPE ExTimerObjectType;

#define EXP_TIMER_QUERY_STATE  0x0001
#define EXP_TIMER_MODIFY_STATE 0x0002
#define EXP_TIMER_ALL_ACCESS                                                                                 \
    (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | EXP_TIMER_QUERY_STATE | EXP_TIMER_MODIFY_STATE)

typedef struct _EXP_TIMER {
    KTIMER Timer; // first: it is waited for
    KDPC Dpc;
    KAPC Apc; // holds a reference while it is queued
    LONG Period;
    BOOLEAN Resume;  // wakes the system
    PETHREAD Thread; // that the APC is for; NULL: there is none
    LIST_ENTRY ThreadEntry;
} EXP_TIMER, *PEXP_TIMER;

static KSPIN_LOCK ExpTimerApcLock; // Thread and Apc of every timer, ETHREAD.TimerList

// TRUE: the APC was queued, and its reference is the caller's to give up. ExpTimerApcLock is held, here and
// in ExpCancel.
static BOOLEAN ExpDetachApc(PEXP_TIMER Timer)
{
    if (Timer->Thread == NULL) {
        return FALSE;
    }
    RemoveEntryList(&Timer->ThreadEntry);
    Timer->Thread = NULL;
    return KeRemoveQueueApc(&Timer->Apc);
}

// TRUE if it was set.
static BOOLEAN ExpCancel(PEXP_TIMER Timer, BOOLEAN *ApcWasQueued)
{
    BOOLEAN WasSet = KeCancelTimer(&Timer->Timer);
    KeRemoveQueueDpc(&Timer->Dpc);
    *ApcWasQueued = ExpDetachApc(Timer);
    return WasSet;
}

static VOID NTAPI ExpDeleteTimerObject(PVOID Object)
{
    PEXP_TIMER Timer = Object;
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&ExpTimerApcLock);
    BOOLEAN ApcWasQueued;
    ExpCancel(Timer, &ApcWasQueued); // FALSE: a queued one has a reference
    KeReleaseSpinLock(&ExpTimerApcLock, OldIrql);
    // It may run on another processor.
    KeFlushQueuedDpcs();
}

static const OB_TYPE_DESCRIPTION ExpTimerDescription = {
    .Name = L"Timer",
    .GenericMapping = {STANDARD_RIGHTS_READ | EXP_TIMER_QUERY_STATE,
                       STANDARD_RIGHTS_WRITE | EXP_TIMER_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
                       EXP_TIMER_ALL_ACCESS},
    .ValidAccessMask = EXP_TIMER_ALL_ACCESS,
    .Delete = ExpDeleteTimerObject,
};

NTSTATUS ExpInitializeTimers(VOID)
{
    return ObpCreateType(&ExpTimerDescription, &ExTimerObjectType);
}

static VOID NTAPI ExpTimerApcRundown(PKAPC Apc)
{
    ObDereferenceObjectDeferDelete(CONTAINING_RECORD(Apc, EXP_TIMER, Apc));
}

static VOID NTAPI ExpTimerApc(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                              PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    PEXP_TIMER Timer = CONTAINING_RECORD(Apc, EXP_TIMER, Apc);
    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&ExpTimerApcLock);
    if (Timer->Thread == PsGetCurrentThread() && Timer->Period == 0) {
        RemoveEntryList(&Timer->ThreadEntry);
        Timer->Thread = NULL;
    }
    KeReleaseSpinLock(&ExpTimerApcLock, OldIrql);
    ObDereferenceObjectDeferDelete(Timer);
}

static VOID NTAPI ExpTimerObjectDpc(PKDPC Dpc, PVOID Context, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PEXP_TIMER Timer = Context;
    LARGE_INTEGER Now = {0};
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    KeQuerySystemTime(&Now);
    BOOLEAN Queued = TRUE;
    KeAcquireSpinLockAtDpcLevel(&ExpTimerApcLock);
    BOOLEAN Resume = Timer->Resume;
    // It may be on its way to deletion, which waits for this routine.
    if (Timer->Thread != NULL && ObReferenceObjectSafe(Timer)) {
        Queued = KeInsertQueueApc(&Timer->Apc, (PVOID)(ULONG_PTR)Now.LowPart, (PVOID)(LONG_PTR)Now.HighPart,
                                  IO_NO_INCREMENT);
    }
    KeReleaseSpinLockFromDpcLevel(&ExpTimerApcLock);
    if (!Queued) {
        ObDereferenceObjectDeferDelete(Timer);
    }
    if (Resume) {
        PopWakeSystem();
    }
}

VOID ExpRundownTimers(PETHREAD Thread)
{
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&ExpTimerApcLock);
    while (!IsListEmpty(&Thread->TimerList)) {
        PEXP_TIMER Timer = CONTAINING_RECORD(Thread->TimerList.Flink, EXP_TIMER, ThreadEntry);
        BOOLEAN ApcWasQueued;
        ExpCancel(Timer, &ApcWasQueued);
        if (ApcWasQueued) {
            ObDereferenceObjectDeferDelete(Timer);
        }
    }
    KeReleaseSpinLock(&ExpTimerApcLock, OldIrql);
}

// ---- The services

static VOID ExpInitializeTimer(PVOID Object, const VOID *Context)
{
    PEXP_TIMER Timer = Object;
    RtlZeroMemory(Timer, sizeof(*Timer));
    KeInitializeTimerEx(&Timer->Timer, *(const TIMER_TYPE *)Context);
    KeInitializeDpc(&Timer->Dpc, ExpTimerObjectDpc, Timer);
}

// STATUS_INVALID_PARAMETER_4: no TIMER_TYPE. Else as ObpCreateForService.
NTSTATUS NTAPI NtCreateTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, TIMER_TYPE TimerType)
{
    if (TimerType != NotificationTimer && TimerType != SynchronizationTimer) {
        return STATUS_INVALID_PARAMETER_4;
    }
    return ObpCreateForService(ExTimerObjectType, sizeof(EXP_TIMER), ExpInitializeTimer, &TimerType,
                               ObjectAttributes, DesiredAccess, TimerHandle);
}

KI_DEFINE_ZW(CreateTimer,
             (PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              TIMER_TYPE TimerType),
             (TimerHandle, DesiredAccess, ObjectAttributes, TimerType))

NTSTATUS NTAPI NtOpenTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObpOpenForService(ExTimerObjectType, ObjectAttributes, DesiredAccess, TimerHandle);
}

KI_DEFINE_ZW(OpenTimer, (PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
             (TimerHandle, DesiredAccess, ObjectAttributes))

static NTSTATUS ExpReturnState(BOOLEAN State, PBOOLEAN Destination, KPROCESSOR_MODE Mode)
{
    if (Destination == NULL) {
        return STATUS_SUCCESS;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Destination, sizeof(*Destination), sizeof(BOOLEAN));
        }
        *Destination = State;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ExpReferenceTimer(HANDLE Handle, PEXP_TIMER *Timer)
{
    return ObReferenceObjectByHandle(Handle, EXP_TIMER_MODIFY_STATE, ExTimerObjectType, KeGetPreviousMode(),
                                     (PVOID *)Timer, NULL);
}

// *CurrentState, which is optional, says whether the timer is signaled: that stays as it is. A queued APC is
// taken back. What ObReferenceObjectByHandle returns (TIMER_MODIFY_STATE is needed).
NTSTATUS NTAPI NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState)
{
    PEXP_TIMER Timer;
    BOOLEAN ApcWasQueued;
    NTSTATUS Status = ExpReferenceTimer(TimerHandle, &Timer);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&ExpTimerApcLock);
    ExpCancel(Timer, &ApcWasQueued);
    BOOLEAN State = KeReadStateTimer(&Timer->Timer);
    KeReleaseSpinLock(&ExpTimerApcLock, OldIrql);
    if (ApcWasQueued) {
        ObfDereferenceObject(Timer);
    }
    ObfDereferenceObject(Timer);
    return ExpReturnState(State, CurrentState, KeGetPreviousMode());
}

KI_DEFINE_ZW(CancelTimer, (HANDLE TimerHandle, PBOOLEAN CurrentState), (TimerHandle, CurrentState))

typedef struct _EXP_TIMER_SETTING {
    LARGE_INTEGER DueTime;
    PTIMER_APC_ROUTINE ApcRoutine;
    PVOID Context;
    LONG Period;
    BOOLEAN Resume;
} EXP_TIMER_SETTING;

// *State: whether it was signaled before.
static NTSTATUS ExpSetTimerObject(HANDLE Handle, const EXP_TIMER_SETTING *Setting, BOOLEAN *State)
{
    PEXP_TIMER Timer;
    BOOLEAN ApcWasQueued;
    PETHREAD Thread = PsGetCurrentThread();
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    NTSTATUS Status = ExpReferenceTimer(Handle, &Timer);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&ExpTimerApcLock);
    ExpCancel(Timer, &ApcWasQueued);
    *State = KeReadStateTimer(&Timer->Timer);
    Timer->Period = Setting->Period;
    Timer->Resume = Setting->Resume;
    if (Setting->ApcRoutine != NULL) {
        KeInitializeApc(&Timer->Apc, &Thread->Tcb, CurrentApcEnvironment, ExpTimerApc, ExpTimerApcRundown,
                        (PKNORMAL_ROUTINE)(PVOID)Setting->ApcRoutine, Mode, Setting->Context);
        Timer->Thread = Thread;
        InsertTailList(&Thread->TimerList, &Timer->ThreadEntry);
    }
    KeSetTimerEx(&Timer->Timer, Setting->DueTime, Setting->Period,
                 Setting->ApcRoutine != NULL || Setting->Resume ? &Timer->Dpc : NULL);
    KeReleaseSpinLock(&ExpTimerApcLock, OldIrql);
    if (ApcWasQueued) {
        ObfDereferenceObject(Timer);
    }
    ObfDereferenceObject(Timer);
    return STATUS_SUCCESS;
}

// DueTime: relative if negative. TimerApcRoutine NULL: no APC. Period: milliseconds, 0: once.
// *PreviousState, which is optional, says whether the timer was signaled: it is not any more.
// ResumeTimer: it wakes the system if that sleeps. STATUS_INVALID_PARAMETER_6: Period is negative. What
// ObReferenceObjectByHandle returns (TIMER_MODIFY_STATE is needed).
NTSTATUS NTAPI NtSetTimer(HANDLE TimerHandle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE TimerApcRoutine,
                          PVOID TimerContext, BOOLEAN ResumeTimer, LONG Period, PBOOLEAN PreviousState)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    EXP_TIMER_SETTING Setting = {
        .ApcRoutine = TimerApcRoutine, .Context = TimerContext, .Period = Period, .Resume = ResumeTimer};
    BOOLEAN State;
    if (Period < 0) {
        return STATUS_INVALID_PARAMETER_6;
    }
    NTSTATUS Status = ObpCaptureTime(DueTime, &Setting.DueTime, Mode);
    if (NT_SUCCESS(Status)) {
        Status = ExpSetTimerObject(TimerHandle, &Setting, &State);
    }
    if (NT_SUCCESS(Status)) {
        Status = ExpReturnState(State, PreviousState, Mode);
    }
    return Status;
}

KI_DEFINE_ZW(SetTimer,
             (HANDLE TimerHandle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE TimerApcRoutine,
              PVOID TimerContext, BOOLEAN ResumeTimer, LONG Period, PBOOLEAN PreviousState),
             (TimerHandle, DueTime, TimerApcRoutine, TimerContext, ResumeTimer, Period, PreviousState))

// As NtSetTimer, with a delay that is tolerated, of which no use is made; a WakeContext is ResumeTimer.
// STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH; STATUS_INVALID_PARAMETER: Period or TolerableDelay
// is above MAXLONG.
NTSTATUS NTAPI NtSetTimerEx(HANDLE TimerHandle, TIMER_SET_INFORMATION_CLASS InformationClass,
                            PVOID Information, ULONG Length)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    TIMER_SET_COALESCABLE_TIMER_INFO Info;
    BOOLEAN State;
    if (InformationClass != TimerSetCoalescableTimer) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length != sizeof(Info)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(Information, sizeof(Info), sizeof(ULONG));
        }
        Info = *(volatile TIMER_SET_COALESCABLE_TIMER_INFO *)Information;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Info.Period > MAXLONG || Info.TolerableDelay > MAXLONG) {
        return STATUS_INVALID_PARAMETER;
    }
    const EXP_TIMER_SETTING Setting = {Info.DueTime, Info.TimerApcRoutine, Info.TimerContext,
                                       (LONG)Info.Period, Info.WakeContext != NULL};
    NTSTATUS Status = ExpSetTimerObject(TimerHandle, &Setting, &State);
    if (NT_SUCCESS(Status)) {
        Status = ExpReturnState(State, Info.PreviousState, Mode);
    }
    return Status;
}

KI_DEFINE_ZW(SetTimerEx,
             (HANDLE TimerHandle, TIMER_SET_INFORMATION_CLASS InformationClass, PVOID Information,
              ULONG Length),
             (TimerHandle, InformationClass, Information, Length))
