// SPDX-License-Identifier: MIT
// Values, typed: what is of another type or size is refused, what the registry ends badly is mended.
#include "test.h"
#include <kmode.h>
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

#define BASE L"HKLM\\SOFTWARE\\KmodeValueTest"

static HANDLE Key;

static BOOLEAN Is(PCUNICODE_STRING String, PCWSTR Text)
{
    UNICODE_STRING Other;

    RtlInitUnicodeString(&Other, Text);
    return RtlEqualUnicodeString(String, &Other, FALSE);
}

static void Begin(void)
{
    IS(KmRegistryCreate(NULL, BASE, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, &Key, NULL), STATUS_SUCCESS);
}

static void End(void)
{
    ZwClose(Key);
    IS(KmRegistryDelete(NULL, BASE), STATUS_SUCCESS);
    IS(Test.Outstanding, 0);
    OK(!Test.Misused);
}

static void TestNumbers(void)
{
    ULONG Dword;
    ULONGLONG Qword;

    IS(KmRegistryReadDword(Key, L"d", &Dword), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Dword, 0);
    IS(KmRegistryReadQword(Key, L"q", &Qword), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Qword, 0);
    IS(KmRegistryDword(Key, L"d", 42), 42);
    IS(KmRegistryQword(Key, L"q", 42), 42);
    IS(KmRegistrySetDword(Key, L"d", 0x12345678), STATUS_SUCCESS);
    IS(KmRegistrySetQword(Key, L"q", 0x123456789ABCDEF0), STATUS_SUCCESS);
    IS(KmRegistryReadDword(Key, L"D", &Dword), STATUS_SUCCESS);
    IS(Dword, 0x12345678);
    IS(KmRegistryReadQword(Key, L"q", &Qword), STATUS_SUCCESS);
    IS(Qword, 0x123456789ABCDEF0);
    IS(KmRegistryReadQword(Key, L"d", &Qword), STATUS_SUCCESS);
    IS(Qword, 0x12345678);
    IS(KmRegistryDword(Key, L"d", 42), 0x12345678);
    IS(KmRegistryQword(Key, L"q", 42), 0x123456789ABCDEF0);
    IS(KmRegistryReadDword(Key, L"q", &Dword), STATUS_OBJECT_TYPE_MISMATCH);
    IS(Dword, 0);
    IS(KmRegistryDword(Key, L"q", 42), 42);
    Dword = 0x78563412;
    IS(KmRegistrySetValue(Key, L"big", REG_DWORD_BIG_ENDIAN, &Dword, 4), STATUS_SUCCESS);
    IS(KmRegistryReadDword(Key, L"big", &Dword), STATUS_SUCCESS);
    IS(Dword, 0x12345678);
    // The type is right, the size is not.
    IS(KmRegistrySetValue(Key, L"short", REG_DWORD, &Dword, 2), STATUS_SUCCESS);
    IS(KmRegistryReadDword(Key, L"short", &Dword), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistrySetValue(Key, L"short", REG_QWORD, &Dword, 4), STATUS_SUCCESS);
    IS(KmRegistryReadQword(Key, L"short", &Qword), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistryReadDword(Key, L"short", &Dword), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistrySetValue(Key, L"short", REG_BINARY, &Dword, 4), STATUS_SUCCESS);
    IS(KmRegistryReadDword(Key, L"short", &Dword), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistrySetValue(Key, L"short", REG_DWORD, NULL, 0), STATUS_SUCCESS);
    IS(KmRegistryReadDword(Key, L"short", &Dword), STATUS_OBJECT_TYPE_MISMATCH);
    // The default value has no name.
    IS(KmRegistrySetDword(Key, NULL, 3), STATUS_SUCCESS);
    IS(KmRegistryDword(Key, L"", 0), 3);
    IS(KmRegistryDeleteValue(Key, NULL), STATUS_SUCCESS);
    IS(KmRegistryDeleteValue(Key, L""), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void TestStrings(void)
{
    static const WCHAR Open[] = {L'o', L'p', L'e', L'n'}, Inner[] = {L'a', 0, L'b', 0};
    UNICODE_STRING Text;

    IS(KmRegistryReadString(Key, L"s", &Test.Allocator, &Text), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(Text.Buffer == NULL);
    IS(KmRegistrySetString(Key, L"s", L"some text"), STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        IS(KmRegistryReadString(Key, L"s", &Test.Allocator, &Text),
           Test.FailAt <= 2 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        OK(Is(&Text, Test.Failed ? L"" : L"some text"));
        OK(Test.Failed || Text.Buffer[9] == 0);
        KmUnicodeFree(&Test.Allocator, &Text);
    }
    IS(KmRegistrySetExpandString(Key, L"e", L"%SystemRoot%\\x"), STATUS_SUCCESS);
    IS(KmRegistryReadString(Key, L"e", &Test.Allocator, &Text), STATUS_SUCCESS);
    OK(Is(&Text, L"%SystemRoot%\\x"));
    KmUnicodeFree(&Test.Allocator, &Text);
    // No zero, a zero within, nothing at all.
    IS(KmRegistrySetValue(Key, L"s", REG_SZ, Open, sizeof(Open)), STATUS_SUCCESS);
    IS(KmRegistryReadString(Key, L"s", &Test.Allocator, &Text), STATUS_SUCCESS);
    OK(Is(&Text, L"open") && Text.Buffer[4] == 0);
    KmUnicodeFree(&Test.Allocator, &Text);
    IS(KmRegistrySetValue(Key, L"s", REG_SZ, Inner, sizeof(Inner)), STATUS_SUCCESS);
    IS(KmRegistryReadString(Key, L"s", &Test.Allocator, &Text), STATUS_SUCCESS);
    OK(Is(&Text, L"a"));
    KmUnicodeFree(&Test.Allocator, &Text);
    IS(KmRegistrySetValue(Key, L"s", REG_SZ, NULL, 0), STATUS_SUCCESS);
    IS(KmRegistryReadString(Key, L"s", &Test.Allocator, &Text), STATUS_SUCCESS);
    OK(Text.Length == 0 && Text.Buffer != NULL);
    KmUnicodeFree(&Test.Allocator, &Text);
    // Half a character, and no string.
    IS(KmRegistrySetValue(Key, L"s", REG_SZ, Open, 3), STATUS_SUCCESS);
    IS(KmRegistryReadString(Key, L"s", &Test.Allocator, &Text), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistrySetMultiString(Key, L"s", L"x\0"), STATUS_SUCCESS);
    IS(KmRegistryReadString(Key, L"s", &Test.Allocator, &Text), STATUS_OBJECT_TYPE_MISMATCH);
    OK(Text.Buffer == NULL);
}

static void TestMultiStrings(void)
{
    static const WCHAR Open[] = {L'a', 0, L'b', L'c'};
    KM_REGISTRY_VALUE List;
    PCWSTR Name;
    UNICODE_STRING String;

    IS(KmRegistrySetMultiString(Key, L"m", L"one\0two\0three\0"), STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        IS(KmRegistryReadMultiString(Key, L"m", &Test.Allocator, &List),
           Test.FailAt == 1 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        if (Test.Failed) {
            OK(List.Data == NULL);
            continue;
        }
        IS(List.Bytes, 30);
        Name = KmMultiStringFirst(&List);
        RtlInitUnicodeString(&String, Name);
        OK(Is(&String, L"one"));
        Name = KmMultiStringNext(Name);
        RtlInitUnicodeString(&String, Name);
        OK(Is(&String, L"two"));
        Name = KmMultiStringNext(Name);
        RtlInitUnicodeString(&String, Name);
        OK(Is(&String, L"three"));
        OK(KmMultiStringNext(Name) == NULL);
        KmRegistryFreeValue(&Test.Allocator, &List);
        OK(List.Data == NULL && List.Bytes == 0);
    }
    IS(KmRegistrySetMultiString(Key, L"m", L""), STATUS_SUCCESS);
    IS(KmRegistryReadMultiString(Key, L"m", &Test.Allocator, &List), STATUS_SUCCESS);
    OK(KmMultiStringFirst(&List) == NULL);
    KmRegistryFreeValue(&Test.Allocator, &List);
    OK(KmMultiStringFirst(&List) == NULL); // freed
    IS(KmRegistrySetValue(Key, L"m", REG_MULTI_SZ, NULL, 0), STATUS_SUCCESS);
    IS(KmRegistryReadMultiString(Key, L"m", &Test.Allocator, &List), STATUS_SUCCESS);
    OK(KmMultiStringFirst(&List) == NULL);
    KmRegistryFreeValue(&Test.Allocator, &List);
    IS(KmRegistrySetValue(Key, L"m", REG_MULTI_SZ, Open, sizeof(Open)), STATUS_SUCCESS);
    IS(KmRegistryReadMultiString(Key, L"m", &Test.Allocator, &List), STATUS_SUCCESS);
    Name = KmMultiStringNext(KmMultiStringFirst(&List));
    RtlInitUnicodeString(&String, Name);
    OK(Is(&String, L"bc"));
    OK(KmMultiStringNext(Name) == NULL);
    KmRegistryFreeValue(&Test.Allocator, &List);
    IS(KmRegistrySetValue(Key, L"m", REG_MULTI_SZ, Open, 3), STATUS_SUCCESS);
    IS(KmRegistryReadMultiString(Key, L"m", &Test.Allocator, &List), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistrySetString(Key, L"m", L"x"), STATUS_SUCCESS);
    IS(KmRegistryReadMultiString(Key, L"m", &Test.Allocator, &List), STATUS_OBJECT_TYPE_MISMATCH);
    OK(List.Memory == NULL);
}

static void TestBinary(void)
{
    static UCHAR Large[70000], Out[600];
    KM_REGISTRY_VALUE Value;

    for (ULONG Index = 0; Index < sizeof(Large); Index++) {
        Large[Index] = (UCHAR)(Index * 7);
    }
    IS(KmRegistryReadBinary(Key, L"b", &Test.Allocator, &Value), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(KmRegistrySetBinary(Key, L"b", Large, sizeof(Large)), STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        NTSTATUS Status = KmRegistryReadBinary(Key, L"b", &Test.Allocator, &Value);

        IS(Status, Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        if (NT_SUCCESS(Status)) {
            IS(Value.Bytes, sizeof(Large));
            IS((ULONG_PTR)Value.Data % 8, 0);
            OK(RtlCompareMemory(Value.Data, Large, sizeof(Large)) == sizeof(Large));
        }
        KmRegistryFreeValue(&Test.Allocator, &Value);
    }
    IS(KmRegistryReadValue(Key, L"b", &Test.Allocator, &Value), STATUS_SUCCESS);
    IS(Value.Type, REG_BINARY);
    KmRegistryFreeValue(&Test.Allocator, &Value);
    IS(KmRegistryReadBytes(Key, L"b", Out, 512), STATUS_OBJECT_TYPE_MISMATCH);
    IS(Out[0], 0);
    IS(KmRegistryReadBytes(Key, L"b", Out, 513), STATUS_INVALID_PARAMETER);
    IS(KmRegistrySetBinary(Key, L"b", Large, 512), STATUS_SUCCESS);
    IS(KmRegistryReadBytes(Key, L"b", Out, 512), STATUS_SUCCESS);
    OK(RtlCompareMemory(Out, Large, 512) == 512);
    IS(KmRegistryReadBytes(Key, L"b", Out, 100), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistryReadBytes(Key, L"b", Out, 0), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistryReadBytes(Key, L"none", Out, 4), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(KmRegistrySetDword(Key, L"b", 1), STATUS_SUCCESS);
    IS(KmRegistryReadBytes(Key, L"b", Out, 4), STATUS_OBJECT_TYPE_MISMATCH);
    IS(KmRegistryReadBinary(Key, L"b", &Test.Allocator, &Value), STATUS_OBJECT_TYPE_MISMATCH);
    OK(Value.Data == NULL && Value.Memory == NULL);
    IS(KmRegistrySetValue(Key, L"none", REG_NONE, NULL, 0), STATUS_SUCCESS);
    IS(KmRegistryReadValue(Key, L"none", &Test.Allocator, &Value), STATUS_SUCCESS);
    OK(Value.Type == REG_NONE && Value.Bytes == 0 && Value.Data == NULL);
    KmRegistryFreeValue(&Test.Allocator, &Value);
    IS(KmRegistryDeleteValue(Key, L"none"), STATUS_SUCCESS);
    IS(KmRegistryReadValue(Key, L"none", &Test.Allocator, &Value), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_DRIVER(Begin, TestNumbers, TestStrings, TestMultiStrings, TestBinary, End)
