// SPDX-License-Identifier: MIT
// UTF-8 to UTF-16 and back: well-formed, ill-formed, and buffers that are too small.
#include "test.h"

static char Room[32];
static WCHAR WideRoom[32];
static ULONG Bytes;

static void TestToUtf8(void)
{
    const WCHAR Text[] = {'a', 0xE9, 0x20AC, 0xD83D, 0xDE00};
    const WCHAR Lone[] = {0xDE00, 'x', 0xD83D};

    IS(RtlUnicodeToUTF8N(Room, sizeof(Room), &Bytes, Text, sizeof(Text)), STATUS_SUCCESS);
    OK(Bytes == 10 && RtlCompareMemory(Room, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10) == 10);
    IS(RtlUnicodeToUTF8N(NULL, 0, &Bytes, Text, sizeof(Text)), STATUS_SUCCESS);
    IS(Bytes, 10);
    IS(RtlUnicodeToUTF8N(Room, 8, &Bytes, Text, sizeof(Text)), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, 6);
    IS(RtlUnicodeToUTF8N(Room, sizeof(Room), &Bytes, Lone, sizeof(Lone)), STATUS_SOME_NOT_MAPPED);
    OK(Bytes == 7 && RtlCompareMemory(Room, "\xEF\xBF\xBDx\xEF\xBF\xBD", 7) == 7);
    IS(RtlUnicodeToUTF8N(NULL, 0, NULL, Text, sizeof(Text)), STATUS_INVALID_PARAMETER);
    IS(RtlUnicodeToUTF8N(Room, sizeof(Room), &Bytes, NULL, 0), STATUS_INVALID_PARAMETER_4);
    IS(RtlUnicodeToUTF8N(Room, sizeof(Room), &Bytes, Text, 3), STATUS_INVALID_PARAMETER_5);
    IS(RtlUnicodeToUTF8N(Room, sizeof(Room), &Bytes, L"a\0b", 6), STATUS_SUCCESS);
    IS(Bytes, 3);
}

static void TestToUnicode(void)
{
    static const struct {
        PCSTR Text;
        ULONG Replaced; // how many U+FFFD stand for it
    } IllFormed[] = {
        {"\x80", 1},         {"\xC3", 1},         {"\xC0\x80", 2},
        {"\xE0\x80\x80", 3}, {"\xED\xA0\x80", 3}, {"\xF4\x90\x80\x80", 4},
        {"\xE2\x82", 1},     {"\xF0\x9F\x98", 1}, {"\xFF\xFE", 2},
    };

    IS(RtlUTF8ToUnicodeN(WideRoom, sizeof(WideRoom), &Bytes, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10),
       STATUS_SUCCESS);
    IS(Bytes, 10);
    OK(WideRoom[0] == 'a' && WideRoom[1] == 0xE9 && WideRoom[2] == 0x20AC);
    OK(WideRoom[3] == 0xD83D && WideRoom[4] == 0xDE00);
    IS(RtlUTF8ToUnicodeN(NULL, 0, &Bytes, "\xF0\x9F\x98\x80", 4), STATUS_SUCCESS);
    IS(Bytes, 4);
    IS(RtlUTF8ToUnicodeN(WideRoom, 2, &Bytes, "\xF0\x9F\x98\x80", 4), STATUS_BUFFER_TOO_SMALL);
    IS(Bytes, 0);
    IS(RtlUTF8ToUnicodeN(NULL, 0, NULL, "a", 1), STATUS_INVALID_PARAMETER);
    IS(RtlUTF8ToUnicodeN(WideRoom, 2, &Bytes, NULL, 1), STATUS_INVALID_PARAMETER_4);
    for (ULONG I = 0; I < RTL_NUMBER_OF(IllFormed); ++I) {
        PCSTR Text = IllFormed[I].Text;

        IS(RtlUTF8ToUnicodeN(WideRoom, sizeof(WideRoom), &Bytes, Text, (ULONG)strlen(Text)),
           STATUS_SOME_NOT_MAPPED);
        IS(Bytes, IllFormed[I].Replaced * sizeof(WCHAR));
        IS(WideRoom[0], 0xFFFD);
    }
}

