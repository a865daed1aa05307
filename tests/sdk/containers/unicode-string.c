// SPDX-License-Identifier: MIT
// What is done with any UNICODE_STRING: comparing, searching, cutting, numbers.
#include "test.h"
#include "../failing-allocator.h"

#define W(Text) (&(UNICODE_STRING)RTL_CONSTANT_STRING(Text))

static BOOLEAN IsPart(PCUNICODE_STRING Part, PCWSTR Text)
{
    return Part->Length == wcslen(Text) * sizeof(WCHAR) &&
           RtlCompareMemory(Part->Buffer, Text, Part->Length) == Part->Length;
}

static void TestCompare(void)
{
    static const struct {
        UNICODE_STRING Left, Right;
        LONG Sensitive, Insensitive;
    } Cases[] = {
        {RTL_CONSTANT_STRING(L""), RTL_CONSTANT_STRING(L""), 0, 0},
        {RTL_CONSTANT_STRING(L""), RTL_CONSTANT_STRING(L"a"), -1, -1},
        {RTL_CONSTANT_STRING(L"abc"), RTL_CONSTANT_STRING(L"ABC"), 1, 0},
        {RTL_CONSTANT_STRING(L"abc"), RTL_CONSTANT_STRING(L"ABd"), 1, -1},
        {RTL_CONSTANT_STRING(L"abc"), RTL_CONSTANT_STRING(L"ab"), 1, 1},
        {RTL_CONSTANT_STRING(L"\u00e4\u03b1"), RTL_CONSTANT_STRING(L"\u00c4\u0391"), 1, 0},
        {RTL_CONSTANT_STRING(L"["), RTL_CONSTANT_STRING(L"{"), -1, -1},
        {RTL_CONSTANT_STRING(L"z"), RTL_CONSTANT_STRING(L"["), 1, -1},
    };

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        for (ULONG Insensitive = 0; Insensitive < 2; Insensitive += 1) {
            LONG Order = KmUnicodeCompare(&Cases[Index].Left, &Cases[Index].Right, (BOOLEAN)Insensitive);
            LONG Expected = Insensitive ? Cases[Index].Insensitive : Cases[Index].Sensitive;
            LONG System =
                RtlCompareUnicodeString(&Cases[Index].Left, &Cases[Index].Right, (BOOLEAN)Insensitive);

            OK((Order > 0) - (Order < 0) == Expected);
            OK((System > 0) - (System < 0) == Expected);
            Order = KmUnicodeCompare(&Cases[Index].Right, &Cases[Index].Left, (BOOLEAN)Insensitive);
            OK((Order > 0) - (Order < 0) == -Expected);
            OK(KmUnicodeIsEqual(&Cases[Index].Left, &Cases[Index].Right, (BOOLEAN)Insensitive) ==
               (Expected == 0));
        }
    }
    OK(KmUnicodeHasPrefix(W(L"\\Device\\A"), W(L"\\Device"), FALSE));
    OK(!KmUnicodeHasPrefix(W(L"\\Device\\A"), W(L"\\device"), FALSE));
    OK(KmUnicodeHasPrefix(W(L"\\Device\\A"), W(L"\\device"), TRUE));
    OK(KmUnicodeHasPrefix(W(L"ab"), W(L""), FALSE) && KmUnicodeHasPrefix(W(L"ab"), W(L"ab"), FALSE));
    OK(!KmUnicodeHasPrefix(W(L"ab"), W(L"abc"), TRUE));
    OK(KmUnicodeHasSuffix(W(L"a.SYS"), W(L".sys"), TRUE) &&
       !KmUnicodeHasSuffix(W(L"a.SYS"), W(L".sys"), FALSE));
    OK(KmUnicodeHasSuffix(W(L"ab"), W(L""), FALSE) && KmUnicodeHasSuffix(W(L"ab"), W(L"b"), FALSE));
    OK(!KmUnicodeHasSuffix(W(L"b"), W(L"ab"), TRUE));
}

