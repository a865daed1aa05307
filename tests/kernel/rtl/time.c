// SPDX-License-Identifier: MIT
// System time into fields and seconds, and back.
#include "test.h"

NTSYSAPI VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);

#define SECOND 10000000LL
#define DAY    (86400 * SECOND)

static BOOLEAN Same(const TIME_FIELDS *A, const TIME_FIELDS *B)
{
    return A->Year == B->Year && A->Month == B->Month && A->Day == B->Day && A->Hour == B->Hour &&
           A->Minute == B->Minute && A->Second == B->Second && A->Milliseconds == B->Milliseconds &&
           A->Weekday == B->Weekday;
}

static void TestKnown(void)
{
    static const struct {
        LONGLONG Time;
        TIME_FIELDS Fields;
    } Cases[] = {
        {0, {1601, 1, 1, 0, 0, 0, 0, 1}},
        {116444736000000000, {1970, 1, 1, 0, 0, 0, 0, 4}},
        {119600064000000000, {1980, 1, 1, 0, 0, 0, 0, 2}},
        {125962559999990000, {2000, 2, 28, 23, 59, 59, 999, 1}},
        {125962560000000000, {2000, 2, 29, 0, 0, 0, 0, 2}},
        {125963424000000000, {2000, 3, 1, 0, 0, 0, 0, 3}},
        {126227807999990000, {2000, 12, 31, 23, 59, 59, 999, 0}},
        {MAXLONGLONG / 10000 * 10000, {30828, 9, 14, 2, 48, 5, 477, 4}},
    };

    for (ULONG I = 0; I < RTL_NUMBER_OF(Cases); ++I) {
        LARGE_INTEGER Time = {.QuadPart = Cases[I].Time}, Back = {.QuadPart = -1};
        TIME_FIELDS Fields;
        RtlTimeToTimeFields(&Time, &Fields);
        OK(Same(&Fields, &Cases[I].Fields));
        Fields.Weekday = 77;
        OK(RtlTimeFieldsToTime(&Fields, &Back));
        IS(Back.QuadPart, Cases[I].Time);
    }
}

// Against counting day by day, from 1601 to 2602.
static void TestCalendar(void)
{
    static const UCHAR Lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    TIME_FIELDS Expected = {1601, 1, 1, 13, 14, 15, 16, 1};
    LARGE_INTEGER Time = {.QuadPart = (13 * 3600 + 14 * 60 + 15) * SECOND + 16 * 10000}, Back;
    ULONG Wrong = 0;

    while (Expected.Year < 2602) {
        TIME_FIELDS Fields;
        CSHORT Length = Lengths[Expected.Month - 1];
        if (Expected.Month == 2 &&
            ((Expected.Year % 4 == 0 && Expected.Year % 100 != 0) || Expected.Year % 400 == 0)) {
            Length += 1;
        }
        RtlTimeToTimeFields(&Time, &Fields);
        Wrong += !Same(&Fields, &Expected);
        Wrong += !RtlTimeFieldsToTime(&Expected, &Back) || Back.QuadPart != Time.QuadPart;
        Time.QuadPart += DAY;
        Expected.Weekday = (Expected.Weekday + 1) % 7;
        if (++Expected.Day > Length) {
            Wrong += RtlTimeFieldsToTime(&Expected, &Back);
            Expected.Day = 1;
            if (++Expected.Month > 12) {
                Expected.Month = 1;
                Expected.Year += 1;
            }
        }
    }
    IS(Wrong, 0);
}

static void TestRanges(void)
{
    static const TIME_FIELDS Bad[] = {
        {1600, 12, 31, 0, 0, 0, 0, 0}, {-1, 1, 1, 0, 0, 0, 0, 0},        {2023, 0, 1, 0, 0, 0, 0, 0},
        {2023, 13, 1, 0, 0, 0, 0, 0},  {2023, -1, 1, 0, 0, 0, 0, 0},     {2023, 1, 0, 0, 0, 0, 0, 0},
        {2023, 1, 32, 0, 0, 0, 0, 0},  {2023, 1, -1, 0, 0, 0, 0, 0},     {2023, 2, 29, 0, 0, 0, 0, 0},
        {1900, 2, 29, 0, 0, 0, 0, 0},  {2023, 4, 31, 0, 0, 0, 0, 0},     {2023, 1, 1, 24, 0, 0, 0, 0},
        {2023, 1, 1, -1, 0, 0, 0, 0},  {2023, 1, 1, 0, 60, 0, 0, 0},     {2023, 1, 1, 0, -1, 0, 0, 0},
        {2023, 1, 1, 0, 0, 60, 0, 0},  {2023, 1, 1, 0, 0, -1, 0, 0},     {2023, 1, 1, 0, 0, 0, 1000, 0},
        {2023, 1, 1, 0, 0, 0, -1, 0},  {30828, 9, 14, 2, 48, 5, 478, 0}, {32767, 1, 1, 0, 0, 0, 0, 0},
    };

    for (ULONG I = 0; I < RTL_NUMBER_OF(Bad); ++I) {
        TIME_FIELDS Fields = Bad[I];
        LARGE_INTEGER Time = {.QuadPart = 42};
        OK(!RtlTimeFieldsToTime(&Fields, &Time));
        IS(Time.QuadPart, 42);
    }
}

static void TestElapsed(void)
{
    LARGE_INTEGER Time = {.QuadPart = 400 * DAY + (23 * 3600 + 59 * 60 + 58) * SECOND + 9990000};
    TIME_FIELDS Fields, Expected = {0, 0, 400, 23, 59, 58, 999, 0};

    RtlTimeToElapsedTimeFields(&Time, &Fields);
    OK(Same(&Fields, &Expected));
}

static void TestSeconds(void)
{
    const LONGLONG From1970 = 11644473600LL * SECOND, From1980 = 11960006400LL * SECOND;
    LARGE_INTEGER Time;
    ULONG Seconds = 5;

    Time.QuadPart = From1970 - 1;
    OK(!RtlTimeToSecondsSince1970(&Time, &Seconds));
    Time.QuadPart = -From1980;
    OK(!RtlTimeToSecondsSince1970(&Time, &Seconds));
    Time.QuadPart = From1970 + 0x100000000 * SECOND;
    OK(!RtlTimeToSecondsSince1970(&Time, &Seconds));
    Time.QuadPart = From1980 - 1;
    OK(!RtlTimeToSecondsSince1980(&Time, &Seconds));
    Time.QuadPart = From1980 + 0x100000000 * SECOND;
    OK(!RtlTimeToSecondsSince1980(&Time, &Seconds));
    IS(Seconds, 5);

    Time.QuadPart = From1970;
    OK(RtlTimeToSecondsSince1970(&Time, &Seconds));
    IS(Seconds, 0);
    Time.QuadPart = From1970 + 0x100000000 * SECOND - 1;
    OK(RtlTimeToSecondsSince1970(&Time, &Seconds));
    IS(Seconds, 0xFFFFFFFF);
    Time.QuadPart = From1980 + 7 * SECOND + 9999999;
    OK(RtlTimeToSecondsSince1980(&Time, &Seconds));
    IS(Seconds, 7);

    RtlSecondsSince1970ToTime(0xFFFFFFFF, &Time);
    IS(Time.QuadPart, From1970 + 0xFFFFFFFF * SECOND);
    RtlSecondsSince1980ToTime(0x80000000, &Time);
    IS(Time.QuadPart, From1980 + 0x80000000 * SECOND);
}

TEST_DRIVER(TestKnown, TestCalendar, TestRanges, TestElapsed, TestSeconds)
