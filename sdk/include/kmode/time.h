// SPDX-License-Identifier: MIT
// Time: of day, since the start, as text; sleep, stop-watch, deadlines.
//
//     CHAR Text[KM_TIME_TEXT_SIZE];
//
//     Status = KmTimeFormat(KmTimeNow(), Text, sizeof(Text));
//     DbgPrint("it is %s\n", Text);
//
// prints `it is 2026-11-26T17:58:01.1234567Z`. A time is a count of 100 ns: since the beginning of 1601 if it
// is a system time (UTC) or a local time, since the start of the system if it is an interrupt time.
#ifndef KMODE_TIME_H
#define KMODE_TIME_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/time.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Spans of time in units of 100 ns.
#define KM_TIME_MICROSECOND 10LL
#define KM_TIME_MILLISECOND 10000LL
#define KM_TIME_SECOND      10000000LL
#define KM_TIME_MINUTE      (60 * KM_TIME_SECOND)
#define KM_TIME_HOUR        (60 * KM_TIME_MINUTE)
#define KM_TIME_DAY         (24 * KM_TIME_HOUR)

/// Room for KmTimeFormat's text and its zero.
#define KM_TIME_TEXT_SIZE 29

/// The system time, UTC: exact to 100 ns from Windows 8 on, else to a tick of the clock (up to 15.6 ms). May
/// be set, and so jump.
_IRQL_requires_max_(HIGH_LEVEL) LONG64 NTAPI KmTimeNow(VOID);

/// A system time as the local time of the system's zone, and back.
///
///     LONG64 Local = KmTimeToLocal(KmTimeNow());
///     LONG64 System = KmTimeFromLocal(Local);
///     NT_ASSERT(System <= KmTimeNow());
_IRQL_requires_max_(HIGH_LEVEL) LONG64 NTAPI KmTimeToLocal(_In_ LONG64 SystemTime);
_IRQL_requires_max_(HIGH_LEVEL) LONG64 NTAPI KmTimeFromLocal(_In_ LONG64 LocalTime);

/// The interrupt time: since the start, never set back, exact to a tick of the clock; the cheapest of all.
///
///     LONG64 Start = KmTimeSinceStart();
///     NT_ASSERT(KmTimeSinceStartPrecise() >= Start);
_IRQL_requires_max_(HIGH_LEVEL) LONG64 NTAPI KmTimeSinceStart(VOID);

/// The interrupt time exact to 100 ns from Windows 8.1 on; on older systems as KmTimeSinceStart.
_IRQL_requires_max_(HIGH_LEVEL) LONG64 NTAPI KmTimeSinceStartPrecise(VOID);

/// The calendar's fields of a time, and back; the weekday is not looked at on the way back. A negative time
/// has none: they are 0.
///
/// KmTimeFromFields returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if they are no time: 30 February, hour
/// 24, a year before 1601 or behind 30827.
///
///     TIME_FIELDS Fields;
///     LONG64 Time;
///
///     KmTimeToFields(KmTimeNow(), &Fields);
///     Fields.Hour = 0;
///     Status = KmTimeFromFields(&Fields, &Time);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmTimeToFields(_In_ LONG64 Time, _Out_ PTIME_FIELDS Fields);
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmTimeFromFields(_In_ const TIME_FIELDS *Fields, _Out_ PLONG64 Time);

/// Writes a system time as ISO 8601 has it, 2026-11-26T17:58:01.1234567Z, ended by a zero: KM_TIME_TEXT_SIZE
/// bytes.
///
/// Returns STATUS_SUCCESS; STATUS_BUFFER_TOO_SMALL; STATUS_INVALID_PARAMETER if the time is negative or
/// behind the year 9999. A failure leaves Text an empty string if there is room for one.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmTimeFormat(_In_ LONG64 SystemTime, _Out_writes_(Bytes) PSTR Text, _In_ SIZE_T Bytes);

/// Reads such a text: date, T or a blank, time, up to seven digits of a fraction or none, then Z, +hh:mm,
/// -hh:mm, or nothing, which is UTC; or a date alone, which is its midnight. Years 1601 to 9999, there and in
/// UTC.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER, and *SystemTime is 0.
///
///     LONG64 Time;
///     Status = KmTimeParse("2026-11-26T18:58:01+01:00", &Time);
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmTimeParse(_In_z_ PCSTR Text, _Out_ PLONG64 SystemTime);

/// Waits that many milliseconds, not fewer; 0 gives the processor to another thread that is ready.
///
///     KmSleep(10);
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmSleep(_In_ ULONG Milliseconds);

/// Nanoseconds of the performance counter, which never goes back, since some moment of the past.
///
///     ULONG64 Before = KmNanoseconds();
///     KeStallExecutionProcessor(5);
///     DbgPrint("%I64u ns\n", KmNanoseconds() - Before);
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI KmNanoseconds(VOID);

/// A stop-watch: what it has measured, and, while it runs, since when. Zeroed, it stands at 0.
typedef struct KM_STOPWATCH {
    ULONG64 Measured; ///< nanoseconds until the last stop
    ULONG64 Since;    ///< KmNanoseconds() of the start; 0: it does not run
} KM_STOPWATCH, *PKM_STOPWATCH;

/// Starts a stop-watch, or goes on with one that was stopped; one that runs runs on. Not safe from two
/// threads at once.
///
///     KM_STOPWATCH Watch = {0, 0};
///
///     KmStopwatchStart(&Watch);
///     KmSleep(1);
///     KmStopwatchStop(&Watch);
///     DbgPrint("%I64u ns\n", KmStopwatchRead(&Watch));
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmStopwatchStart(_Inout_ PKM_STOPWATCH Watch);

/// Stops it, and keeps what it measured.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmStopwatchStop(_Inout_ PKM_STOPWATCH Watch);

/// What it has measured in all, in nanoseconds, running or not.
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI KmStopwatchRead(_In_ const KM_STOPWATCH *Watch);

/// A moment by which something is to be done: an interrupt time.
typedef LONG64 KM_DEADLINE;

/// The deadline in that many milliseconds; KM_WAIT_FOREVER: one that never passes.
///
///     KM_DEADLINE Deadline = KmDeadlineIn(100);
///
///     while (!KmDeadlineHasPassed(Deadline)) {
///         if (DeviceObject->ReferenceCount == 0) {
///             return STATUS_SUCCESS;
///         }
///         KmSleep(1);
///     }
///     return STATUS_IO_TIMEOUT;
_IRQL_requires_max_(HIGH_LEVEL) KM_DEADLINE NTAPI KmDeadlineIn(_In_ ULONG Milliseconds);

/// Whether it has passed.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI KmDeadlineHasPassed(_In_ KM_DEADLINE Deadline);

/// Milliseconds until the deadline, rounded up: 0 if it has passed, KM_WAIT_FOREVER if it never does. For
/// waits of which several share one deadline.
///
///     KEVENT Event;
///     KM_DEADLINE Deadline = KmDeadlineIn(100);
///
///     KeInitializeEvent(&Event, NotificationEvent, FALSE);
///     Status = KmWait(&Event, KmDeadlineRemaining(Deadline));
_IRQL_requires_max_(HIGH_LEVEL) ULONG NTAPI KmDeadlineRemaining(_In_ KM_DEADLINE Deadline);

#ifdef __cplusplus
}
#endif

#endif
