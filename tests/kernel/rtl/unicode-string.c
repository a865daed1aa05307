// SPDX-License-Identifier: MIT
// UNICODE_STRING: made, copied, compared, case.
#include "test.h"

#ifndef RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE
#define RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE       1
#define RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING 2
#endif

NTSYSAPI PWCHAR NTAPI RtlFindUnicodeSubstring(PCUNICODE_STRING, PCUNICODE_STRING, BOOLEAN);

static UNICODE_STRING String(PCWSTR Text)
{
    UNICODE_STRING Result;

    RtlInitUnicodeString(&Result, Text);
    return Result;
}

static BOOLEAN Is(PCUNICODE_STRING Actual, PCWSTR Expected)
{
    SIZE_T Bytes = wcslen(Expected) * sizeof(WCHAR);

    return Actual->Length == Bytes && RtlCompareMemory(Actual->Buffer, Expected, Bytes) == Bytes;
}

static WCHAR Room[16];
static UNICODE_STRING Buffered(USHORT Maximum, PCWSTR Text)
{
    UNICODE_STRING Result = {0, Maximum, Room}, Source = String(Text);

    RtlFillMemory(Room, sizeof(Room), 'z');
    RtlCopyUnicodeString(&Result, &Source);
    return Result;
}

static void TestInit(void)
{
    UNICODE_STRING S = String(L"abc");
    PWSTR Long = ExAllocatePoolWithTag(PagedPool, 0x20000, 'tseT');

    IS(S.Length, 6);
    IS(S.MaximumLength, 8);
    S = String(NULL);
    OK(S.Length == 0 && S.MaximumLength == 0 && S.Buffer == NULL);
    S = String(L"");
    OK(S.Length == 0 && S.MaximumLength == 2 && S.Buffer != NULL);
    for (ULONG I = 0; I < 0xFFFF; ++I) {
        Long[I] = 'x';
    }
    Long[0xFFFF] = 0;
    IS(RtlInitUnicodeStringEx(&S, Long), STATUS_NAME_TOO_LONG);
    RtlInitUnicodeString(&S, Long);
    IS(S.Length, 0xFFFC);
    IS(S.MaximumLength, 0xFFFE);
    Long[0x7FFE] = 0;
    IS(RtlInitUnicodeStringEx(&S, Long), STATUS_SUCCESS);
    IS(S.Length, 0xFFFC);
    IS(RtlInitUnicodeStringEx(&S, NULL), STATUS_SUCCESS);
    OK(S.Buffer == NULL);
    ExFreePoolWithTag(Long, 'tseT');
}

static void TestCreate(void)
{
    UNICODE_STRING S, Source = String(L"text"), Empty = {0, 0, NULL}, Bad = {3, 4, Room};

    OK(RtlCreateUnicodeString(&S, L"text") && Is(&S, L"text") && S.MaximumLength == 10 && S.Buffer[4] == 0);
    RtlFreeUnicodeString(&S);
    OK(S.Buffer == NULL && S.Length == 0 && S.MaximumLength == 0);
    RtlFreeUnicodeString(&S);
    OK(S.Buffer == NULL);

    IS(RtlDuplicateUnicodeString(0, &Source, &S), STATUS_SUCCESS);
    OK(Is(&S, L"text") && S.MaximumLength == 8);
    RtlFreeUnicodeString(&S);
    IS(RtlDuplicateUnicodeString(RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE, &Source, &S), STATUS_SUCCESS);
    OK(Is(&S, L"text") && S.MaximumLength == 10 && S.Buffer[4] == 0);
    RtlFreeUnicodeString(&S);
    IS(RtlDuplicateUnicodeString(0, &Empty, &S), STATUS_SUCCESS);
    OK(S.Buffer == NULL);
    IS(RtlDuplicateUnicodeString(3, &Empty, &S), STATUS_SUCCESS);
    OK(S.Buffer != NULL && S.Buffer[0] == 0 && S.Length == 0);
    RtlFreeUnicodeString(&S);
    IS(RtlDuplicateUnicodeString(2, &Source, &S), STATUS_INVALID_PARAMETER);
    IS(RtlDuplicateUnicodeString(8, &Source, &S), STATUS_INVALID_PARAMETER);
    IS(RtlDuplicateUnicodeString(0, &Bad, &S), STATUS_INVALID_PARAMETER);
}

NTSYSAPI NTSTATUS NTAPI RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String);

