// SPDX-License-Identifier: MIT
// Counted strings that own their memory.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

static WCHAR Long[MAXUSHORT / sizeof(WCHAR)];

static BOOLEAN Is(PCUNICODE_STRING String, PCWSTR Text)
{
    UNICODE_STRING Other;

    RtlInitUnicodeString(&Other, Text);
    return RtlEqualUnicodeString(String, &Other, FALSE);
}

static void TestCopy(void)
{
    UNICODE_STRING Source = RTL_CONSTANT_STRING(L"kernel"), More = RTL_CONSTANT_STRING(L"\\mode");
    UNICODE_STRING Nothing = {0, 0, NULL}, Copy;

    EACH_FAILURE(&Test)
    {
        NTSTATUS Status = KmUnicodeCopy(&Source, &Test.Allocator, &Copy);

        IS(Status, Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        if (Test.Failed) {
            OK(Copy.Buffer == NULL && Copy.Length == 0);
        } else {
            OK(Is(&Copy, L"kernel") && Copy.Buffer != Source.Buffer);
            IS(Copy.MaximumLength, 14);
            IS(Copy.Buffer[6], 0);
        }
        KmUnicodeFree(&Test.Allocator, &Copy);
        OK(Copy.Buffer == NULL && Copy.Length == 0 && Copy.MaximumLength == 0);
    }
    EACH_FAILURE(&Test)
    {
        IS(KmUnicodeConcatenate(&Source, &More, &Test.Allocator, &Copy),
           Test.FailAt == 1 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        OK(Is(&Copy, Test.Failed ? L"" : L"kernel\\mode"));
        KmUnicodeFree(&Test.Allocator, &Copy);
    }
    IS(KmUnicodeCopy(&Nothing, &Test.Allocator, &Copy), STATUS_SUCCESS);
    OK(Copy.Length == 0 && Copy.Buffer != NULL && Copy.Buffer[0] == 0);
    KmUnicodeFree(&Test.Allocator, &Copy);
}

static void TestLong(void)
{
    UNICODE_STRING Source = {.Length = 65532, .MaximumLength = 65532, .Buffer = Long}, Copy;
    UNICODE_STRING One = RTL_CONSTANT_STRING(L"1");

    IS(KmUnicodeCopy(&Source, &Test.Allocator, &Copy), STATUS_SUCCESS);
    IS(Copy.Length, 65532);
    IS(Copy.MaximumLength, 65534);
    KmUnicodeFree(&Test.Allocator, &Copy);
    IS(KmUnicodeConcatenate(&Source, &One, &Test.Allocator, &Copy), STATUS_NAME_TOO_LONG);
    OK(Copy.Buffer == NULL);
    Source.Length = 65534;
    IS(KmUnicodeCopy(&Source, &Test.Allocator, &Copy), STATUS_NAME_TOO_LONG);
    IS(Test.Outstanding, 0);
}

static void TestFileName(void)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(L"\\Device\\X\\a.exe"), Name;

    KmUnicodeFileName(&Path, &Name);
    OK(Is(&Name, L"a.exe"));
    RtlInitUnicodeString(&Path, L"b.exe");
    KmUnicodeFileName(&Path, &Name);
    OK(Is(&Name, L"b.exe"));
    RtlInitUnicodeString(&Path, L"\\Device\\");
    KmUnicodeFileName(&Path, &Name);
    IS(Name.Length, 0);
    RtlInitUnicodeString(&Path, NULL);
    KmUnicodeFileName(&Path, &Name);
    IS(Name.Length, 0);
}

TEST_DRIVER(TestCopy, TestLong, TestFileName)