static void TestInit(void)
{
    UTF8_STRING S;
    PSTR Long = ExAllocatePoolWithTag(PagedPool, 0x10000, 'tseT');

    RtlInitUTF8String(&S, "a\xC3\xA9");
    OK(S.Length == 3 && S.MaximumLength == 4);
    RtlInitUTF8String(&S, NULL);
    OK(S.Length == 0 && S.MaximumLength == 0 && S.Buffer == NULL);
    RtlFillMemory(Long, 0xFFFF, 'x');
    Long[0xFFFF] = 0;
    IS(RtlInitUTF8StringEx(&S, Long), STATUS_NAME_TOO_LONG);
    RtlInitUTF8String(&S, Long);
    OK(S.Length == 0xFFFE && S.MaximumLength == 0xFFFF);
    Long[0xFFFE] = 0;
    IS(RtlInitUTF8StringEx(&S, Long), STATUS_SUCCESS);
    IS(S.Length, 0xFFFE);
    IS(RtlInitUTF8StringEx(&S, NULL), STATUS_SUCCESS);
    OK(S.Length == 0 && S.MaximumLength == 0);
    ExFreePoolWithTag(Long, 'tseT');
}

static void TestToUtf8String(void)
{
    UNICODE_STRING U = RTL_CONSTANT_STRING(L"a\xE9\x20AC"), Lone = {2, 2, (WCHAR[]){0xD83D}}, Nothing = {0},
                   Bad = {2, 2, NULL}, Odd = {3, 4, L"ab"};
    UTF8_STRING S = {0, 6, Room};

    Room[6] = '#';
    IS(RtlUnicodeStringToUTF8String(&S, &U, FALSE), STATUS_SUCCESS);
    OK(S.Length == 6 && S.MaximumLength == 6 && RtlCompareMemory(Room, "a\xC3\xA9\xE2\x82\xAC#", 7) == 7);
    S.MaximumLength = 7;
    IS(RtlUnicodeStringToUTF8String(&S, &U, FALSE), STATUS_SUCCESS);
    OK(S.Length == 6 && Room[6] == 0);
    S.MaximumLength = 5; // no room for the last character
    Room[3] = Room[4] = Room[5] = '#';
    IS(RtlUnicodeStringToUTF8String(&S, &U, FALSE), STATUS_BUFFER_OVERFLOW);
    OK(S.Length == 3 && S.MaximumLength == 5 && RtlCompareMemory(Room, "a\xC3\xA9\0#", 5) == 5);
    IS(RtlUnicodeStringToUTF8String(&S, &U, TRUE), STATUS_SUCCESS);
    OK(S.Length == 6 && S.MaximumLength == 7 && S.Buffer != Room && S.Buffer[6] == 0);
    RtlFreeUTF8String(&S);
    OK(S.Buffer == NULL && S.Length == 0);
    RtlFreeUTF8String(&S);
    IS(RtlUnicodeStringToUTF8String(&S, &Lone, TRUE), STATUS_SOME_NOT_MAPPED);
    IS_STRING(S.Buffer, "\xEF\xBF\xBD");
    RtlFreeUTF8String(&S);
    IS(RtlUnicodeStringToUTF8String(&S, &Nothing, TRUE), STATUS_SUCCESS);
    OK(S.Length == 0 && S.MaximumLength == 1 && S.Buffer[0] == 0);
    RtlFreeUTF8String(&S);
    IS(RtlUnicodeStringToUTF8String(NULL, &U, TRUE), STATUS_INVALID_PARAMETER_1);
    IS(RtlUnicodeStringToUTF8String(&S, NULL, TRUE), STATUS_INVALID_PARAMETER_2);
    IS(RtlUnicodeStringToUTF8String(&S, &Bad, TRUE), STATUS_INVALID_PARAMETER_2);
    IS(RtlUnicodeStringToUTF8String(&S, &Odd, TRUE), STATUS_INVALID_PARAMETER_5);
    // Longer than a string can be: 32,766 units of three bytes.
    U.Buffer = ExAllocatePoolWithTag(PagedPool, 0xFFFC, 'tseT');
    for (ULONG I = 0; I < 0x7FFE; ++I) {
        U.Buffer[I] = 0x20AC;
    }
    U.Length = U.MaximumLength = 0xFFFC;
    IS(RtlUnicodeStringToUTF8String(&S, &U, TRUE), STATUS_INVALID_PARAMETER_2);
    OK(S.Buffer == NULL);
    ExFreePoolWithTag(U.Buffer, 'tseT');
}