static void TestValidate(void)
{
    UNICODE_STRING S = String(L"ab");

    IS(RtlValidateUnicodeString(0, &S), STATUS_SUCCESS);
    IS(RtlValidateUnicodeString(0, NULL), STATUS_SUCCESS);
    IS(RtlValidateUnicodeString(1, &S), STATUS_INVALID_PARAMETER);
    S.Length = 3;
    IS(RtlValidateUnicodeString(0, &S), STATUS_INVALID_PARAMETER);
    S = (UNICODE_STRING){4, 5, Room};
    IS(RtlValidateUnicodeString(0, &S), STATUS_INVALID_PARAMETER);
    S = (UNICODE_STRING){6, 4, Room};
    IS(RtlValidateUnicodeString(0, &S), STATUS_INVALID_PARAMETER);
    S = (UNICODE_STRING){0, 2, NULL};
    IS(RtlValidateUnicodeString(0, &S), STATUS_INVALID_PARAMETER);
    S = (UNICODE_STRING){0, 0, NULL};
    IS(RtlValidateUnicodeString(0, &S), STATUS_SUCCESS);
}

static void TestCopy(void)
{
    UNICODE_STRING S = Buffered(20, L"abc"), More = String(L"defgh");

    OK(Is(&S, L"abc") && Room[3] == 0);
    S = Buffered(6, L"abc");
    OK(Is(&S, L"abc") && Room[3] == 0x7A7A);
    S = Buffered(4, L"abc");
    OK(Is(&S, L"ab"));
    RtlCopyUnicodeString(&S, NULL);
    IS(S.Length, 0);

    S = Buffered(16, L"abc");
    IS(RtlAppendUnicodeStringToString(&S, &More), STATUS_SUCCESS);
    OK(Is(&S, L"abcdefgh"));
    IS(RtlAppendUnicodeToString(&S, L"i"), STATUS_BUFFER_TOO_SMALL);
    OK(Is(&S, L"abcdefgh"));
    S = Buffered(16, L"abc");
    IS(RtlAppendUnicodeToString(&S, L"de"), STATUS_SUCCESS);
    OK(Is(&S, L"abcde") && Room[5] == 0);
    IS(RtlAppendUnicodeToString(&S, NULL), STATUS_SUCCESS);
    OK(Is(&S, L"abcde"));
    S.MaximumLength = 10;
    IS(RtlAppendUnicodeStringToString(&S, &More), STATUS_BUFFER_TOO_SMALL);
    OK(Is(&S, L"abcde") && Room[5] == 0); // neither the length nor the text
    S.MaximumLength = 8;                  // less than it is long
    IS(RtlAppendUnicodeStringToString(&S, &More), STATUS_BUFFER_TOO_SMALL);
    IS(RtlAppendUnicodeToString(&S, L"x"), STATUS_BUFFER_TOO_SMALL);
    OK(Is(&S, L"abcde"));
}

static void TestCompare(void)
{
    UNICODE_STRING A = String(L"\\Device\\Null"), B = String(L"\\DEVICE\\NULL"), P = String(L"\\device");
    UNICODE_STRING U = String(L"\xC4\x416\x3C9"), L = String(L"\xE4\x436\x3A9"), Empty = {0, 0, NULL};

    OK(RtlCompareUnicodeString(&A, &B, TRUE) == 0);
    OK(RtlCompareUnicodeString(&A, &B, FALSE) > 0);
    OK(RtlCompareUnicodeString(&B, &A, FALSE) < 0);
    OK(RtlCompareUnicodeString(&A, &P, TRUE) > 0);
    OK(RtlCompareUnicodeString(&Empty, &P, TRUE) < 0);
    OK(RtlEqualUnicodeString(&A, &B, TRUE));
    OK(!RtlEqualUnicodeString(&A, &B, FALSE));
    OK(!RtlEqualUnicodeString(&A, &P, TRUE));
    OK(RtlEqualUnicodeString(&U, &L, TRUE));
    OK(RtlPrefixUnicodeString(&P, &A, TRUE));
    OK(!RtlPrefixUnicodeString(&P, &A, FALSE));
    OK(!RtlPrefixUnicodeString(&A, &P, TRUE));
    OK(RtlPrefixUnicodeString(&Empty, &P, FALSE));
    UNICODE_STRING Tail = String(L"NULL");
    OK(RtlSuffixUnicodeString(&Tail, &A, TRUE));
    OK(!RtlSuffixUnicodeString(&Tail, &A, FALSE));
    OK(RtlFindUnicodeSubstring(&A, &Tail, TRUE) == A.Buffer + 8);
    OK(RtlFindUnicodeSubstring(&A, &Tail, FALSE) == NULL);
    OK(RtlCompareUnicodeStrings(L"ab", 2, L"AC", 2, TRUE) < 0);
    OK(RtlCompareUnicodeStrings(L"ab", 2, L"AB", 2, FALSE) > 0);
    OK(RtlCompareUnicodeStrings(L"abc", 2, L"ABD", 2, TRUE) == 0); // units count, not a terminator
    OK(RtlCompareUnicodeStrings(L"ab", 2, L"abc", 3, TRUE) < 0);
}

