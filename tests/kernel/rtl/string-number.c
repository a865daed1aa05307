// SPDX-License-Identifier: MIT
// Numbers and GUIDs out of strings and into them.
#include "test.h"

static ULONG Value;

static NTSTATUS ToInteger(PCWSTR Text, ULONG Base)
{
    UNICODE_STRING String;

    Value = 0x77777777;
    RtlInitUnicodeString(&String, Text);
    return RtlUnicodeStringToInteger(&String, Base, &Value);
}

static void TestToInteger(void)
{
    // Microsoft's table of examples, and what the page says besides.
    static const struct {
        PCWSTR Text;
        ULONG Base, Expected;
    } Cases[] = {
        {L"123", 10, 123},
        {L"-345", 10, (ULONG)-345},
        {L"xyz", 10, 0},
        {L"+678abc", 10, 678},
        {L"+678abc", 16, 6785724},
        {L"007", 10, 7},
        {L"789", 8, 7},
        {L"FGH", 16, 15},
        {L" ", 10, 0},
        {L"0x1F", 0, 31},
        {L"0o17", 0, 15},
        {L"0b101", 0, 5},
        {L"12", 0, 12},
        {L"  \t-0x10", 0, (ULONG)-16},
        {L"102", 2, 2},
        {L"ffffffff", 16, 0xFFFFFFFF},
    };
    UNICODE_STRING Empty = {0, 0, NULL};

    for (ULONG I = 0; I < RTL_NUMBER_OF(Cases); ++I) {
        IS(ToInteger(Cases[I].Text, Cases[I].Base), STATUS_SUCCESS);
        IS(Value, Cases[I].Expected);
    }
    IS(ToInteger(L"1", 3), STATUS_INVALID_PARAMETER);
    IS(RtlUnicodeStringToInteger(&Empty, 10, &Value), STATUS_INVALID_PARAMETER);
    IS(RtlCharToInteger(" 0x1f", 0, &Value), STATUS_SUCCESS);
    IS(Value, 31);
    IS(RtlCharToInteger("-12z", 10, &Value), STATUS_SUCCESS);
    IS(Value, (ULONG)-12);
    IS(RtlCharToInteger("1", 7, &Value), STATUS_INVALID_PARAMETER);
}

static void TestFromInteger(void)
{
    WCHAR Room[65];
    UNICODE_STRING String = {0, sizeof(Room), Room};

    IS(RtlIntegerToUnicodeString(1234, 0, &String), STATUS_SUCCESS);
    OK(String.Length == 8 && wcscmp(Room, L"1234") == 0);
    IS(RtlIntegerToUnicodeString(0xBEEF, 16, &String), STATUS_SUCCESS);
    OK(wcscmp(Room, L"BEEF") == 0);
    IS(RtlIntegerToUnicodeString(0, 10, &String), STATUS_SUCCESS);
    OK(wcscmp(Room, L"0") == 0);
    IS(RtlIntegerToUnicodeString(5, 2, &String), STATUS_SUCCESS);
    OK(wcscmp(Room, L"101") == 0);
    IS(RtlInt64ToUnicodeString(0xFFFFFFFFFFFFFFFFULL, 10, &String), STATUS_SUCCESS);
    OK(wcscmp(Room, L"18446744073709551615") == 0);
    IS(RtlIntegerToUnicodeString(5, 7, &String), STATUS_INVALID_PARAMETER);
    IS(RtlIntegerToUnicodeString(8, 8, &String), STATUS_SUCCESS);
    OK(wcscmp(Room, L"10") == 0);
    IS(RtlInt64ToUnicodeString(5, 3, &String), STATUS_INVALID_PARAMETER);
    // With room for the terminator.
    String.MaximumLength = 8;
    Room[4] = '#';
    IS(RtlIntegerToUnicodeString(1234, 10, &String), STATUS_BUFFER_OVERFLOW);
    IS(RtlInt64ToUnicodeString(1234, 10, &String), STATUS_BUFFER_OVERFLOW);
    IS(RtlIntegerToUnicodeString(123, 10, &String), STATUS_SUCCESS);
    OK(String.Length == 6 && String.MaximumLength == 8 && Room[3] == 0 && Room[4] == '#');
    IS(RtlInt64ToUnicodeString(0xFFFFFFFFFFFFFFFFULL, 2, &String), STATUS_BUFFER_OVERFLOW);
}

static void TestGuid(void)
{
    static const GUID Expected = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 7, 0xAB}};
    UNICODE_STRING Text = RTL_CONSTANT_STRING(L"{12345678-9abc-DEF0-0102-0304050607aB}");
    UNICODE_STRING Made;
    GUID Guid;

    IS(RtlGUIDFromString(&Text, &Guid), STATUS_SUCCESS);
    OK(RtlCompareMemory(&Guid, &Expected, sizeof(Guid)) == sizeof(Guid));
    IS(RtlStringFromGUID(&Expected, &Made), STATUS_SUCCESS);
    OK(wcscmp(Made.Buffer, L"{12345678-9ABC-DEF0-0102-0304050607AB}") == 0);
    OK(Made.Length == 76 && Made.MaximumLength == 78);
    RtlFreeUnicodeString(&Made);
    Text.Length -= 2;
    IS(RtlGUIDFromString(&Text, &Guid), STATUS_INVALID_PARAMETER);
    RtlInitUnicodeString(&Text, L"{00000000-0000-0000-0000-000000000000}x");
    IS(RtlGUIDFromString(&Text, &Guid), STATUS_INVALID_PARAMETER);
    OK(RtlCompareMemory(&Guid, &Expected, sizeof(Guid)) == sizeof(Guid)); // no conversion was done
    RtlInitUnicodeString(&Text, L"00000000-0000-0000-0000-000000000000");
    IS(RtlGUIDFromString(&Text, &Guid), STATUS_INVALID_PARAMETER);
    RtlInitUnicodeString(&Text, L"{1234567g-9abc-DEF0-0102-0304050607aB}");
    IS(RtlGUIDFromString(&Text, &Guid), STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestToInteger, TestFromInteger, TestGuid)
