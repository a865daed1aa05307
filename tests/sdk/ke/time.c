// SPDX-License-Identifier: MIT
// Times, their fields and texts, sleep, stop-watch, deadlines.
#include "test.h"
#include <kmode.h>

static void TestNow(void)
{
    LARGE_INTEGER Tick;
    LONG64 Now = KmTimeNow(), Local;

    KeQuerySystemTime(&Tick);
    OK(Now - Tick.QuadPart < KM_TIME_SECOND && Tick.QuadPart - Now < KM_TIME_SECOND);
    Local = KmTimeToLocal(Now);
    IS(KmTimeFromLocal(Local), Now);
    LONG64 Start = KmTimeSinceStart();
    KmSleep(30);
    OK(KmTimeSinceStart() - Start >= 29 * KM_TIME_MILLISECOND);
    OK(KmTimeSinceStartPrecise() >= Start + 29 * KM_TIME_MILLISECOND);
    OK(KmTimeNow() >= Now + 29 * KM_TIME_MILLISECOND);
    KmSleep(0);
}

static void TestFields(void)
{
    TIME_FIELDS Fields;
    LONG64 Time = -1;

    KmTimeToFields(0, &Fields);
    OK(Fields.Year == 1601 && Fields.Month == 1 && Fields.Day == 1 && Fields.Hour == 0 &&
       Fields.Weekday == 1);
    Fields.Year = 2024;
    Fields.Month = 2;
    Fields.Day = 29;
    Fields.Hour = 23;
    Fields.Minute = 59;
    Fields.Second = 58;
    Fields.Milliseconds = 7;
    IS(KmTimeFromFields(&Fields, &Time), STATUS_SUCCESS);
    KmTimeToFields(Time, &Fields);
    OK(Fields.Year == 2024 && Fields.Month == 2 && Fields.Day == 29 && Fields.Milliseconds == 7);
    IS(Fields.Weekday, 4);
    Fields.Year = 2023;
    IS(KmTimeFromFields(&Fields, &Time), STATUS_INVALID_PARAMETER);
    IS(Time, 0);
    Fields.Day = 1;
    Fields.Hour = 24;
    IS(KmTimeFromFields(&Fields, &Time), STATUS_INVALID_PARAMETER);
    Fields.Hour = 0;
    Fields.Year = 1600;
    IS(KmTimeFromFields(&Fields, &Time), STATUS_INVALID_PARAMETER);
    Fields.Year = 30827;
    IS(KmTimeFromFields(&Fields, &Time), STATUS_SUCCESS);
    Fields.Year = 30828;
    IS(KmTimeFromFields(&Fields, &Time), STATUS_INVALID_PARAMETER);
    IS(Time, 0);
    KmTimeToFields(-1, &Fields);
    OK(Fields.Year == 0 && Fields.Month == 0 && Fields.Day == 0);
    IS(KmTimeFromFields(&Fields, &Time), STATUS_INVALID_PARAMETER);
}

static void TestFormat(void)
{
    CHAR Text[KM_TIME_TEXT_SIZE];
    LONG64 Time;

    IS(KmTimeFormat(0, Text, sizeof(Text)), STATUS_SUCCESS);
    IS_STRING(Text, "1601-01-01T00:00:00.0000000Z");
    IS(KmTimeParse("2026-11-26T17:58:01.0203045Z", &Time), STATUS_SUCCESS);
    IS(KmTimeFormat(Time, Text, sizeof(Text)), STATUS_SUCCESS);
    IS_STRING(Text, "2026-11-26T17:58:01.0203045Z");
    IS(KmTimeParse("9999-12-31T23:59:59.9999999Z", &Time), STATUS_SUCCESS);
    IS(KmTimeFormat(Time, Text, sizeof(Text)), STATUS_SUCCESS);
    IS_STRING(Text, "9999-12-31T23:59:59.9999999Z");
    IS(KmTimeFormat(Time + 1, Text, sizeof(Text)), STATUS_INVALID_PARAMETER);
    IS_STRING(Text, "");
    IS(KmTimeFormat(-1, Text, sizeof(Text)), STATUS_INVALID_PARAMETER);
    IS(KmTimeFormat(0, Text, sizeof(Text) - 1), STATUS_BUFFER_TOO_SMALL);
    IS_STRING(Text, "");
    Text[0] = 'x';
    IS(KmTimeFormat(0, Text, 0), STATUS_BUFFER_TOO_SMALL);
    IS(Text[0], 'x');
}

