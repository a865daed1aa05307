// SPDX-License-Identifier: MIT
// Timers that the system allocates (EX_TIMER): a timer of the dispatcher's, with a period of any length and
// a routine that is called as a DPC.
//
// Deletion and what is under way: all state is under the dispatcher lock. An expiration has begun when the
// timer is out of the dispatcher's table and its DPC is queued; the DPC that ends last frees a timer that has
// been deleted in the meantime, unless somebody waits to do it.
#include "inc/kernel.h"

struct _EX_TIMER {
    KI_LONG_TIMER Timer; // first: drivers wait for it
    KDPC Dpc;
    PEXT_CALLBACK Callback;
    PVOID Context;
    ULONG Attributes;
    BOOLEAN Deleted;
    PKEVENT Waiter; // of who deletes it and waits
    PEXT_DELETE_CALLBACK DeleteCallback;
    PVOID DeleteContext;
};

// What bugcodes.h has and the headers here lack.
#ifndef TIMER_OR_DPC_INVALID
#define TIMER_OR_DPC_INVALID 0x000000C7
#endif

#define EXP_TIMER_ATTRIBUTES (EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE | EX_TIMER_NOTIFICATION)

// Misuse that is documented to bug-check, by a code that is not: the timer, and what was wrong with it.
static DECLSPEC_NORETURN VOID ExpBadTimer(PEX_TIMER Timer, ULONG_PTR Value)
{
    KeBugCheckEx(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)Timer, Value, 0);
}

// The dispatcher lock is held.
static inline BOOLEAN ExpIsTimerBusy(PEX_TIMER Timer)
{
    return Timer->Timer.Timer.Header.Inserted || Timer->Timer.Expirations != 0;
}

// Timer is deleted, and nothing of it is under way.
static VOID ExpFreeTimer(PEX_TIMER Timer)
{
    PEXT_DELETE_CALLBACK DeleteCallback = Timer->DeleteCallback;
    PVOID Context = Timer->DeleteContext;
    ExFreePoolWithTag(Timer, TAG_EX_TIMER);
    if (DeleteCallback != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "EXT_DELETE_CALLBACK", DeleteCallback, 1, Context);
        DeleteCallback(Context);
        ViLeaveCallback(&Callback, 0);
    }
}

static VOID NTAPI ExpTimerDpc(PKDPC Dpc, PVOID Context, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PEX_TIMER Timer = Context;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    if (Timer->Callback != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "EXT_CALLBACK", Timer->Callback, 2, Timer, Timer->Context);
        Timer->Callback(Timer, Timer->Context);
        ViLeaveCallback(&Callback, 0);
    }
    KIRQL OldIrql = KiLockDispatcher();
    Timer->Timer.Expirations -= 1;
    BOOLEAN Ends = Timer->Deleted && !ExpIsTimerBusy(Timer);
    PKEVENT Waiter = Timer->Waiter;
    KiUnlockDispatcher(OldIrql);
    if (Ends && Waiter != NULL) {
        KeSetEvent(Waiter, IO_NO_INCREMENT, FALSE);
    } else if (Ends) {
        ExpFreeTimer(Timer);
    }
}

// Attributes: EX_TIMER_*. NULL: no memory. Both EX_TIMER_HIGH_RESOLUTION and EX_TIMER_NO_WAKE, or an unknown
// attribute: bug check. IRQL <= DISPATCH_LEVEL.
PEX_TIMER NTAPI ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes)
{
    const ULONG Exclusive = EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE;
    if ((Attributes & ~(ULONG)EXP_TIMER_ATTRIBUTES) != 0 || (Attributes & Exclusive) == Exclusive) {
        ExpBadTimer(NULL, Attributes);
    }
    PEX_TIMER Timer = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Timer), TAG_EX_TIMER);
    if (Timer != NULL) {
        KeInitializeTimerEx(&Timer->Timer.Timer, (Attributes & EX_TIMER_NOTIFICATION) != 0
                                                     ? NotificationTimer
                                                     : SynchronizationTimer);
        KeInitializeDpc(&Timer->Dpc, ExpTimerDpc, Timer);
        Timer->Callback = Callback;
        Timer->Context = CallbackContext;
        Timer->Attributes = Attributes;
    }
    return Timer;
}

