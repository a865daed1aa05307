// SPDX-License-Identifier: MIT
// Times as calendar fields and as text.
#include <kmode.h>

#define LAST_YEAR      30827
#define LAST_TEXT_TIME 2650467743999999999LL // 9999-12-31T23:59:59.9999999Z

VOID NTAPI KmTimeToFields(LONG64 Time, PTIME_FIELDS Fields)
{
    LARGE_INTEGER Value;

    // The system's routine takes it for a time of any year.
    if (Time < 0) {
        RtlZeroMemory(Fields, sizeof(*Fields));
        return;
    }
    Value.QuadPart = Time;
    RtlTimeToTimeFields(&Value, Fields);
}

NTSTATUS NTAPI KmTimeFromFields(const TIME_FIELDS *Fields, PLONG64 Time)
{
    TIME_FIELDS Copy = *Fields;
    LARGE_INTEGER Value;

    *Time = 0;
    // The calendar goes on into September of the next, which no system needs to take.
    if (Copy.Year > LAST_YEAR || !RtlTimeFieldsToTime(&Copy, &Value)) {
        return STATUS_INVALID_PARAMETER;
    }
    *Time = Value.QuadPart;
    return STATUS_SUCCESS;
}

static PSTR PutNumber(PSTR Text, ULONG Number, ULONG Digits, CHAR Behind)
{
    for (ULONG Index = Digits; Index > 0; Index -= 1) {
        Text[Index - 1] = (CHAR)('0' + Number % 10);
        Number /= 10;
    }
    Text[Digits] = Behind;
    return Text + Digits + 1;
}

NTSTATUS NTAPI KmTimeFormat(LONG64 SystemTime, PSTR Text, SIZE_T Bytes)
{
    TIME_FIELDS Fields;

    if (Bytes > 0) {
        Text[0] = '\0';
    }
    if (Bytes < KM_TIME_TEXT_SIZE) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (SystemTime < 0 || SystemTime > LAST_TEXT_TIME) {
        return STATUS_INVALID_PARAMETER;
    }
    KmTimeToFields(SystemTime, &Fields);
    Text = PutNumber(Text, (ULONG)Fields.Year, 4, '-');
    Text = PutNumber(Text, (ULONG)Fields.Month, 2, '-');
    Text = PutNumber(Text, (ULONG)Fields.Day, 2, 'T');
    Text = PutNumber(Text, (ULONG)Fields.Hour, 2, ':');
    Text = PutNumber(Text, (ULONG)Fields.Minute, 2, ':');
    Text = PutNumber(Text, (ULONG)Fields.Second, 2, '.');
    Text = PutNumber(Text, (ULONG)(SystemTime % KM_TIME_SECOND), 7, 'Z');
    *Text = '\0';
    return STATUS_SUCCESS;
}

// Takes that many digits, and a number from Least to Most; FALSE if they are not there.
static BOOLEAN TakeNumber(PCSTR *Text, ULONG Digits, LONG Least, LONG Most, CSHORT *Number)
{
    LONG Value = 0;

    for (ULONG Index = 0; Index < Digits; Index += 1) {
        CHAR Digit = **Text;

        if (Digit < '0' || Digit > '9') {
            return FALSE;
        }
        Value = Value * 10 + (Digit - '0');
        *Text += 1;
    }
    *Number = (CSHORT)Value;
    return (BOOLEAN)(Value >= Least && Value <= Most);
}

static BOOLEAN Take(PCSTR *Text, CHAR Expected)
{
    BOOLEAN There = (BOOLEAN)(**Text == Expected);

    *Text += There;
    return There;
}

static BOOLEAN TakeFraction(PCSTR *Text, PLONG64 Units)
{
    ULONG Digits = 0;

    *Units = 0;
    for (; **Text >= '0' && **Text <= '9'; *Text += 1) {
        Digits += 1;
        *Units = *Units * 10 + (**Text - '0');
        if (Digits > 7) {
            return FALSE;
        }
    }
    for (ULONG Index = Digits; Index < 7; Index += 1) {
        *Units *= 10;
    }
    return (BOOLEAN)(Digits != 0);
}

static BOOLEAN TakeZone(PCSTR *Text, PLONG64 Offset)
{
    BOOLEAN Ahead = (BOOLEAN)(**Text == '+');
    CSHORT Hours, Minutes;

    *Offset = 0;
    if (**Text == '\0' || Take(Text, 'Z')) {
        return TRUE;
    }
    if (!Take(Text, '+') && !Take(Text, '-')) {
        return FALSE;
    }
    if (!TakeNumber(Text, 2, 0, 23, &Hours) || !Take(Text, ':') || !TakeNumber(Text, 2, 0, 59, &Minutes)) {
        return FALSE;
    }
    *Offset = Hours * KM_TIME_HOUR + Minutes * KM_TIME_MINUTE;
    *Offset = Ahead ? *Offset : -*Offset;
    return TRUE;
}

static BOOLEAN TakeTime(PCSTR *Text, PTIME_FIELDS Fields, PLONG64 Units, PLONG64 Offset)
{
    if (!TakeNumber(Text, 2, 0, 23, &Fields->Hour) || !Take(Text, ':') ||
        !TakeNumber(Text, 2, 0, 59, &Fields->Minute) || !Take(Text, ':') ||
        !TakeNumber(Text, 2, 0, 59, &Fields->Second)) {
        return FALSE;
    }
    if (Take(Text, '.') && !TakeFraction(Text, Units)) {
        return FALSE;
    }
    return TakeZone(Text, Offset);
}

NTSTATUS NTAPI KmTimeParse(PCSTR Text, PLONG64 SystemTime)
{
    TIME_FIELDS Fields;
    LONG64 Units = 0, Offset = 0;
    NTSTATUS Status;

    *SystemTime = 0;
    RtlZeroMemory(&Fields, sizeof(Fields));
    if (!TakeNumber(&Text, 4, 1601, 9999, &Fields.Year) || !Take(&Text, '-') ||
        !TakeNumber(&Text, 2, 1, 12, &Fields.Month) || !Take(&Text, '-') ||
        !TakeNumber(&Text, 2, 1, 31, &Fields.Day)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Take(&Text, 'T') || Take(&Text, ' ')) && !TakeTime(&Text, &Fields, &Units, &Offset)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (*Text != '\0') {
        return STATUS_INVALID_PARAMETER;
    }
    Status = KmTimeFromFields(&Fields, SystemTime);
    if (NT_SUCCESS(Status)) {
        *SystemTime += Units - Offset;
        // The first day of 1601 may be the last of 1600 elsewhere, and the last of 9999 the first of 10000.
        if (*SystemTime < 0 || *SystemTime > LAST_TEXT_TIME) {
            *SystemTime = 0;
            return STATUS_INVALID_PARAMETER;
        }
    }
    return Status;
}
