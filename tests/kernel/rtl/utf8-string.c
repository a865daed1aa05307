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

TEST_DRIVER(TestToUtf8, TestToUnicode)