// The system's table may be paged out there; the verifier would say so.
static void TestCompareAtHighIrql(void)
{
    static const UNICODE_STRING Lower = RTL_CONSTANT_STRING(L"\u00e4\u03b1z");
    static const UNICODE_STRING Upper = RTL_CONSTANT_STRING(L"\u00c4\u0391Z");
    SIZE_T Index = 99;
    KIRQL OldIrql;

    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    LONG Order = KmUnicodeCompare(&Lower, &Upper, TRUE);
    BOOLEAN Equal = KmUnicodeIsEqual(&Lower, &Upper, TRUE);
    BOOLEAN Begins = KmUnicodeHasPrefix(&Lower, &Upper, TRUE);
    BOOLEAN Ends = KmUnicodeHasSuffix(&Lower, &Upper, TRUE);
    NTSTATUS Found = KmUnicodeFind(&Lower, &Upper, 0, TRUE, &Index);
    KeLowerIrql(OldIrql);
    IS(Order, 0);
    OK(Equal && Begins && Ends);
    IS(Found, STATUS_SUCCESS);
    IS(Index, 0);
}

static void TestFind(void)
{
    SIZE_T Index = 99;
    UNICODE_STRING Part = {0}, Text = RTL_CONSTANT_STRING(L"abcabc");

    IS(KmUnicodeFind(&Text, W(L"bc"), 0, FALSE, &Index), STATUS_SUCCESS);
    IS(Index, 1);
    IS(KmUnicodeFind(&Text, W(L"bc"), 2, FALSE, &Index), STATUS_SUCCESS);
    IS(Index, 4);
    IS(KmUnicodeFind(&Text, W(L"BC"), 5, TRUE, &Index), STATUS_NOT_FOUND);
    IS(KmUnicodeFind(&Text, W(L"BC"), 0, FALSE, &Index), STATUS_NOT_FOUND);
    IS(KmUnicodeFind(&Text, W(L"bc"), (SIZE_T)-1, FALSE, &Index), STATUS_NOT_FOUND);
    IS(KmUnicodeFind(&Text, W(L"abcabcd"), 0, FALSE, &Index), STATUS_NOT_FOUND);
    IS(Index, 4);
    IS(KmUnicodeFind(&Text, W(L"ABC"), 1, TRUE, &Index), STATUS_SUCCESS);
    IS(Index, 3);
    IS(KmUnicodeFind(&Text, W(L""), 6, FALSE, &Index), STATUS_SUCCESS);
    IS(Index, 6);
    IS(KmUnicodeFind(&Text, W(L""), 7, FALSE, &Index), STATUS_NOT_FOUND);

    IS(KmUnicodeFindLast(&Text, W(L"bc"), (SIZE_T)-1, FALSE, &Index), STATUS_SUCCESS);
    IS(Index, 4);
    IS(KmUnicodeFindLast(&Text, W(L"bc"), 4, FALSE, &Index), STATUS_SUCCESS);
    IS(Index, 1);
    IS(KmUnicodeFindLast(&Text, W(L"bc"), 1, FALSE, &Index), STATUS_NOT_FOUND);
    IS(KmUnicodeFindLast(&Text, W(L"bc"), 0, FALSE, &Index), STATUS_NOT_FOUND);
    IS(KmUnicodeFindLast(&Text, W(L"A"), (SIZE_T)-1, TRUE, &Index), STATUS_SUCCESS);
    IS(Index, 3);
    IS(KmUnicodeFindLast(&Text, W(L"abcabcd"), (SIZE_T)-1, FALSE, &Index), STATUS_NOT_FOUND);

    IS(KmUnicodeFindAnyOf(&Text, L"xcb", 0, &Index), STATUS_SUCCESS);
    IS(Index, 1);
    IS(KmUnicodeFindAnyOf(&Text, L"x", 0, &Index), STATUS_NOT_FOUND);
    IS(KmUnicodeFindAnyOf(&Text, L"a", 4, &Index), STATUS_NOT_FOUND);
    IS(KmUnicodeFindAnyOf(&Text, L"", 0, &Index), STATUS_NOT_FOUND);

    IS(KmUnicodeSlice(&Text, 1, 3, &Part), STATUS_SUCCESS);
    OK(IsPart(&Part, L"bca"));
    IS(KmUnicodeSlice(&Text, 4, 3, &Part), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmUnicodeSlice(&Text, 7, 0, &Part), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmUnicodeSlice(&Text, 7, KM_UNICODE_REST, &Part), STATUS_ARRAY_BOUNDS_EXCEEDED);
    OK(IsPart(&Part, L"bca"));
    IS(KmUnicodeSlice(&Text, 6, 0, &Part), STATUS_SUCCESS);
    OK(IsPart(&Part, L""));
    IS(KmUnicodeSlice(&Text, 4, KM_UNICODE_REST, &Text), STATUS_SUCCESS);
    OK(IsPart(&Text, L"bc"));

    Part = *W(L" \t x y\r\n\0");
    KmUnicodeTrim(&Part, NULL);
    OK(IsPart(&Part, L"x y"));
    KmUnicodeTrim(&Part, L"yx");
    OK(IsPart(&Part, L" "));
    KmUnicodeTrim(&Part, NULL);
    OK(IsPart(&Part, L""));
    KmUnicodeTrim(&Part, NULL);
    OK(IsPart(&Part, L""));
}

