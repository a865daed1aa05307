// SPDX-License-Identifier: MIT
// ntstrsafe.h: copies, concatenations and formatting that never write beyond the buffer, end it with a null
// character and tell what did not fit; and what each flag does on success and on failure.
#include "test.h"
#include <ntstrsafe.h>

#define INVALID   STATUS_INVALID_PARAMETER
#define OVERFLOWS STATUS_BUFFER_OVERFLOW
#define TOO_LARGE ((size_t)NTSTRSAFE_MAX_CCH + 1)

#define IS_WIDE(Actual, Expected)        IS(wcscmp(Actual, Expected), 0)
#define IS_BYTES(Actual, Expected, Size) IS(RtlCompareMemory(Actual, Expected, Size), (SIZE_T)(Size))

static CHAR TextA[8];
static WCHAR TextW[8];
static CHAR *EndA;
static WCHAR *EndW;
static size_t Left;

static void Set(const char *Text)
{
    RtlFillMemory(TextA, sizeof(TextA), '#');
    for (ULONG i = 0; i < RTL_NUMBER_OF(TextW); i++) {
        TextW[i] = L'#';
    }
    for (ULONG i = 0; Text != NULL; i++) {
        TextA[i] = Text[i];
        TextW[i] = (WCHAR)Text[i];
        if (Text[i] == 0) {
            break;
        }
    }
    EndA = NULL;
    EndW = NULL;
    Left = 99;
}

// The whole of TextA, null characters included.
#define BYTES_ARE(Expected) IS_BYTES(TextA, Expected, sizeof(TextA))

static void TestLength(void)
{
    Left = 99;
    IS(RtlStringCbLengthA("abc", 4, &Left), STATUS_SUCCESS);
    IS(Left, 3);
    IS(RtlStringCbLengthA("abc", 3, &Left), INVALID);
    IS(RtlStringCchLengthA("abc", 4, NULL), STATUS_SUCCESS);
    IS(RtlStringCchLengthA("", 1, &Left), STATUS_SUCCESS);
    IS(Left, 0);
    IS(RtlStringCchLengthA("abc", 0, &Left), INVALID);
    IS(RtlStringCchLengthA(NULL, 4, &Left), INVALID);
    IS(RtlStringCchLengthA("abc", TOO_LARGE, &Left), INVALID);
    IS(RtlStringCbLengthW(L"abc", 8, &Left), STATUS_SUCCESS);
    IS(Left, 6);
    IS(RtlStringCbLengthW(L"abc", 7, &Left), INVALID);
    IS(RtlStringCbLengthW(L"abc", TOO_LARGE * sizeof(WCHAR), &Left), INVALID);
    IS(RtlStringCchLengthW(L"abc", 4, &Left), STATUS_SUCCESS);
    IS(Left, 3);

    UCHAR Odd[10] = {0, 'a', 0, 'b', 0, 0, 0, 0, 0, 0};
    IS(RtlUnalignedStringCchLengthW((PWSTR)(PVOID)(Odd + 1), 4, &Left), STATUS_SUCCESS);
    IS(Left, 2);
    IS(RtlUnalignedStringCbLengthW((PWSTR)(PVOID)(Odd + 1), 6, &Left), STATUS_SUCCESS);
    IS(Left, 4);
    IS(RtlUnalignedStringCbLengthW((PWSTR)(PVOID)(Odd + 1), 4, &Left), INVALID);
    IS(RtlUnalignedStringCbLengthW(NULL, 4, &Left), INVALID);
}