static LONG64 Parse(PCSTR Text)
{
    LONG64 Time = 1;
    NTSTATUS Status = KmTimeParse(Text, &Time);

    OK(NT_SUCCESS(Status) || (Status == STATUS_INVALID_PARAMETER && Time == 0));
    return NT_SUCCESS(Status) ? Time : -1;
}

static void TestParse(void)
{
    static const PCSTR Wrong[] = {"",
                                  "2026",
                                  "2026-11",
                                  "2026-13-01",
                                  "2026-02-30",
                                  "1600-01-01",
                                  "9999-12-31T23:59:59-00:01",
                                  "2026-11-26T",
                                  "2026-11-26T24:00:00",
                                  "2026-11-26T00:60:00",
                                  "2026-11-26T00:00:60",
                                  "2026-11-26T00:00",
                                  "2026-11-26T00:00:00.",
                                  "2026-11-26T00:00:00.12345678",
                                  "2026-11-26T00:00:00ZZ",
                                  "2026-11-26T00:00:00+1:00",
                                  "2026-11-26T00:00:00+01",
                                  "2026-11-26Z",
                                  "26-11-2026",
                                  " 2026-11-26",
                                  "1601-01-01T00:00:00+00:01"};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Wrong); Index += 1) {
        IS(Parse(Wrong[Index]), -1);
    }
    LONG64 Day = Parse("2026-11-26");
    IS(Parse("2026-11-26T00:00:00"), Day);
    IS(Parse("2026-11-26 00:00:01Z"), Day + KM_TIME_SECOND);
    IS(Parse("2026-11-26T01:00:00+01:00"), Day);
    IS(Parse("2026-11-25T23:30:00-00:30"), Day);
    IS(Parse("2026-11-26T00:00:00.5Z"), Day + KM_TIME_SECOND / 2);
    IS(Parse("2026-11-27"), Day + KM_TIME_DAY);
    IS(Parse("2026-11-26T01:01:00"), Day + KM_TIME_HOUR + KM_TIME_MINUTE);
}

static void TestStopwatch(void)
{
    KM_STOPWATCH Watch = {0, 0};
    ULONG64 Read, Before = KmNanoseconds();

    IS(KmStopwatchRead(&Watch), 0);
    KmStopwatchStop(&Watch);
    IS(KmStopwatchRead(&Watch), 0);
    KmStopwatchStart(&Watch);
    KmStopwatchStart(&Watch);
    KmSleep(10);
    OK(KmStopwatchRead(&Watch) >= 9000000);
    KmStopwatchStop(&Watch);
    Read = KmStopwatchRead(&Watch);
    KmSleep(10);
    IS(KmStopwatchRead(&Watch), Read);
    KmStopwatchStart(&Watch);
    KmSleep(10);
    KmStopwatchStop(&Watch);
    OK(KmStopwatchRead(&Watch) >= Read + 9000000);
    OK(KmNanoseconds() - Before >= KmStopwatchRead(&Watch));
}

static void TestDeadline(void)
{
    KM_DEADLINE Soon = KmDeadlineIn(20), Never = KmDeadlineIn(KM_WAIT_FOREVER);
    KEVENT Event;

    OK(!KmDeadlineHasPassed(Soon) && !KmDeadlineHasPassed(Never));
    OK(KmDeadlineRemaining(Soon) <= 20 && KmDeadlineRemaining(Soon) > 0);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IS(KmWait(&Event, KmDeadlineRemaining(Soon)), STATUS_TIMEOUT);
    while (!KmDeadlineHasPassed(Soon)) {
        KmSleep(1);
    }
    IS(KmDeadlineRemaining(Soon), 0);
    IS(KmDeadlineRemaining(Never), KM_WAIT_FOREVER);
    OK(KmDeadlineHasPassed(KmDeadlineIn(0)));
    OK(KmDeadlineRemaining(KmDeadlineIn(KM_WAIT_FOREVER - 1)) > 4000000000UL);
}

TEST_DRIVER(TestNow, TestFields, TestFormat, TestParse, TestStopwatch, TestDeadline)
