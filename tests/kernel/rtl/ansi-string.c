// SPDX-License-Identifier: MIT
// STRING and ANSI_STRING, and text between the ANSI code page (Windows-1252) and UTF-16.
#include "test.h"

static char Room[16];
static WCHAR WideRoom[16];

static ANSI_STRING String(PCSZ Text)
{
    ANSI_STRING Result;

    RtlInitAnsiString(&Result, Text);
    return Result;
}

static void TestMaking(void)
{
    ANSI_STRING S = String("abc"), Source = String("defgh"), T = {0, 6, Room};

    IS(S.Length, 3);
    IS(S.MaximumLength, 4);
    S = String(NULL);
    OK(S.Length == 0 && S.MaximumLength == 0 && S.Buffer == NULL);
    RtlInitString(&S, "xy");
    OK(S.Length == 2 && S.MaximumLength == 3);
    RtlCopyString(&T, &Source);
    OK(T.Length == 5 && RtlCompareMemory(Room, "defgh", 5) == 5);
    T.MaximumLength = 3;
    RtlCopyString(&T, &Source);
    IS(T.Length, 3);
    RtlCopyString(&T, NULL);
    IS(T.Length, 0);
    IS(RtlAppendStringToString(&T, &Source), STATUS_BUFFER_TOO_SMALL);
    T.MaximumLength = 8;
    IS(RtlAppendStringToString(&T, &Source), STATUS_SUCCESS);
    IS(T.Length, 5);
    T.MaximumLength = 4;
    IS(RtlAppendStringToString(&T, &Source), STATUS_BUFFER_TOO_SMALL);
    IS(T.Length, 5);
    // What is too long for the fields has the largest values that they can have.
    PSTR Long = ExAllocatePoolWithTag(PagedPool, 0x10001, 'tseT');
    RtlFillMemory(Long, 0x10000, 'x');
    Long[0x10000] = 0;
    RtlInitAnsiString(&S, Long);
    OK(S.Length == 0xFFFE && S.MaximumLength == 0xFFFF && S.Buffer == Long);
    RtlInitString(&S, Long);
    OK(S.Length == 0xFFFE && S.MaximumLength == 0xFFFF && S.Buffer == Long);
    ExFreePoolWithTag(Long, 'tseT');
}

NTSYSAPI NTSTATUS NTAPI RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSZ SourceString);
NTSYSAPI NTSTATUS NTAPI RtlAppendAsciizToString(PSTRING Destination, PCSZ Source);
NTSYSAPI BOOLEAN NTAPI RtlCreateUnicodeStringFromAsciiz(PUNICODE_STRING DestinationString, PCSZ SourceString);

static void TestMakingEx(void)
{
    ANSI_STRING S = {0, sizeof(Room), Room}, P = String("AB"), W = String("abc");
    UNICODE_STRING U = {0};
    PSTR Long = ExAllocatePoolWithTag(PagedPool, 0x10000, 'tseT');

    IS(RtlAppendAsciizToString(&S, "ab"), STATUS_SUCCESS);
    IS(RtlAppendAsciizToString(&S, NULL), STATUS_SUCCESS);
    IS(RtlAppendAsciizToString(&S, "cd"), STATUS_SUCCESS);
    OK(S.Length == 4 && RtlCompareMemory(Room, "abcd", 4) == 4);
    S.MaximumLength = 5;
    IS(RtlAppendAsciizToString(&S, "ef"), STATUS_BUFFER_TOO_SMALL);
    IS(S.Length, 4);
    OK(RtlPrefixString(&P, &W, TRUE) && !RtlPrefixString(&P, &W, FALSE) && !RtlPrefixString(&W, &P, TRUE));
    P.Length = 0;
    OK(RtlPrefixString(&P, &W, FALSE));
    RtlFillMemory(Long, 0xFFFF, 'x');
    Long[0xFFFF] = 0;
    IS(RtlInitStringEx(&S, Long), STATUS_NAME_TOO_LONG);
    IS(RtlInitAnsiStringEx(&S, Long), STATUS_NAME_TOO_LONG);
    OK(!RtlCreateUnicodeStringFromAsciiz(&U, Long));
    Long[0xFFFE] = 0;
    IS(RtlInitStringEx(&S, Long), STATUS_SUCCESS);
    IS(S.Length, 0xFFFE);
    OK(!RtlCreateUnicodeStringFromAsciiz(&U, Long)); // twice as long
    IS(RtlInitAnsiStringEx(&S, NULL), STATUS_SUCCESS);
    OK(S.Length == 0 && S.MaximumLength == 0 && S.Buffer == NULL);
    OK(RtlCreateUnicodeStringFromAsciiz(&U, "a\x80"));
    OK(U.Length == 4 && U.MaximumLength == 6 && U.Buffer[1] == 0x20AC && U.Buffer[2] == 0);
    RtlFreeUnicodeString(&U);
    ExFreePoolWithTag(Long, 'tseT');
}