// The parts of Text, each in brackets.
static BOOLEAN SplitsInto(PCWSTR Text, BOOLEAN SkipEmpty, PCWSTR Expected)
{
    WCHAR Result[64];
    SIZE_T Count = 0;
    UNICODE_STRING Rest, Part;

    RtlInitUnicodeString(&Rest, Text);
    while (KmUnicodeNextPart(&Rest, L"/\\", SkipEmpty, &Part)) {
        Result[Count++] = L'[';
        RtlCopyMemory(Result + Count, Part.Buffer, Part.Length);
        Count += Part.Length / sizeof(WCHAR);
        Result[Count++] = L']';
    }
    return Part.Length == 0 && !KmUnicodeNextPart(&Rest, L"/", SkipEmpty, &Part) &&
           Count == wcslen(Expected) &&
           RtlCompareMemory(Result, Expected, Count * sizeof(WCHAR)) == Count * sizeof(WCHAR);
}

static void TestSplit(void)
{
    OK(SplitsInto(L"a/b\\c", FALSE, L"[a][b][c]"));
    OK(SplitsInto(L"a/b\\c", TRUE, L"[a][b][c]"));
    OK(SplitsInto(L"/a//b/", FALSE, L"[][a][][b][]"));
    OK(SplitsInto(L"/a//b/", TRUE, L"[a][b]"));
    OK(SplitsInto(L"", FALSE, L"[]"));
    OK(SplitsInto(L"", TRUE, L""));
    OK(SplitsInto(L"//", FALSE, L"[][][]"));
    OK(SplitsInto(L"//", TRUE, L""));
    OK(SplitsInto(L"abc", TRUE, L"[abc]"));
    OK(SplitsInto(NULL, FALSE, L""));
}