static void TestCase(void)
{
    static WCHAR Text[] = L"aZ9\xE4\xFF";
    UNICODE_STRING Source = String(Text), S = {0, sizeof(Room), Room};

    IS(RtlUpcaseUnicodeChar('a'), 'A');
    IS(RtlUpcaseUnicodeChar('['), '[');
    IS(RtlUpcaseUnicodeChar(0xFF), 0x178);
    IS(RtlUpcaseUnicodeChar(0x44F), 0x42F);
    IS(RtlUpcaseUnicodeChar(0x101), 0x100);
    IS(RtlUpcaseUnicodeChar(0x100), 0x100);
    IS(RtlUpcaseUnicodeChar(0xDF), 0xDF);
    IS(RtlUpcaseUnicodeChar(0x131), 0x131);
    IS(RtlUpcaseUnicodeChar(0xFF41), 0xFF21);
    IS(RtlUpcaseUnicodeChar(0xD83D), 0xD83D);
    IS(RtlDowncaseUnicodeChar('A'), 'a');
    IS(RtlDowncaseUnicodeChar(0x178), 0xFF);
    IS(RtlDowncaseUnicodeChar(0x42F), 0x44F);
    IS(RtlUpcaseUnicodeString(&S, &Source, FALSE), STATUS_SUCCESS);
    OK(Is(&S, L"AZ9\xC4\x178"));
    IS(RtlDowncaseUnicodeString(&S, &Source, FALSE), STATUS_SUCCESS);
    OK(Is(&S, L"az9\xE4\xFF"));
    S.MaximumLength = 8;
    IS(RtlUpcaseUnicodeString(&S, &Source, FALSE), STATUS_BUFFER_OVERFLOW);
    IS(RtlUpcaseUnicodeString(&S, &Source, TRUE), STATUS_SUCCESS);
    OK(Is(&S, L"AZ9\xC4\x178") && S.MaximumLength == 10 && S.Buffer != Room);
    RtlFreeUnicodeString(&S);
    S = (UNICODE_STRING){2, 8, Room};
    IS(RtlDowncaseUnicodeString(&S, &Source, FALSE), STATUS_BUFFER_OVERFLOW);
    OK(S.Length == 2 && S.MaximumLength == 8 && S.Buffer == Room); // nothing has been done
    IS(RtlDowncaseUnicodeString(&S, &Source, TRUE), STATUS_SUCCESS);
    OK(Is(&S, L"az9\xE4\xFF") && S.MaximumLength == 10 && S.Buffer != Room);
    RtlFreeUnicodeString(&S);
    IS(RtlUpcaseUnicodeString(&Source, &Source, FALSE), STATUS_SUCCESS); // in place
}

static void TestHash(void)
{
    UNICODE_STRING A = String(L"Ab"), B = String(L"aB");
    ULONG Hash, Other;

    IS(RtlHashUnicodeString(&A, FALSE, HASH_STRING_ALGORITHM_X65599, &Hash), STATUS_SUCCESS);
    IS(Hash, 'A' * 65599u + 'b');
    IS(RtlHashUnicodeString(&A, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &Hash), STATUS_SUCCESS);
    IS(RtlHashUnicodeString(&B, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &Other), STATUS_SUCCESS);
    IS(Hash, Other);
    IS(RtlHashUnicodeString(&A, TRUE, 77, &Hash), STATUS_INVALID_PARAMETER);
    IS(RtlHashUnicodeString(&A, TRUE, 0, NULL), STATUS_INVALID_PARAMETER);
    IS(RtlHashUnicodeString(NULL, TRUE, 0, &Hash), STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestInit, TestValidate, TestCreate, TestCopy, TestCompare, TestCase, TestHash)