static void TestComparing(void)
{
    ANSI_STRING A = String("Abc\xE4"), B = String("aBC\xC4"), C = String("Ab");

    OK(RtlEqualString(&A, &B, TRUE));
    OK(!RtlEqualString(&A, &B, FALSE));
    OK(RtlCompareString(&A, &B, FALSE) < 0);
    OK(RtlCompareString(&A, &C, TRUE) > 0);
    IS((UCHAR)RtlUpperChar('z'), 'Z');
    IS((UCHAR)RtlUpperChar('\xE4'), 0xC4);
    IS((UCHAR)RtlUpperChar('\xFF'), 0x9F);
    IS((UCHAR)RtlUpperChar('\xB5'), 0xB5); // its upper case, Greek, is not in the code page
    ANSI_STRING T = {0, sizeof(Room), Room};
    RtlUpperString(&T, &A);
    OK(T.Length == 4 && RtlCompareMemory(Room, "ABC\xC4", 4) == 4);
    T.MaximumLength = 2;
    Room[2] = '#';
    RtlUpperString(&T, &B);
    OK(T.Length == 2 && T.MaximumLength == 2 && T.Buffer == Room && RtlCompareMemory(Room, "AB#", 3) == 3);
}

static void TestToUnicode(void)
{
    ANSI_STRING A = String("a\x80\xE4");
    UNICODE_STRING U = {0, 8, WideRoom};

    IS(RtlAnsiStringToUnicodeString(&U, &A, FALSE), STATUS_SUCCESS);
    OK(U.Length == 6 && WideRoom[0] == 'a' && WideRoom[1] == 0x20AC && WideRoom[2] == 0xE4 &&
       WideRoom[3] == 0);
    U.MaximumLength = 6;
    IS(RtlAnsiStringToUnicodeString(&U, &A, FALSE), STATUS_BUFFER_OVERFLOW);
    IS(RtlAnsiStringToUnicodeString(&U, &A, TRUE), STATUS_SUCCESS);
    OK(U.Buffer != WideRoom && U.Length == 6 && U.MaximumLength == 8 && U.Buffer[3] == 0);
    RtlFreeUnicodeString(&U);
    A.Length = 0x8000;
    IS(RtlAnsiStringToUnicodeString(&U, &A, TRUE), STATUS_INVALID_PARAMETER_2);
}

static void TestToAnsi(void)
{
    UNICODE_STRING U = RTL_CONSTANT_STRING(L"a\x20AC\x416");
    ANSI_STRING A = {0, 4, Room};

    IS(RtlUnicodeStringToAnsiString(&A, &U, FALSE), STATUS_SUCCESS);
    OK(A.Length == 3);
    IS_STRING(Room, "a\x80?");
    A.MaximumLength = 3;
    IS(RtlUnicodeStringToAnsiString(&A, &U, FALSE), STATUS_BUFFER_OVERFLOW);
    IS(A.Length, 2);
    IS_STRING(Room, "a\x80");
    A.MaximumLength = 0;
    IS(RtlUnicodeStringToAnsiString(&A, &U, FALSE), STATUS_BUFFER_OVERFLOW);
    IS(RtlUnicodeStringToAnsiString(&A, &U, TRUE), STATUS_SUCCESS);
    OK(A.Length == 3 && A.MaximumLength == 4 && A.Buffer[3] == 0);
    RtlFreeAnsiString(&A);
    OK(A.Buffer == NULL);
    RtlFreeAnsiString(&A);
}

static void TestCounted(void)
{
    ULONG Bytes = 0;

    IS(RtlMultiByteToUnicodeN(WideRoom, sizeof(WideRoom), &Bytes, "ab", 2), STATUS_SUCCESS);
    IS(Bytes, 4);
    IS(RtlMultiByteToUnicodeN(WideRoom, 3, &Bytes, "ab", 2), STATUS_SUCCESS);
    IS(Bytes, 2);
    IS(RtlUnicodeToMultiByteN(Room, 2, &Bytes, L"abc", 6), STATUS_SUCCESS);
    IS(Bytes, 2);
    IS(RtlUpcaseUnicodeToMultiByteN(Room, sizeof(Room), &Bytes, L"ab\xE4", 6), STATUS_SUCCESS);
    OK(Bytes == 3 && RtlCompareMemory(Room, "AB\xC4", 3) == 3);
    IS(RtlMultiByteToUnicodeSize(&Bytes, "abc", 3), STATUS_SUCCESS);
    IS(Bytes, 6);
    IS(RtlUnicodeToMultiByteSize(&Bytes, L"abc", 6), STATUS_SUCCESS);
    IS(Bytes, 3);
}

// The exports behind the headers' macros, and the one that no header declares.
#undef RtlAnsiStringToUnicodeSize
#undef RtlUnicodeStringToAnsiSize
NTSYSAPI ULONG NTAPI RtlAnsiStringToUnicodeSize(PCANSI_STRING AnsiString);
NTSYSAPI ULONG NTAPI RtlUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString);
NTSYSAPI WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR *SourceCharacter);

static void TestSizes(void)
{
    ANSI_STRING A = String("a\x80");
    UNICODE_STRING U = RTL_CONSTANT_STRING(L"abc");
    UCHAR Text[] = "z\x80", *Place = Text;

    IS(RtlAnsiStringToUnicodeSize(&A), 6);
    IS(RtlxAnsiStringToUnicodeSize(&A), 6);
    IS(RtlUnicodeStringToAnsiSize(&U), 4);
    IS(RtlxUnicodeStringToAnsiSize(&U), 4);
    IS(RtlAnsiCharToUnicodeChar(&Place), 'z');
    IS(RtlAnsiCharToUnicodeChar(&Place), 0x20AC);
    OK(Place == Text + 2);
}

TEST_DRIVER(TestSizes, TestMaking, TestMakingEx, TestComparing, TestToUnicode, TestToAnsi, TestCounted)
