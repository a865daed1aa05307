// SPDX-License-Identifier: MIT
// Values: set, replaced, deleted, asked for by name and by number, in every class and with every length.
#include "cm.h"

static HANDLE Key;

static void TestSet(void)
{
    static const UCHAR Bytes[5] = {1, 2, 3, 4, 5};
    ULONG Buffer[16], Result;
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Buffer;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(SetValue(Key, L"Bytes", REG_BINARY, Bytes, sizeof(Bytes)), STATUS_SUCCESS);
    IS(QueryValue(Key, L"BYTES", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    IS(Result, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(Bytes));
    IS(Value->TitleIndex, 0);
    IS(Value->Type, REG_BINARY);
    IS(Value->DataLength, sizeof(Bytes));
    OK(RtlCompareMemory(Value->Data, Bytes, sizeof(Bytes)) == sizeof(Bytes));
    // The same name: another value in its place.
    IS(SetNumber(Key, L"bytes", 9), STATUS_SUCCESS);
    OK(NumberIs(Key, L"Bytes", 9));
    IS(SetValue(Key, L"Bytes", REG_SZ, NULL, 0), STATUS_SUCCESS);
    IS(QueryValue(Key, L"Bytes", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    IS(Value->Type, REG_SZ);
    IS(Value->DataLength, 0);
    // Types are the caller's business.
    IS(SetValue(Key, L"Bytes", 0x12345678, Bytes, 1), STATUS_SUCCESS);
    IS(QueryValue(Key, L"Bytes", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    IS(Value->Type, 0x12345678);
    // Without a name.
    IS(SetValue(Key, NULL, REG_DWORD, &(ULONG){4}, sizeof(ULONG)), STATUS_SUCCESS);
    OK(NumberIs(Key, L"", 4));
    IS(DeleteValue(Key, L""), STATUS_SUCCESS);
    IS(DeleteValue(Key, L""), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(DeleteValue(Key, L"bytes"), STATUS_SUCCESS);
    IS(QueryValue(Key, L"Bytes", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_OBJECT_NAME_NOT_FOUND);
    DeleteKey(Key);
}

static void TestSetErrors(void)
{
    static WCHAR Long[16385];
    UNICODE_STRING Odd = {3, 4, Long};
    HANDLE Event;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < 16384; Index += 1) {
        Long[Index] = L'v';
    }
    IS(SetNumber(Key, Long, 1), STATUS_INVALID_PARAMETER);
    IS(DeleteValue(Key, Long), STATUS_INVALID_PARAMETER);
    Long[16383] = L'\0';
    IS(SetNumber(Key, Long, 1), STATUS_SUCCESS);
    IS(DeleteValue(Key, Long), STATUS_SUCCESS);
    IS(ZwSetValueKey(Key, &Odd, 0, REG_DWORD, &(ULONG){1}, sizeof(ULONG)), STATUS_INVALID_PARAMETER);
    IS(SetNumber(NULL, L"x", 1), STATUS_INVALID_HANDLE);
    IS(DeleteValue(NULL, L"x"), STATUS_INVALID_HANDLE);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    IS(SetNumber(Event, L"x", 1), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(Event);
    DeleteKey(Key);
}

// Sixteen characters of name, eight bytes of data.
#define VALUE_NAME L"sixteen letters!"

static ULONG64 Answer[32];

static NTSTATUS Ask(KEY_VALUE_INFORMATION_CLASS Class, ULONG Length, PULONG Result)
{
    RtlFillMemory(Answer, sizeof(Answer), 0xCC);
    *Result = 0xCCCCCCCC;
    return QueryValue(Key, VALUE_NAME, Class, Answer, Length, Result);
}

static BOOLEAN Untouched(ULONG From)
{
    for (ULONG Index = From; Index < sizeof(Answer); Index += 1) {
        if (((PUCHAR)Answer)[Index] != 0xCC) {
            return FALSE;
        }
    }
    return TRUE;
}

static void TestBasic(void)
{
    const ULONG Fixed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name), Whole = Fixed + 32;
    PKEY_VALUE_BASIC_INFORMATION Value = (PVOID)Answer;
    ULONG Result;
    IS(Ask(KeyValueBasicInformation, 0, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Result, Whole);
    IS(Ask(KeyValueBasicInformation, Fixed - 1, &Result), STATUS_BUFFER_TOO_SMALL);
    OK(Untouched(0));
    IS(Ask(KeyValueBasicInformation, Fixed, &Result), STATUS_BUFFER_OVERFLOW);
    IS(Result, Whole);
    IS(Value->NameLength, 32);
    OK(Untouched(Fixed));
    IS(Ask(KeyValueBasicInformation, Whole - 1, &Result), STATUS_BUFFER_OVERFLOW);
    OK(Untouched(Whole - 1));
    IS(Ask(KeyValueBasicInformation, Whole, &Result), STATUS_SUCCESS);
    IS(Result, Whole);
    IS(Value->Type, REG_QWORD);
    OK(RtlCompareMemory(Value->Name, VALUE_NAME, 32) == 32);
    OK(Untouched(Whole));
}

static void TestFull(void)
{
    const ULONG Fixed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name), DataOffset = Fixed + 32;
    PKEY_VALUE_FULL_INFORMATION Value = (PVOID)Answer;
    ULONG Result;
    IS(Ask(KeyValueFullInformation, Fixed - 1, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Result, DataOffset + 8);
    OK(Untouched(0));
    IS(Ask(KeyValueFullInformation, DataOffset + 7, &Result), STATUS_BUFFER_OVERFLOW);
    IS(Value->DataOffset, DataOffset);
    IS(Value->DataLength, 8);
    OK(RtlCompareMemory(Value->Name, VALUE_NAME, 32) == 32);
    IS(Ask(KeyValueFullInformation, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(Result, DataOffset + 8);
    IS(*(PULONG64)((PUCHAR)Answer + DataOffset), 0x1122334455667788);
    IS(Ask(KeyValueFullInformationAlign64, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(Value->DataOffset % 8, 0);
    IS(*(PULONG64)((PUCHAR)Answer + Value->DataOffset), 0x1122334455667788);
    IS(Result, Value->DataOffset + 8);
}

static void TestPartial(void)
{
    const ULONG Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Answer;
    PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64 Aligned = (PVOID)Answer;
    ULONG Result;
    IS(Ask(KeyValuePartialInformation, Fixed - 1, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Result, Fixed + 8);
    IS(Ask(KeyValuePartialInformation, Fixed + 4, &Result), STATUS_BUFFER_OVERFLOW);
    IS(*(PULONG)Value->Data, 0x55667788);
    OK(Untouched(Fixed + 4));
    IS(Ask(KeyValuePartialInformation, Fixed + 8, &Result), STATUS_SUCCESS);
    IS(Ask(KeyValuePartialInformationAlign64, 7, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Ask(KeyValuePartialInformationAlign64, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(Result, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data) + 8);
    IS(Aligned->Type, REG_QWORD);
    IS(*(PULONG64)Aligned->Data, 0x1122334455667788);
    IS(Ask(MaxKeyValueInfoClass, sizeof(Answer), &Result), STATUS_INVALID_PARAMETER);
    IS(Ask((KEY_VALUE_INFORMATION_CLASS)99, sizeof(Answer), &Result), STATUS_INVALID_PARAMETER);
}

static void TestQueries(void)
{
    ULONG64 Data = 0x1122334455667788;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(SetValue(Key, VALUE_NAME, REG_QWORD, &Data, sizeof(Data)), STATUS_SUCCESS);
    TestBasic();
    TestFull();
    TestPartial();
    DeleteKey(Key);
}

static void TestEnumerate(void)
{
    ULONG Buffer[32], Result;
    PKEY_VALUE_BASIC_INFORMATION Value = (PVOID)Buffer;
    static const PCWSTR Names[] = {L"b", L"c", L"a"};
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ZwEnumerateValueKey(Key, 0, KeyValueBasicInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_NO_MORE_ENTRIES);
    for (ULONG Index = 0; Index < 3; Index += 1) {
        IS(SetNumber(Key, Names[Index], Index), STATUS_SUCCESS);
    }
    for (ULONG Index = 0; Index < 3; Index += 1) {
        IS(ZwEnumerateValueKey(Key, Index, KeyValueBasicInformation, Buffer, sizeof(Buffer), &Result),
           STATUS_SUCCESS);
        IS(Value->NameLength, sizeof(WCHAR));
        IS(Value->Name[0], Names[Index][0]);
    }
    IS(ZwEnumerateValueKey(Key, 3, KeyValueBasicInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_NO_MORE_ENTRIES);
    IS(ZwEnumerateValueKey(Key, 0, KeyValueBasicInformation, Buffer, 4, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(ZwEnumerateValueKey(Key, 0, KeyValueBasicInformation, Buffer, 12, &Result), STATUS_BUFFER_OVERFLOW);
    IS(Result, 14);
    IS(ZwEnumerateValueKey(Key, 0, MaxKeyValueInfoClass, Buffer, sizeof(Buffer), &Result),
       STATUS_INVALID_PARAMETER);
    IS(DeleteValue(Key, L"b"), STATUS_SUCCESS);
    IS(ZwEnumerateValueKey(Key, 0, KeyValueBasicInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    IS(Value->Name[0], L'c');
    DeleteKey(Key);
}

static void TestManyValues(void)
{
    ULONG Buffer[8], Result;
    WCHAR Name[] = L"000";
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    ULONG Set = 0, Read = 0;
    for (ULONG Index = 0; Index < 200; Index += 1) {
        Name[0] = (WCHAR)(L'0' + Index / 100);
        Name[1] = (WCHAR)(L'0' + Index / 10 % 10);
        Name[2] = (WCHAR)(L'0' + Index % 10);
        Set += NT_SUCCESS(SetNumber(Key, Name, Index));
        Read += NumberIs(Key, Name, Index);
    }
    IS(Set, 200);
    IS(Read, 200);
    IS(ZwEnumerateValueKey(Key, 199, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    DeleteKey(Key);
}

TEST_DRIVER(TestSet, TestSetErrors, TestQueries, TestEnumerate, TestManyValues)
