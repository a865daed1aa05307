// SPDX-License-Identifier: MIT
// Time. Everything is counted in 100 ns since the start: interrupt time, and the performance counter too (10
// MHz, as Windows has it). System time is that and the time of the start.
#ifndef KMODE_KE_CLOCK_H
#define KMODE_KE_CLOCK_H

#define KI_TIME_INCREMENT 156250u // 100 ns a clock tick: 15.625 ms
#define KI_NEVER          (~0ULL)

extern KM_CLOCK *KiClock;

#define KI_SHARED ((const KUSER_SHARED_DATA *)KM_SHARED_USER_DATA_BASE)

// Time since the start, without moving a virtual clock; a real one's, finer than drivers see it. Any IRQL.
static inline ULONG64 KiPeekTime(VOID)
{
    return KiClock->is_virtual ? KiClock->now : KeMachine->read_clock();
}

// The time that drivers see: KUSER_SHARED_DATA's, and that of routines which read it on Windows. A real clock
// shows it about each millisecond, so that it may be that much behind, and none of it goes back. Any IRQL.
static inline ULONG64 KiShownTime(VOID)
{
    return KiClock->is_virtual ? KiClock->now : *(const volatile ULONG64 *)&KI_SHARED->InterruptTime;
}

// The same after it has caught up: whoever acts because a moment has come shows it first. Any IRQL.
static inline ULONG64 KiShowTime(VOID)
{
    return KiClock->is_virtual ? KiClock->now : KeMachine->show_time();
}

// Whether Due has come, and then drivers see that it has. Any IRQL.
static inline BOOLEAN KiHasCome(ULONG64 Due)
{
    return Due <= KiShownTime() || (Due <= KiPeekTime() && Due <= KiShowTime());
}

// Moves a virtual clock on by Units of 100 ns, and lets what has come due expire when IRQL allows. Any IRQL.
VOID KiAdvanceClock(ULONG64 Units);

// Time since the start, as drivers ask for it: each look takes a moment, or a loop that waits for a time
// would never see it come. A real clock's as it is now, or as it is shown. Any IRQL.
ULONG64 KiQueryTime(VOID);
ULONG64 KiQueryShownTime(VOID);
VOID KiQuerySystemTime(PLARGE_INTEGER Time); // as it is shown

// UTC in 100 ns since 1601.
static inline ULONG64 KiSystemTimeOf(ULONG64 Time)
{
    return Time + KiClock->start_time;
}

// The clock interrupt: about each 10 ms of Linux's time. CLOCK_LEVEL.
VOID KiClockInterrupt(VOID);

#endif
