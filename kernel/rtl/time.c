// SPDX-License-Identifier: MIT
// System time, in 100 ns since the start of 1601, into calendar fields and seconds, and back.
#include "inc/kernel.h"

#define TICKS_PER_MILLISECOND 10000
#define TICKS_PER_SECOND      10000000LL
#define MILLISECONDS_PER_DAY  86400000LL

#define SECONDS_1601_TO_1970 11644473600LL
#define SECONDS_1601_TO_1980 11960006400LL

#define FIRST_YEAR         1601
#define DAYS_PER_400_YEARS 146097
#define DAYS_PER_100_YEARS 36524
#define DAYS_PER_4_YEARS   1461
#define DAYS_PER_YEAR      365

// Days before each month of a common year, and before the next year.
static const USHORT RtlpDaysBeforeMonth[13] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);

static BOOLEAN RtlpIsLeapYear(ULONG Year)
{
    return (Year % 4 == 0 && Year % 100 != 0) || Year % 400 == 0;
}

// Month counts from 0; 12 gives the days of the year.
static ULONG RtlpDaysBefore(ULONG Year, ULONG Month)
{
    return RtlpDaysBeforeMonth[Month] + (Month >= 2 && RtlpIsLeapYear(Year));
}

// Hour to Milliseconds of TimeFields; returns the whole days of Time.
static ULONG RtlpSplitTimeOfDay(const LARGE_INTEGER *Time, PTIME_FIELDS TimeFields)
{
    ULONGLONG Milliseconds = (ULONGLONG)Time->QuadPart / TICKS_PER_MILLISECOND;
    ULONG OfDay = (ULONG)(Milliseconds % MILLISECONDS_PER_DAY);

    TimeFields->Hour = (CSHORT)(OfDay / 3600000);
    TimeFields->Minute = (CSHORT)(OfDay / 60000 % 60);
    TimeFields->Second = (CSHORT)(OfDay / 1000 % 60);
    TimeFields->Milliseconds = (CSHORT)(OfDay % 1000);
    return (ULONG)(Milliseconds / MILLISECONDS_PER_DAY);
}

// Time is absolute (not negative). Weekday 0 is Sunday. Any IRQL if both are resident.
VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
    ULONG Days = RtlpSplitTimeOfDay(Time, TimeFields);
    ULONG Year = FIRST_YEAR, Month = 0, Part;

    TimeFields->Weekday = (CSHORT)((Days + 1) % 7); // the first of January 1601 was a Monday

    Year += Days / DAYS_PER_400_YEARS * 400;
    Days %= DAYS_PER_400_YEARS;
    Part = min(Days / DAYS_PER_100_YEARS, 3); // the last century, the last year, have a day more
    Year += Part * 100;
    Days -= Part * DAYS_PER_100_YEARS;
    Year += Days / DAYS_PER_4_YEARS * 4;
    Days %= DAYS_PER_4_YEARS;
    Part = min(Days / DAYS_PER_YEAR, 3);
    Year += Part;
    Days -= Part * DAYS_PER_YEAR;

    while (Days >= RtlpDaysBefore(Year, Month + 1)) {
        ++Month;
    }
    TimeFields->Year = (CSHORT)Year;
    TimeFields->Month = (CSHORT)(Month + 1);
    TimeFields->Day = (CSHORT)(Days - RtlpDaysBefore(Year, Month) + 1);
}

// FALSE, and Time as it was, for fields out of range, a day that the month lacks, or a time past the 63 bits.
// Weekday is ignored. Any IRQL if both are resident.
BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time)
{
    ULONG Year = (ULONG)TimeFields->Year, Month = (ULONG)TimeFields->Month, Before;
    LONGLONG Milliseconds;

    if (TimeFields->Year < FIRST_YEAR || Month < 1 || Month > 12 || TimeFields->Day < 1 ||
        (ULONG)TimeFields->Day > RtlpDaysBefore(Year, Month) - RtlpDaysBefore(Year, Month - 1) ||
        (USHORT)TimeFields->Hour > 23 || (USHORT)TimeFields->Minute > 59 || (USHORT)TimeFields->Second > 59 ||
        (USHORT)TimeFields->Milliseconds > 999) {
        return FALSE;
    }
    Before = Year - FIRST_YEAR;
    Milliseconds = Before * DAYS_PER_YEAR + Before / 4 - Before / 100 + Before / 400;
    Milliseconds += RtlpDaysBefore(Year, Month - 1) + (ULONG)TimeFields->Day - 1;
    Milliseconds = Milliseconds * 24 + TimeFields->Hour;
    Milliseconds = Milliseconds * 60 + TimeFields->Minute;
    Milliseconds = Milliseconds * 60 + TimeFields->Second;
    Milliseconds = Milliseconds * 1000 + TimeFields->Milliseconds;
    if (Milliseconds > MAXLONGLONG / TICKS_PER_MILLISECOND) {
        return FALSE;
    }
    Time->QuadPart = Milliseconds * TICKS_PER_MILLISECOND;
    return TRUE;
}

// Takes Time for a span: Day is its whole days; Year, Month and Weekday are 0.
VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
    TimeFields->Day = (CSHORT)RtlpSplitTimeOfDay(Time, TimeFields);
    TimeFields->Year = TimeFields->Month = TimeFields->Weekday = 0;
}

static BOOLEAN RtlpTimeToSeconds(const LARGE_INTEGER *Time, LONGLONG Origin, PULONG ElapsedSeconds)
{
    LONGLONG Seconds = Time->QuadPart / TICKS_PER_SECOND - Origin;

    if (Seconds < 0 || Seconds > MAXULONG) {
        return FALSE;
    }
    *ElapsedSeconds = (ULONG)Seconds;
    return TRUE;
}

// FALSE, and ElapsedSeconds as it was, before 1970 and from February 2106 on, where 32 bits end.
BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
    return RtlpTimeToSeconds(Time, SECONDS_1601_TO_1970, ElapsedSeconds);
}

// FALSE, and ElapsedSeconds as it was, before 1980 and from February 2116 on.
BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds)
{
    return RtlpTimeToSeconds(Time, SECONDS_1601_TO_1980, ElapsedSeconds);
}

VOID NTAPI RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (SECONDS_1601_TO_1970 + ElapsedSeconds) * TICKS_PER_SECOND;
}

VOID NTAPI RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (SECONDS_1601_TO_1980 + ElapsedSeconds) * TICKS_PER_SECOND;
}
