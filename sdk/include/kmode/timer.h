// SPDX-License-Identifier: MIT
// Timers: a routine called once after some milliseconds, or again and again, and a stop that waits.
//
//     typedef struct POLL {
//         KM_TIMER Timer;
//         ULONG Times;
//     } POLL;
//
//     static POLL Poll;
//
//     KM_TYPED_ROUTINE(OnTick, POLL, This)
//     {
//         This->Times += 1;
//     }
//
//     static VOID StartPolling(VOID)
//     {
//         KmTimerInitialize(&Poll.Timer, OnTick, &Poll);
//         (void)KmTimerStartPeriodic(&Poll.Timer, 100, 0);
//     }
//
//     static DRIVER_UNLOAD Unload;
//     static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
//     {
//         UNREFERENCED_PARAMETER(DriverObject);
//         KmTimerStop(&Poll.Timer);
//     }
#ifndef KMODE_TIMER_H
#define KMODE_TIMER_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/timer.h>"
#endif

#include <kmode/routine.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A timer, in nonpaged memory. Timer is a dispatcher object, signalled at each expiry: KmWait(&This.Timer,
/// ...); one waiter takes a signal. The other members belong to the routines below.
typedef struct KM_TIMER {
    KTIMER Timer;
    KDPC Dpc;
    PKM_ROUTINE Routine;
    PVOID Context;
    volatile LONG Stopping;
} KM_TIMER, *PKM_TIMER;

/// The longest time of the routines below, in milliseconds.
#define KM_TIMER_MAXIMUM 0x7FFFFFFFUL

/// Makes a timer that is not started, and will call Routine with Context at DISPATCH_LEVEL. Routine NULL:
/// only the dispatcher object is signalled.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmTimerInitialize(_Out_ PKM_TIMER Timer, _In_opt_ PKM_ROUTINE Routine, _In_opt_ PVOID Context);

/// Starts the timer, to expire once, after that many milliseconds; one that is started begins anew. It may
/// expire up to ToleranceMilliseconds later, together with other timers, which saves energy; 0: as exactly as
/// the system's clock.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if a time is more than KM_TIMER_MAXIMUM;
/// STATUS_DELETE_PENDING if KmTimerStop is under way.
///
///     KM_TIMER Timer;
///
///     KmTimerInitialize(&Timer, NULL, NULL);
///     Status = KmTimerStartOnce(&Timer, 20, 5);
///     if (NT_SUCCESS(Status)) {
///         Status = KmWait(&Timer.Timer, KM_WAIT_FOREVER);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmTimerStartOnce(_Inout_ PKM_TIMER Timer, _In_ ULONG Milliseconds, _In_ ULONG ToleranceMilliseconds);

/// As KmTimerStartOnce, to expire every that many milliseconds, at least 1, at first after as many.
///
/// Returns as KmTimerStartOnce; STATUS_INVALID_PARAMETER too if PeriodMilliseconds is 0.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmTimerStartPeriodic(_Inout_ PKM_TIMER Timer, _In_ ULONG PeriodMilliseconds,
                         _In_ ULONG ToleranceMilliseconds);

/// As KmTimerStartOnce, to expire at a system time (KmTimeNow): as the clock is set, so does the expiry move.
/// One that is past: at once. Returns as KmTimerStartOnce; STATUS_INVALID_PARAMETER if the time is negative.
///
///     KM_TIMER Timer;
///
///     KmTimerInitialize(&Timer, NULL, NULL);
///     Status = KmTimerStartAt(&Timer, KmTimeNow() + 5 * KM_TIME_SECOND);
///     KmTimerStop(&Timer);
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmTimerStartAt(_Inout_ PKM_TIMER Timer, _In_ LONG64 SystemTime);

/// Takes the timer from the clock. Returns TRUE if it was started; an expiry may be on its way to the
/// routine, or in it, all the same: KmTimerStop waits for that.
///
///     static VOID Postpone(PKM_TIMER Timer)
///     {
///         if (KmTimerCancel(Timer)) {
///             (void)KmTimerStartOnce(Timer, 1000, 0);
///         }
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI KmTimerCancel(_Inout_ PKM_TIMER Timer);

/// Cancels the timer, and waits until its routine has returned: behind it the memory and the code are free.
/// Others must have stopped starting it; what the routine itself starts meanwhile is refused. It may be
/// started again afterwards.
_IRQL_requires_(PASSIVE_LEVEL) VOID NTAPI KmTimerStop(_Inout_ PKM_TIMER Timer);

#ifdef __cplusplus
}
#endif

#endif