static void TestNumbers(void)
{
    static const struct {
        UNICODE_STRING Text;
        ULONG Base;
        NTSTATUS Status;
        ULONG64 Number;
    } Cases[] = {
        {RTL_CONSTANT_STRING(L"0"), 10, STATUS_SUCCESS, 0},
        {RTL_CONSTANT_STRING(L"18446744073709551615"), 10, STATUS_SUCCESS, MAXULONG64},
        {RTL_CONSTANT_STRING(L"18446744073709551616"), 10, STATUS_INTEGER_OVERFLOW, 0},
        {RTL_CONSTANT_STRING(L"99999999999999999999999999"), 10, STATUS_INTEGER_OVERFLOW, 0},
        {RTL_CONSTANT_STRING(L"99999999999999999999999999x"), 10, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L"FfFfffffFFFFffff"), 16, STATUS_SUCCESS, MAXULONG64},
        {RTL_CONSTANT_STRING(L"10000000000000000"), 16, STATUS_INTEGER_OVERFLOW, 0},
        {RTL_CONSTANT_STRING(L"0x1F"), 0, STATUS_SUCCESS, 0x1F},
        {RTL_CONSTANT_STRING(L"0X1f"), 0, STATUS_SUCCESS, 0x1F},
        {RTL_CONSTANT_STRING(L"0o17"), 0, STATUS_SUCCESS, 15},
        {RTL_CONSTANT_STRING(L"0b101"), 0, STATUS_SUCCESS, 5},
        {RTL_CONSTANT_STRING(L"0b102"), 0, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L"017"), 0, STATUS_SUCCESS, 17},
        {RTL_CONSTANT_STRING(L"0x"), 0, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L"0x1"), 16, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L"zZ"), 36, STATUS_SUCCESS, 35 * 36 + 35},
        {RTL_CONSTANT_STRING(L"1"), 1, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L"1"), 37, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L""), 10, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L" 1"), 10, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L"1 "), 10, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L"-1"), 10, STATUS_INVALID_PARAMETER, 0},
        {RTL_CONSTANT_STRING(L"\xff11"), 10, STATUS_INVALID_PARAMETER, 0},
    };
    ULONG64 Number;
    LONG64 Signed = 7;

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        Number = 7;
        IS(KmUnicodeToUnsigned(&Cases[Index].Text, Cases[Index].Base, &Number), Cases[Index].Status);
        IS(Number, Cases[Index].Status == STATUS_SUCCESS ? Cases[Index].Number : 7);
    }
    IS(KmUnicodeToSigned(W(L"-9223372036854775808"), 10, &Signed), STATUS_SUCCESS);
    IS(Signed, 1ull << 63);
    IS(KmUnicodeToSigned(W(L"9223372036854775807"), 10, &Signed), STATUS_SUCCESS);
    IS(Signed, MAXLONG64);
    IS(KmUnicodeToSigned(W(L"+0x10"), 0, &Signed), STATUS_SUCCESS);
    IS(Signed, 16);
    IS(KmUnicodeToSigned(W(L"9223372036854775808"), 10, &Signed), STATUS_INTEGER_OVERFLOW);
    IS(KmUnicodeToSigned(W(L"-9223372036854775809"), 10, &Signed), STATUS_INTEGER_OVERFLOW);
    IS(KmUnicodeToSigned(W(L"--1"), 10, &Signed), STATUS_INVALID_PARAMETER);
    IS(KmUnicodeToSigned(W(L"-"), 10, &Signed), STATUS_INVALID_PARAMETER);
    IS(KmUnicodeToSigned(W(L""), 10, &Signed), STATUS_INVALID_PARAMETER);
    IS(Signed, 16);
}

static void TestAnyIrql(void)
{
    SIZE_T Index;
    LARGE_INTEGER Number;
    KIRQL OldIrql;

    KeRaiseIrql(APC_LEVEL, &OldIrql);
    OK(KmUnicodeIsEqual(W(L"\u00e4"), W(L"\u00c4"), TRUE));
    KeLowerIrql(OldIrql);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    NTSTATUS Found = KmUnicodeFind(W(L"abc"), W(L"c"), 0, FALSE, &Index);
    BOOLEAN Ascii = KmUnicodeIsEqual(W(L"abc"), W(L"ABC"), TRUE);
    NTSTATUS Converted = KmUnicodeToSigned(W(L"-5"), 10, &Number.QuadPart);
    KeLowerIrql(OldIrql);
    IS(Found, STATUS_SUCCESS);
    OK(Ascii);
    IS(Converted, STATUS_SUCCESS);
}

TEST_DRIVER(TestCompare, TestCompareAtHighIrql, TestFind, TestSplit, TestNumbers, TestAnyIrql)
