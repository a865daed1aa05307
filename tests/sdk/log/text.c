// SPDX-License-Identifier: MIT
// Text put together piece by piece, and NT's format language at any IRQL.
#include "test.h"
#include <kmode.h>

static CHAR Buffer[600];

static PCSTR __cdecl Format(PCSTR Format, ...)
{
    KM_LOG_TEXT Text;
    va_list Arguments;

    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    va_start(Arguments, Format);
    KmLogTextPutFormatV(&Text, Format, Arguments);
    va_end(Arguments);
    return KmLogTextEnd(&Text);
}

static void TestIntegers(void)
{
    IS_STRING(Format("%d|%i|%u|%x|%X|%o", -1, 2, 3u, 0xABu, 0xABu, 8u), "-1|2|3|ab|AB|10");
    IS_STRING(Format("%5d|%-5d|%05d|%+d|% d|%.3d|%5.3d", -1, 2, -3, 4, 5, 6, 7),
              "   -1|2    |-0003|+4| 5|006|  007");
    IS_STRING(Format("%#x|%#o|%#x|%#X", 31u, 8u, 0u, 31u), "0x1f|010|0|0X1F");
    IS_STRING(Format("%hhd|%hd|%ld|%lld|%I32d|%I64d|%Id", 0x1FF, 0x1FFFF, -5l, -6ll, -7, -8ll, (SSIZE_T)-9),
              "-1|-1|-5|-6|-7|-8|-9");
    IS_STRING(Format("%hhu|%hu|%lu|%llx|%I64u|%Iu|%zu|%jx", 0x1FF, 0x1FFFF, 0xFFFFFFFFul,
                     0xFFFFFFFFFFFFFFFFull, 18446744073709551615ull, (SIZE_T)9, (SIZE_T)10, 11ull),
              "255|65535|4294967295|ffffffffffffffff|18446744073709551615|9|10|b");
    IS_STRING(Format("%*d|%-*d|%.*d|%*d", 4, 1, 4, 2, 3, 3, -4, 4), "   1|2   |003|4   ");
    IS_STRING(Format("%I64d", (LONG64)0x8000000000000000ull), "-9223372036854775808");
    IS_STRING(Format("%.0d|%.0x", 0, 0u), "|");
    IS_STRING(Format("%p", (PVOID)0x12AB), "00000000000012AB");
    // As many arguments as registers, and more.
    IS_STRING(Format("%d%d%d%d%d%d%d%d", 1, 2, 3, 4, 5, 6, 7, 8), "12345678");
}

static void TestStrings(void)
{
    static const WCHAR Wide[] = L"w\u00e9\u20ac\U0001F600";
    static WCHAR Half[] = {L'a', 0xD800, L'b', 0xDC00, 0};
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\X"), Empty = {0, 0, NULL};
    STRING Narrow = {3, 3, "abcdef"};

    IS_STRING(Format("%s|%5s|%-5s|%.2s|%hs|%c%c", "a", "b", "c", "defg", "h", 'i', 'j'),
              "a|    b|c    |de|h|ij");
    IS_STRING(Format("%ws|%ls|%S|%lc|%C", Wide, L"l", L"S", L'\u20ac', L'C'),
              "w\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80|l|S|\xe2\x82\xac|C");
    IS_STRING(Format("%ws", Half), "a\xef\xbf\xbd"
                                   "b\xef\xbf\xbd");
    IS_STRING(Format("%wZ|%Z|%hZ|%12wZ|%.4wZ", &Name, &Narrow, &Narrow, &Name, &Name),
              "\\Device\\X|abc|abc|   \\Device\\X|\\Dev");
    IS_STRING(
        Format("%s|%ws|%wZ|%Z|%wZ", (PSTR)NULL, (PWSTR)NULL, (PUNICODE_STRING)NULL, (PSTRING)NULL, &Empty),
        "(null)|(null)|(null)|(null)|(null)");
    IS_STRING(Format("100%%"), "100%");
    IS_STRING(Format(""), "");
    {
        // What is wrong is shown as it stands, and no argument is taken for what follows.
        PCSTR volatile Wrong = "a %k %s";
        IS_STRING(Format(Wrong, "x"), "a %k %s");
        Wrong = "a %";
        IS_STRING(Format(Wrong), "a %");
        Wrong = "a %08l";
        IS_STRING(Format(Wrong), "a %08l");
    }
}

static void TestHighLevel(void)
{
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"caf\u00e9");
    PCSTR Result;
    KIRQL OldIrql;

    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    Result = Format("%wZ %ws", &Name, L"wide");
    KeLowerIrql(OldIrql);
    IS_STRING(Result, "caf\xc3\xa9 wide");
}

static void TestCut(void)
{
    CHAR Small[8];
    KM_LOG_TEXT Text;

    KmLogTextInit(&Text, Small, sizeof(Small));
    KmLogTextPutString(&Text, "1234567");
    OK(!Text.Cut);
    IS_STRING(KmLogTextEnd(&Text), "1234567");
    KmLogTextInit(&Text, Small, sizeof(Small));
    KmLogTextPutString(&Text, "12345678");
    KmLogTextPutString(&Text, "9");
    OK(Text.Cut);
    IS_STRING(KmLogTextEnd(&Text), "1234...");
    IS(Text.Length, 7);
    // Nothing is left of a character that would be cut in two.
    KmLogTextInit(&Text, Small, sizeof(Small));
    KmLogTextPutString(&Text, "12\xe2\x82\xac"
                              "678");
    IS_STRING(KmLogTextEnd(&Text), "12...");
    KmLogTextInit(&Text, Small, 4);
    KmLogTextPutString(&Text, "1234");
    IS_STRING(KmLogTextEnd(&Text), "...");
    KmLogTextInit(&Text, Small, sizeof(Small));
    IS_STRING(KmLogTextEnd(&Text), "");
    KmLogTextInit(&Text, Small, sizeof(Small));
    KmLogTextPutRepeated(&Text, 'x', 3);
    KmLogTextPutUnsigned(&Text, 10, 2, 1);
    IS_STRING(KmLogTextEnd(&Text), "xxx1010");
    KmLogTextInit(&Text, Small, sizeof(Small));
    KmLogTextPutUnsigned(&Text, 0, 10, 0);
    KmLogTextPutUnsigned(&Text, 31, 16, 4);
    KmLogTextPutBytes(&Text, "ab", 1);
    IS_STRING(KmLogTextEnd(&Text), "001fa");
    IS_STRING(Format("%700s", "x") + 596, "...");
}

static ULONG Flushed;

static VOID NTAPI Flush(PKM_LOG_TEXT Text)
{
    CHAR *Whole = (CHAR *)Text->Context;

    RtlCopyMemory(Whole + Flushed, Text->Buffer, Text->Length);
    Flushed += Text->Length;
}

static void TestFlush(void)
{
    static CHAR Whole[200];
    CHAR Small[5];
    KM_LOG_TEXT Text;

    Flushed = 0;
    KmLogTextInit(&Text, Small, sizeof(Small));
    Text.Flush = Flush;
    Text.Context = Whole;
    KmLogTextPutFormat(&Text, "%s %d %ws", "something longer than five bytes", 42, L"\u20ac\u20ac\u20ac");
    KmLogTextPutRepeated(&Text, '.', 11);
    KmLogTextEnd(&Text);
    OK(!Text.Cut);
    IS_STRING(Whole, "something longer than five bytes 42 \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac...........");
}

TEST_DRIVER(TestIntegers, TestStrings, TestHighLevel, TestCut, TestFlush)