static void TestToUnicodeString(void)
{
    UTF8_STRING S = RTL_CONSTANT_STRING("a\xF0\x9F\x98\x80"), Bad = RTL_CONSTANT_STRING("x\x80"),
                Nothing = {0}, Null = {2, 2, NULL};
    UNICODE_STRING U = {0, 6, WideRoom};

    WideRoom[3] = '#';
    IS(RtlUTF8StringToUnicodeString(&U, &S, FALSE), STATUS_SUCCESS);
    OK(U.Length == 6 && WideRoom[0] == 'a' && WideRoom[1] == 0xD83D && WideRoom[2] == 0xDE00 &&
       WideRoom[3] == '#');
    U.MaximumLength = 8;
    IS(RtlUTF8StringToUnicodeString(&U, &S, FALSE), STATUS_SUCCESS);
    OK(U.Length == 6 && WideRoom[3] == 0);
    U.MaximumLength = 5; // no half of a pair, no half of a unit
    WideRoom[1] = '#';
    IS(RtlUTF8StringToUnicodeString(&U, &S, FALSE), STATUS_BUFFER_OVERFLOW);
    OK(U.Length == 2 && U.MaximumLength == 5 && WideRoom[1] == 0);
    IS(RtlUTF8StringToUnicodeString(&U, &S, TRUE), STATUS_SUCCESS);
    OK(U.Length == 6 && U.MaximumLength == 8 && U.Buffer != WideRoom && U.Buffer[3] == 0);
    RtlFreeUnicodeString(&U);
    IS(RtlUTF8StringToUnicodeString(&U, &Bad, TRUE), STATUS_SOME_NOT_MAPPED);
    OK(U.Length == 4 && U.Buffer[1] == 0xFFFD);
    RtlFreeUnicodeString(&U);
    IS(RtlUTF8StringToUnicodeString(&U, &Nothing, TRUE), STATUS_SUCCESS);
    OK(U.Length == 0 && U.MaximumLength == 2 && U.Buffer[0] == 0);
    RtlFreeUnicodeString(&U);
    IS(RtlUTF8StringToUnicodeString(NULL, &S, TRUE), STATUS_INVALID_PARAMETER_1);
    IS(RtlUTF8StringToUnicodeString(&U, NULL, TRUE), STATUS_INVALID_PARAMETER_2);
    IS(RtlUTF8StringToUnicodeString(&U, &Null, TRUE), STATUS_INVALID_PARAMETER_2);
    // Longer than a string can be.
    S.Buffer = ExAllocatePoolWithTag(PagedPool, 0x8000, 'tseT');
    RtlFillMemory(S.Buffer, 0x8000, 'x');
    S.Length = S.MaximumLength = 0x7FFF;
    IS(RtlUTF8StringToUnicodeString(&U, &S, TRUE), STATUS_INVALID_PARAMETER_2);
    S.Length = 0x7FFE;
    IS(RtlUTF8StringToUnicodeString(&U, &S, TRUE), STATUS_SUCCESS);
    IS(U.Length, 0xFFFC);
    RtlFreeUnicodeString(&U);
    ExFreePoolWithTag(S.Buffer, 'tseT');
}

TEST_DRIVER(TestToUtf8, TestToUnicode, TestInit, TestToUtf8String, TestToUnicodeString)
