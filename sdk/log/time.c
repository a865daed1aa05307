// SPDX-License-Identifier: MIT
// System time as a value.
#include <kmode.h>

#define UNITS_PER_SECOND 10000000ll
#define SECONDS_PER_DAY  86400ll
// Days from 1 March 0000 to 1 January 1601, in the Gregorian calendar.
#define DAYS_BEFORE_1601 584694ll

// RtlTimeToTimeFields would do, but at which IRQL its page does not say.
static VOID NTAPI WriteTime(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    LONG64 Units = Value->Content.Signed < 0 ? 0 : Value->Content.Signed;
    LONG64 Seconds = Units / UNITS_PER_SECOND, Day = Seconds / SECONDS_PER_DAY + DAYS_BEFORE_1601;
    LONG64 Era = Day / 146097, DayOfEra = Day % 146097;
    LONG64 YearOfEra = (DayOfEra - DayOfEra / 1460 + DayOfEra / 36524 - DayOfEra / 146096) / 365;
    LONG64 DayOfYear = DayOfEra - (365 * YearOfEra + YearOfEra / 4 - YearOfEra / 100);
    // Years that begin in March have their leap day at their end.
    LONG64 MonthFromMarch = (5 * DayOfYear + 2) / 153;
    ULONG DayOfMonth = (ULONG)(DayOfYear - (153 * MonthFromMarch + 2) / 5 + 1);
    ULONG Month = (ULONG)(MonthFromMarch < 10 ? MonthFromMarch + 3 : MonthFromMarch - 9);
    ULONG Year = (ULONG)(YearOfEra + Era * 400 + (Month <= 2 ? 1 : 0));
    ULONG Second = (ULONG)(Seconds % SECONDS_PER_DAY);

    KmLogTextPutFormat(Text, "%04lu-%02lu-%02luT%02lu:%02lu:%02lu.%07luZ", Year, Month, DayOfMonth,
                       Second / 3600, Second / 60 % 60, Second % 60, (ULONG)(Units % UNITS_PER_SECOND));
}

const KM_LOG_TYPE KmLogTimeType = {KmLogCodeTime, FALSE, WriteTime};