// DueTime: relative if negative, and it must be for a high-resolution timer, else system time. Period: 100 ns
// units up to MAXLONG, 0 for once. Parameters: its NoWakeTolerance, 0 or more or
// EX_TIMER_UNLIMITED_TOLERANCE, lets a processor sleep on, which none here does. Bug check otherwise. TRUE if
// the timer was set already; FALSE, and nothing done, if it is deleted. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period, PEXT_SET_PARAMETERS Parameters)
{
    LARGE_INTEGER Due = {.QuadPart = DueTime};
    if ((DueTime >= 0 && (Timer->Attributes & EX_TIMER_HIGH_RESOLUTION) != 0) || Period < 0 ||
        Period > MAXLONG) {
        ExpBadTimer(Timer, (ULONG_PTR)(Period < 0 || Period > MAXLONG ? Period : DueTime));
    }
    if (Parameters != NULL && Parameters->NoWakeTolerance < EX_TIMER_UNLIMITED_TOLERANCE) {
        ExpBadTimer(Timer, (ULONG_PTR)Parameters->NoWakeTolerance);
    }
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN WasSet = FALSE;
    if (!Timer->Deleted) {
        WasSet = KiSetLongTimer(&Timer->Timer, Due, (ULONG64)Period, &Timer->Dpc);
    }
    KiUnlockDispatcher(OldIrql);
    return WasSet;
}

// Parameters is NULL. TRUE if the timer was set; its callback may be running still. FALSE, too, if it is
// deleted. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Parameters);
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN WasSet = !Timer->Deleted && KiRemoveTimer(&Timer->Timer.Timer);
    KiUnlockDispatcher(OldIrql);
    return WasSet;
}

// Disables the timer, and frees it once nothing of it is under way; then DeleteCallback of Parameters, if
// any, is called. Cancel: a set timer is cancelled; else it expires once more, and is no longer periodic.
// Wait, which needs Cancel (else: bug check) and IRQL <= APC_LEVEL: returns when all that is over. TRUE if
// the timer was set and is cancelled. FALSE, and nothing done, if it is deleted already. Else IRQL <=
// DISPATCH_LEVEL.
BOOLEAN NTAPI ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait, PEXT_DELETE_PARAMETERS Parameters)
{
    KEVENT Event;
    if (Wait && !Cancel) {
        ExpBadTimer(Timer, Wait);
    }
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    KIRQL OldIrql = KiLockDispatcher();
    if (Timer->Deleted) {
        KiUnlockDispatcher(OldIrql);
        return FALSE;
    }
    Timer->Deleted = TRUE;
    if (Parameters != NULL) {
        Timer->DeleteCallback = Parameters->DeleteCallback;
        Timer->DeleteContext = Parameters->DeleteContext;
    }
    BOOLEAN WasSet = Cancel && KiRemoveTimer(&Timer->Timer.Timer);
    Timer->Timer.Period = 0;
    Timer->Timer.Timer.Period = 0;
    BOOLEAN Busy = ExpIsTimerBusy(Timer);
    if (Busy && Wait) {
        Timer->Waiter = &Event;
    }
    KiUnlockDispatcher(OldIrql);
    if (Busy && !Wait) {
        return WasSet;
    }
    if (Busy) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    ExpFreeTimer(Timer);
    return WasSet;
}

// ---- The clock's resolution

#define EXP_FINEST_RESOLUTION 5000 // 100 ns: 0.5 ms

static KSPIN_LOCK ExpResolutionLock;
static ULONG ExpResolution = KI_TIME_INCREMENT;
static ULONG ExpResolutionRequests;

// Timers expire at their time whatever the resolution is; what is asked for is kept and told. DesiredTime:
// 100 ns units. Returns the resolution that there is now. IRQL <= APC_LEVEL.
ULONG NTAPI ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution)
{
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&ExpResolutionLock);
    if (SetResolution) {
        ExpResolutionRequests += 1;
        ExpResolution = min(ExpResolution, max(DesiredTime, EXP_FINEST_RESOLUTION));
    } else if (ExpResolutionRequests != 0) {
        ExpResolutionRequests -= 1;
        if (ExpResolutionRequests == 0) {
            ExpResolution = KI_TIME_INCREMENT;
        }
    }
    ULONG Resolution = ExpResolution;
    KeReleaseSpinLock(&ExpResolutionLock, OldIrql);
    return Resolution;
}

// In 100 ns units between ticks. Any IRQL.
VOID NTAPI ExQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime)
{
    *MaximumTime = KI_TIME_INCREMENT;
    *MinimumTime = EXP_FINEST_RESOLUTION;
    *CurrentTime = ExpResolution;
}