static void TestCopy(void)
{
    Set(NULL);
    IS(RtlStringCbCopyA(TextA, 8, "abc"), STATUS_SUCCESS);
    BYTES_ARE("abc\0####");
    IS(RtlStringCchCopyA(TextA, 8, "1234567"), STATUS_SUCCESS);
    IS_STRING(TextA, "1234567");
    IS(RtlStringCchCopyA(TextA, 4, "abcdef"), OVERFLOWS);
    BYTES_ARE("abc\0"
              "567");
    IS(RtlStringCbCopyA(TextA, 0, "abc"), INVALID);
    IS(RtlStringCbCopyA(TextA, TOO_LARGE, "abc"), INVALID);
    IS(RtlStringCbCopyA(NULL, 8, "abc"), INVALID);
    IS_STRING(TextA, "abc");
    IS(RtlStringCbCopyA(TextA, 8, NULL), INVALID);
    IS_STRING(TextA, "");

    Set(NULL);
    IS(RtlStringCbCopyW(TextW, 7, L"abcd"), OVERFLOWS);
    IS_WIDE(TextW, L"ab");
    IS(TextW[3], L'#');
    IS(RtlStringCchCopyW(TextW, 8, L"abcd"), STATUS_SUCCESS);
    IS_WIDE(TextW, L"abcd");
    IS(RtlStringCbCopyW(TextW, 1, L""), INVALID);
    IS(RtlStringCchCopyW(TextW, TOO_LARGE, L""), INVALID);

    Set(NULL);
    IS(RtlStringCbCopyNA(TextA, 8, "abcdef", 2), STATUS_SUCCESS);
    IS_STRING(TextA, "ab");
    IS(RtlStringCchCopyNA(TextA, 8, "abc", 7), STATUS_SUCCESS);
    IS_STRING(TextA, "abc");
    IS(RtlStringCchCopyNA(TextA, 3, "abcdef", 3), OVERFLOWS);
    IS_STRING(TextA, "ab");
    IS(RtlStringCchCopyNA(TextA, 8, "abc", TOO_LARGE), INVALID);
    IS_STRING(TextA, "");
    IS(RtlStringCbCopyNW(TextW, 16, L"abcdef", 4), STATUS_SUCCESS);
    IS_WIDE(TextW, L"ab");
    IS(RtlStringCchCopyNW(TextW, 8, L"abcdef", 4), STATUS_SUCCESS);
    IS_WIDE(TextW, L"abcd");
}

