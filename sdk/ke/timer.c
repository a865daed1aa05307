// SPDX-License-Identifier: MIT
// Timers.
#include <kmode.h>

static KDEFERRED_ROUTINE Expire;
static VOID NTAPI Expire(PKDPC Dpc, PVOID Context, PVOID First, PVOID Second)
{
    PKM_TIMER Timer = (PKM_TIMER)Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    Timer->Routine(Timer->Context);
}

VOID NTAPI KmTimerInitialize(PKM_TIMER Timer, PKM_ROUTINE Routine, PVOID Context)
{
    KeInitializeTimerEx(&Timer->Timer, SynchronizationTimer);
    KeInitializeDpc(&Timer->Dpc, Expire, Timer);
    Timer->Routine = Routine;
    Timer->Context = Context;
    Timer->Stopping = FALSE;
}

static NTSTATUS Start(PKM_TIMER Timer, LONG64 DueTime, ULONG Period, ULONG Tolerance)
{
    const PKDPC Dpc = Timer->Routine != NULL ? &Timer->Dpc : NULL;
    LARGE_INTEGER Due;

    if (Timer->Stopping) {
        return STATUS_DELETE_PENDING;
    }
    Due.QuadPart = DueTime;
    // The two are the same without a tolerance; Wine has the first by name alone.
    if (Tolerance != 0) {
        (void)KeSetCoalescableTimer(&Timer->Timer, Due, Period, Tolerance, Dpc);
    } else {
        (void)KeSetTimerEx(&Timer->Timer, Due, (LONG)Period, Dpc);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS StartIn(PKM_TIMER Timer, ULONG Milliseconds, ULONG Period, ULONG Tolerance)
{
    if (Milliseconds > KM_TIMER_MAXIMUM || Tolerance > KM_TIMER_MAXIMUM) {
        return STATUS_INVALID_PARAMETER;
    }
    return Start(Timer, -(LONG64)Milliseconds * KM_TIME_MILLISECOND, Period, Tolerance);
}

NTSTATUS NTAPI KmTimerStartOnce(PKM_TIMER Timer, ULONG Milliseconds, ULONG ToleranceMilliseconds)
{
    return StartIn(Timer, Milliseconds, 0, ToleranceMilliseconds);
}

NTSTATUS NTAPI KmTimerStartPeriodic(PKM_TIMER Timer, ULONG PeriodMilliseconds, ULONG ToleranceMilliseconds)
{
    return PeriodMilliseconds != 0
               ? StartIn(Timer, PeriodMilliseconds, PeriodMilliseconds, ToleranceMilliseconds)
               : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI KmTimerStartAt(PKM_TIMER Timer, LONG64 SystemTime)
{
    return SystemTime >= 0 ? Start(Timer, SystemTime, 0, 0) : STATUS_INVALID_PARAMETER;
}

BOOLEAN NTAPI KmTimerCancel(PKM_TIMER Timer)
{
    return KeCancelTimer(&Timer->Timer);
}

VOID NTAPI KmTimerStop(PKM_TIMER Timer)
{
    InterlockedExchange(&Timer->Stopping, TRUE);
    (void)KeCancelTimer(&Timer->Timer);
    KeFlushQueuedDpcs();
    // A routine that had found the timer not yet stopping has started it by now.
    if (KeCancelTimer(&Timer->Timer)) {
        KeFlushQueuedDpcs();
    }
    InterlockedExchange(&Timer->Stopping, FALSE);
}