static void TestConcatenation(void)
{
    Set("ab");
    IS(RtlStringCbCatA(TextA, 8, "cd"), STATUS_SUCCESS);
    IS_STRING(TextA, "abcd");
    IS(RtlStringCchCatA(TextA, 6, "efgh"), OVERFLOWS);
    IS_STRING(TextA, "abcde");
    IS(RtlStringCchCatA(TextA, 6, ""), STATUS_SUCCESS);
    IS(RtlStringCchCatNA(TextA, 8, "fghi", 1), STATUS_SUCCESS);
    IS_STRING(TextA, "abcdef");
    IS(RtlStringCbCatNA(TextA, 8, "ghi", 2), OVERFLOWS);
    IS_STRING(TextA, "abcdefg");
    IS(RtlStringCbCatA(TextA, 7, "x"), INVALID); // no end within 7
    IS(RtlStringCbCatA(TextA, 0, "x"), INVALID);
    IS(RtlStringCbCatA(NULL, 8, "x"), INVALID);
    IS(RtlStringCbCatA(TextA, 8, NULL), INVALID);
    IS(RtlStringCbCatA(TextA, TOO_LARGE, "x"), INVALID);
    IS(RtlStringCchCatNA(TextA, 8, "x", TOO_LARGE), INVALID);
    IS_STRING(TextA, "abcdefg");

    Set("ab");
    IS(RtlStringCbCatW(TextW, 16, L"cd"), STATUS_SUCCESS);
    IS(RtlStringCbCatNW(TextW, 16, L"efg", 2), STATUS_SUCCESS);
    IS(RtlStringCchCatNW(TextW, 8, L"fgh", 1), STATUS_SUCCESS);
    IS(RtlStringCchCatW(TextW, 8, L"ghi"), OVERFLOWS);
    IS_WIDE(TextW, L"abcdefg");

    // No truncation leaves what was there.
    Set("ab");
    IS(RtlStringCbCatExA(TextA, 4, "cde", &EndA, &Left, STRSAFE_NO_TRUNCATION), OVERFLOWS);
    IS_STRING(TextA, "ab");
    IS(EndA == TextA + 2, TRUE);
    IS(Left, 2);
    IS(RtlStringCbCatExA(TextA, 8, "c", &EndA, &Left, STRSAFE_FILL_BYTE('z')), STATUS_SUCCESS);
    BYTES_ARE("abc\0zzzz");
    IS(EndA == TextA + 3, TRUE);
    IS(Left, 5);
    IS(RtlStringCchCatExA(TextA, 5, "def", &EndA, &Left, STRSAFE_NO_TRUNCATION | STRSAFE_FAILURE_BYTE('y')),
       OVERFLOWS);
    BYTES_ARE("yyyy\0zzz");
    IS(EndA == TextA + 4, TRUE);
    IS(Left, 1);
    IS(RtlStringCchCatExA(TextA, 5, "def", &EndA, &Left, STRSAFE_NULL_ON_FAILURE), OVERFLOWS);
    BYTES_ARE("\0yyy\0zzz");
    IS(Left, 5);
    IS(RtlStringCchCatNExA(TextA, 8, "123", 2, &EndA, &Left, 0), STATUS_SUCCESS);
    IS_STRING(TextA, "12");
    IS(RtlStringCbCatNExW(TextW, 16, L"", 2, &EndW, &Left, 0), STATUS_SUCCESS);
    IS(EndW == TextW + 2, TRUE);
    IS(Left, 12);
    IS(RtlStringCbCatExA(TextA, 8, NULL, &EndA, &Left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    IS_STRING(TextA, "12");
    IS(RtlStringCbCatExA(NULL, 0, "", &EndA, &Left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    IS(RtlStringCbCatExA(NULL, 0, "a", &EndA, &Left, STRSAFE_IGNORE_NULLS), INVALID);
}

static void TestCopyFlags(void)
{
    Set(NULL);
    IS(RtlStringCbCopyExA(TextA, 8, "abc", &EndA, &Left, 0), STATUS_SUCCESS);
    BYTES_ARE("abc\0####");
    IS(EndA == TextA + 3, TRUE);
    IS(Left, 5);
    IS(RtlStringCbCopyExA(TextA, 7, "ab", NULL, NULL, STRSAFE_FILL_BYTE('z')), STATUS_SUCCESS);
    BYTES_ARE("ab\0zzzz#");
    IS(RtlStringCbCopyExA(TextA, 7, "ab", NULL, NULL, STRSAFE_FILL_BEHIND_NULL), STATUS_SUCCESS);
    BYTES_ARE("ab\0\0\0\0\0#");

    // Cut: the end is at the last character of the buffer.
    Set(NULL);
    IS(RtlStringCchCopyExA(TextA, 4, "abcdef", &EndA, &Left, STRSAFE_FILL_BYTE('z')), OVERFLOWS);
    BYTES_ARE("abc\0####");
    IS(EndA == TextA + 3, TRUE);
    IS(Left, 1);
    IS(RtlStringCchCopyExA(TextA, 4, "abcdef", &EndA, &Left, STRSAFE_NO_TRUNCATION), OVERFLOWS);
    IS_STRING(TextA, "");
    IS(EndA == TextA, TRUE);
    IS(Left, 4);
    Set(NULL);
    IS(RtlStringCchCopyExA(TextA, 4, "abcdef", &EndA, &Left, STRSAFE_NULL_ON_FAILURE), OVERFLOWS);
    IS_STRING(TextA, "");
    Set(NULL);
    IS(RtlStringCchCopyExA(TextA, 4, "abcdef", &EndA, &Left, STRSAFE_FAILURE_BYTE('f')), OVERFLOWS);
    BYTES_ARE("fff\0####");
    IS(Left, 1);
    Set(NULL);
    IS(RtlStringCchCopyExA(TextA, 4, "abcdef", &EndA, &Left, STRSAFE_FAILURE_BYTE(0)), OVERFLOWS);
    BYTES_ARE("\0\0\0\0####");
    IS(EndA == TextA, TRUE);
    IS(Left, 4);
    Set(NULL);
    IS(RtlStringCchCopyExA(TextA, 4, "abcdef", &EndA, &Left,
                           STRSAFE_NO_TRUNCATION | STRSAFE_FAILURE_BYTE('f')),
       OVERFLOWS);
    BYTES_ARE("fff\0####");

    // Other failures: the flags hold for them too, and the results are left alone.
    Set(NULL);
    IS(RtlStringCchCopyExA(TextA, 4, NULL, &EndA, &Left, STRSAFE_FAILURE_BYTE('f')), INVALID);
    BYTES_ARE("fff\0####");
    IS(EndA == NULL, TRUE);
    IS(Left, 99);
    IS(RtlStringCchCopyExA(TextA, 8, "a", &EndA, &Left, 0x2000), INVALID);
    IS_STRING(TextA, "");
    IS(RtlStringCchCopyExA(NULL, 0, "", &EndA, &Left, 0), INVALID);
    IS(RtlStringCchCopyExA(NULL, 8, "", &EndA, &Left, STRSAFE_IGNORE_NULLS), INVALID);
    IS(RtlStringCchCopyExA(NULL, 0, "a", &EndA, &Left, STRSAFE_IGNORE_NULLS), INVALID);
    IS(RtlStringCchCopyExA(TextA, 0, "a", &EndA, &Left, STRSAFE_IGNORE_NULLS), INVALID);
    IS(RtlStringCchCopyExA(NULL, 0, NULL, &EndA, &Left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    IS(Left, 0);
    IS(RtlStringCchCopyExA(TextA, 8, NULL, &EndA, &Left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    IS(Left, 8);

    // The odd byte of a size counts as remaining, and is filled.
    Set(NULL);
    IS(RtlStringCbCopyExW(TextW, 9, L"abc", &EndW, &Left, 0), STATUS_SUCCESS);
    IS(Left, 3);
    IS(EndW == TextW + 3, TRUE);
    IS(RtlStringCbCopyNExW(TextW, 9, L"abc", 4, &EndW, &Left, STRSAFE_FILL_BYTE('z')), STATUS_SUCCESS);
    IS(Left, 5);
    IS_BYTES(TextW, "a\0b\0\0\0zzz\0", 10);
    IS(RtlStringCchCopyNExW(TextW, 8, L"abc", 4, &EndW, &Left, 0), STATUS_SUCCESS);
    IS(Left, 5);
}

static void TestFormat(void)
{
    Set(NULL);
    IS(RtlStringCbPrintfA(TextA, 8, "%d-%s", 12, "ab"), STATUS_SUCCESS);
    IS_STRING(TextA, "12-ab");
    IS(RtlStringCchPrintfA(TextA, 8, "%s", "1234567"), STATUS_SUCCESS);
    IS(RtlStringCchPrintfA(TextA, 8, "%s", "12345678"), OVERFLOWS);
    IS_STRING(TextA, "1234567");
    IS(RtlStringCchPrintfA(TextA, 0, "a"), INVALID);
    IS(RtlStringCchPrintfA(TextA, TOO_LARGE, "a"), INVALID);
    IS(RtlStringCchPrintfW(TextW, 8, L"%x", 0xABC), STATUS_SUCCESS);
    IS_WIDE(TextW, L"abc");
    IS(RtlStringCbPrintfW(TextW, 6, L"%s", L"abc"), OVERFLOWS);
    IS_WIDE(TextW, L"ab");

    Set(NULL);
    IS(RtlStringCbPrintfExA(TextA, 8, &EndA, &Left, STRSAFE_FILL_BYTE('z'), "%d", 12), STATUS_SUCCESS);
    BYTES_ARE("12\0zzzzz");
    IS(EndA == TextA + 2, TRUE);
    IS(Left, 6);
    IS(RtlStringCchPrintfExA(TextA, 3, &EndA, &Left, STRSAFE_NO_TRUNCATION, "%d", 1234), OVERFLOWS);
    IS_STRING(TextA, "");
    IS(Left, 3);
    IS(RtlStringCchPrintfExA(TextA, 3, &EndA, &Left, STRSAFE_NO_TRUNCATION | STRSAFE_FAILURE_BYTE('f'), "%d",
                             1234),
       OVERFLOWS);
    IS_STRING(TextA, "ff");
    IS(RtlStringCchPrintfExA(TextA, 8, &EndA, &Left, 0x8000, "a"), INVALID);
    IS_STRING(TextA, "");
    IS(RtlStringCchPrintfExA(NULL, 0, &EndA, &Left, 0, "a"), INVALID);
    IS(RtlStringCchPrintfExA(NULL, 0, &EndA, &Left, STRSAFE_IGNORE_NULLS, "a"), INVALID);
    IS(RtlStringCchPrintfExA(NULL, 0, &EndA, &Left, STRSAFE_IGNORE_NULLS, NULL), STATUS_SUCCESS);
    IS(RtlStringCchPrintfExA(TextA, 8, &EndA, &Left, STRSAFE_IGNORE_NULLS, NULL), STATUS_SUCCESS);
    IS(RtlStringCbPrintfExW(TextW, 16, &EndW, &Left, 0, L"%u", 7u), STATUS_SUCCESS);
    IS(Left, 14);
}

static void TestCopyOfUnicodeString(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"abcd"), None = {0, 0, NULL}, Odd = Name;

    Odd.Length = 3;
    Set(NULL);
    IS(RtlStringCbCopyUnicodeString(TextW, 16, &Name), STATUS_SUCCESS);
    IS_WIDE(TextW, L"abcd");
    IS(RtlStringCchCopyUnicodeString(TextW, 4, &Name), OVERFLOWS);
    IS_WIDE(TextW, L"abc");
    IS(RtlStringCchCopyUnicodeString(TextW, 0, &Name), INVALID);
    IS(RtlStringCchCopyUnicodeString(TextW, NTSTRSAFE_UNICODE_STRING_MAX_CCH + 1, &Name), INVALID);
    IS(RtlStringCchCopyUnicodeString(NULL, 4, &Name), INVALID);
    IS(RtlStringCchCopyUnicodeString(TextW, 8, NULL), INVALID);
    IS_WIDE(TextW, L"");
    IS(RtlStringCchCopyUnicodeString(TextW, 8, &Odd), INVALID);
    IS(RtlStringCchCopyUnicodeString(TextW, 8, &None), STATUS_SUCCESS);

    IS(RtlStringCchCopyUnicodeStringEx(TextW, 8, &Name, &EndW, &Left, 0), STATUS_SUCCESS);
    IS(EndW == TextW + 4, TRUE);
    IS(Left, 4);
    IS(RtlStringCbCopyUnicodeStringEx(TextW, 15, &Name, &EndW, &Left, 0), STATUS_SUCCESS);
    IS(Left, 7);
    IS(RtlStringCchCopyUnicodeStringEx(TextW, 3, &Name, &EndW, &Left, STRSAFE_NO_TRUNCATION), OVERFLOWS);
    IS_WIDE(TextW, L"");
    IS(Left, 3);
    IS(RtlStringCchCopyUnicodeStringEx(TextW, 3, &Odd, &EndW, &Left, STRSAFE_FAILURE_BYTE(1)), INVALID);
    IS_WIDE(TextW, L"\x101\x101");
    IS(RtlStringCchCopyUnicodeStringEx(TextW, 8, &Name, &EndW, &Left, 0x2000), INVALID);
    IS(RtlStringCchCopyUnicodeStringEx(NULL, 0, NULL, &EndW, &Left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    IS(RtlStringCchCopyUnicodeStringEx(NULL, 0, &Name, &EndW, &Left, STRSAFE_IGNORE_NULLS), INVALID);
    IS(RtlStringCchCopyUnicodeStringEx(TextW, TOO_LARGE, &Name, &EndW, &Left, 0), INVALID);
}

static UNICODE_STRING String, Rest;

static void SetString(const char *Text, USHORT Characters)
{
    Set(Text);
    String.Buffer = TextW;
    String.Length = (USHORT)(strlen(Text) * sizeof(WCHAR));
    String.MaximumLength = Characters * sizeof(WCHAR);
    RtlFillMemory(&Rest, sizeof(Rest), 0xEE);
}

static void StringIs(const WCHAR *Expected)
{
    WCHAR Copy[9] = {0};

    RtlCopyMemory(Copy, String.Buffer, String.Length);
    IS_WIDE(Copy, Expected);
}

static void TestUnicodeStrings(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"abcd"), Bad = Name;

    Bad.Length = 3;
    IS(RtlUnicodeStringValidate(&Name), STATUS_SUCCESS);
    IS(RtlUnicodeStringValidate(&Bad), INVALID);
    IS(RtlUnicodeStringValidate(NULL), INVALID);
    IS(RtlUnicodeStringValidateEx(NULL, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    IS(RtlUnicodeStringValidateEx(&Name, STRSAFE_FILL_BEHIND), INVALID);
    Bad.Length = 0;
    Bad.MaximumLength = 3;
    IS(RtlUnicodeStringValidate(&Bad), INVALID);
    Bad.MaximumLength = 2;
    Bad.Length = 4;
    IS(RtlUnicodeStringValidate(&Bad), INVALID);
    Bad.Length = 0;
    Bad.Buffer = NULL;
    IS(RtlUnicodeStringValidate(&Bad), INVALID);
    Bad.MaximumLength = 0;
    IS(RtlUnicodeStringValidate(&Bad), STATUS_SUCCESS);
    Bad.MaximumLength = 2;

    IS(RtlUnicodeStringInit(&String, L"xy"), STATUS_SUCCESS);
    IS(String.Length, 4);
    IS(String.MaximumLength, 6);
    IS(RtlUnicodeStringInit(&String, NULL), STATUS_SUCCESS);
    IS(String.Buffer == NULL && String.MaximumLength == 0, TRUE);
    IS(RtlUnicodeStringInit(NULL, L"xy"), INVALID);
    IS(RtlUnicodeStringInitEx(NULL, NULL, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    IS(RtlUnicodeStringInitEx(&String, L"xy", STRSAFE_FILL_BEHIND), INVALID);

    SetString("", 8);
    IS(RtlUnicodeStringCopy(&String, &Name), STATUS_SUCCESS);
    StringIs(L"abcd");
    IS(RtlUnicodeStringCatString(&String, L"ef"), STATUS_SUCCESS);
    IS(RtlUnicodeStringCchCatN(&String, &Name, 1), STATUS_SUCCESS);
    IS(RtlUnicodeStringCbCatStringN(&String, L"xy", 2), STATUS_SUCCESS);
    StringIs(L"abcdefax");
    IS(RtlUnicodeStringCat(&String, &Name), OVERFLOWS);
    StringIs(L"abcdefax");
    IS(RtlUnicodeStringCopy(&String, &Bad), INVALID);
    IS(RtlUnicodeStringCopy(&Bad, &Name), INVALID);
    IS(RtlUnicodeStringCopy(&String, NULL), INVALID);
    IS(RtlUnicodeStringCopyString(&String, NULL), INVALID);
    IS(RtlUnicodeStringCopyString(NULL, L"a"), INVALID);
    IS(RtlUnicodeStringCchCopyN(&String, &Name, NTSTRSAFE_UNICODE_STRING_MAX_CCH + 1), INVALID);
    StringIs(L"abcdefax");

    SetString("", 3);
    IS(RtlUnicodeStringCopy(&String, &Name), OVERFLOWS);
    StringIs(L"abc");
    IS(RtlUnicodeStringCopyEx(&String, &Name, &Rest, STRSAFE_NO_TRUNCATION), OVERFLOWS);
    IS(String.Length, 0);
    IS(Rest.MaximumLength, 6);
    IS(Rest.Length, 0);
    IS(RtlUnicodeStringCopyEx(&String, &Name, NULL, STRSAFE_NO_TRUNCATION | STRSAFE_FAILURE_BYTE(1)),
       OVERFLOWS);
    StringIs(L"\x101\x101\x101");
    IS(RtlUnicodeStringCopyEx(&String, &Name, NULL, STRSAFE_ZERO_LENGTH_ON_FAILURE), OVERFLOWS);
    IS(String.Length, 0);
    IS(RtlUnicodeStringCopyEx(&String, &Name, NULL, STRSAFE_FAILURE_BYTE(0)), OVERFLOWS);
    IS(String.Length, 0);
    IS(TextW[0], 0);
    IS(RtlUnicodeStringCopyEx(&String, NULL, &Rest, STRSAFE_FAILURE_BYTE(1)), INVALID);
    IS(Rest.MaximumLength, 6);

    SetString("ab", 5);
    IS(RtlUnicodeStringCatStringEx(&String, L"cdef", &Rest, STRSAFE_NO_TRUNCATION), OVERFLOWS);
    StringIs(L"ab");
    IS(Rest.Buffer == TextW + 2 && Rest.MaximumLength == 6, TRUE);
    IS(RtlUnicodeStringCatEx(&String, NULL, &Rest, STRSAFE_IGNORE_NULLS | STRSAFE_FILL_BYTE('z')),
       STATUS_SUCCESS);
    IS_BYTES(TextW, "a\0b\0zzzzzz#\0", 12);
    IS(RtlUnicodeStringCatEx(&String, &Name, &Rest, 0x2000), INVALID);
    StringIs(L"ab");
    IS(RtlUnicodeStringCatEx(NULL, NULL, NULL, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    IS(RtlUnicodeStringCatEx(NULL, &Name, NULL, STRSAFE_IGNORE_NULLS), INVALID);

    // No room at all.
    SetString("", 0);
    IS(RtlUnicodeStringCopy(&String, &Name), INVALID);
    IS(RtlUnicodeStringCopyString(&String, L""), STATUS_SUCCESS);
    IS(RtlUnicodeStringPrintf(&String, L"a"), INVALID);

    SetString("", 4);
    IS(RtlUnicodeStringPrintf(&String, L"%d", 1234), STATUS_SUCCESS);
    StringIs(L"1234");
    IS(RtlUnicodeStringPrintf(&String, L"%d", 56789), OVERFLOWS);
    StringIs(L"5678");
    IS(RtlUnicodeStringPrintfEx(&String, &Rest, STRSAFE_FILL_BYTE('z'), L"%d", 12), STATUS_SUCCESS);
    IS_BYTES(TextW,
             "1\0"
             "2\0zzzz#\0",
             10);
    IS(Rest.Buffer == TextW + 2 && Rest.MaximumLength == 4 && Rest.Length == 0, TRUE);
    IS(RtlUnicodeStringPrintfEx(&String, &Rest, STRSAFE_NO_TRUNCATION, L"%d", 12345), OVERFLOWS);
    IS(String.Length, 0);
    IS(RtlUnicodeStringPrintfEx(&String, NULL, STRSAFE_FAILURE_BYTE(1), NULL), INVALID);
    StringIs(L"\x101\x101\x101\x101");
    IS(RtlUnicodeStringPrintfEx(&String, NULL, STRSAFE_IGNORE_NULLS, NULL), STATUS_SUCCESS);
    IS(String.Length, 0);
    IS(RtlUnicodeStringPrintfEx(NULL, NULL, STRSAFE_IGNORE_NULLS, L"a"), INVALID);
}

TEST_DRIVER(TestLength, TestCopy, TestConcatenation, TestCopyFlags, TestFormat, TestCopyOfUnicodeString,
            TestUnicodeStrings)
