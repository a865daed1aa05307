// SPDX-License-Identifier: MIT
// What is told of keys, in every class and with every length, and what is set of them.
#include "cm.h"

static HANDLE Key;
static ULONG64 Answer[64];

static NTSTATUS Ask(KEY_INFORMATION_CLASS Class, ULONG Length, PULONG Result)
{
    RtlFillMemory(Answer, sizeof(Answer), 0xCC);
    *Result = 0xCCCCCCCC;
    return ZwQueryKey(Key, Class, Answer, Length, Result);
}

static void TestBasic(void)
{
    const ULONG Fixed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name), Whole = Fixed + 20;
    PKEY_BASIC_INFORMATION Information = (PVOID)Answer;
    LARGE_INTEGER Now;
    ULONG Result;
    IS(Ask(KeyBasicInformation, Fixed - 1, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Result, Whole);
    IS(Answer[0], 0xCCCCCCCCCCCCCCCC);
    IS(Ask(KeyBasicInformation, Whole - 1, &Result), STATUS_BUFFER_OVERFLOW);
    IS(Result, Whole);
    IS(Information->NameLength, 20);
    IS(Ask(KeyBasicInformation, Whole, &Result), STATUS_SUCCESS);
    OK(RtlCompareMemory(Information->Name, L"kmode-test", 20) == 20);
    KeQuerySystemTime(&Now);
    OK(Information->LastWriteTime.QuadPart <= Now.QuadPart &&
       Information->LastWriteTime.QuadPart > Now.QuadPart - 10000000);
}

static void TestNode(void)
{
    const ULONG Fixed = FIELD_OFFSET(KEY_NODE_INFORMATION, Name), Whole = Fixed + 20 + 10;
    PKEY_NODE_INFORMATION Information = (PVOID)Answer;
    ULONG Result;
    IS(Ask(KeyNodeInformation, Fixed - 1, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Result, Whole);
    IS(Ask(KeyNodeInformation, Fixed, &Result), STATUS_BUFFER_OVERFLOW);
    IS(Ask(KeyNodeInformation, Whole, &Result), STATUS_SUCCESS);
    IS(Information->ClassLength, 10);
    IS(Information->ClassOffset, Fixed + 20);
    OK(RtlCompareMemory((PUCHAR)Answer + Information->ClassOffset, L"Class", 10) == 10);
}

static void TestFull(void)
{
    const ULONG Fixed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class), Whole = Fixed + 10;
    PKEY_FULL_INFORMATION Information = (PVOID)Answer;
    ULONG Result;
    IS(Ask(KeyFullInformation, Fixed - 1, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Result, Whole);
    IS(Ask(KeyFullInformation, Whole - 1, &Result), STATUS_BUFFER_OVERFLOW);
    IS(Ask(KeyFullInformation, Whole, &Result), STATUS_SUCCESS);
    IS(Information->ClassOffset, Fixed);
    IS(Information->ClassLength, 10);
    IS(Information->SubKeys, 2);
    IS(Information->MaxNameLen, 12);
    IS(Information->MaxClassLen, 6);
    IS(Information->Values, 2);
    IS(Information->MaxValueNameLen, 8);
    IS(Information->MaxValueDataLen, 8);
}

static void TestOtherClasses(void)
{
    static const WCHAR Path[] = L"\\REGISTRY\\MACHINE\\SOFTWARE\\kmode-test";
    const ULONG Bytes = sizeof(Path) - sizeof(WCHAR);
    PKEY_NAME_INFORMATION Name = (PVOID)Answer;
    PKEY_CACHED_INFORMATION Cached = (PVOID)Answer;
    ULONG Result;
    IS(Ask(KeyNameInformation, 3, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Result, 4 + Bytes);
    IS(Ask(KeyNameInformation, 4 + Bytes - 1, &Result), STATUS_BUFFER_OVERFLOW);
    IS(Ask(KeyNameInformation, 4 + Bytes, &Result), STATUS_SUCCESS);
    IS(Name->NameLength, Bytes);
    OK(RtlCompareMemory(Name->Name, Path, Bytes) == Bytes);
    IS(Ask(KeyCachedInformation, sizeof(*Cached) - 1, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(Ask(KeyCachedInformation, sizeof(*Cached), &Result), STATUS_SUCCESS);
    IS(Result, sizeof(*Cached));
    IS(Cached->SubKeys, 2);
    IS(Cached->Values, 2);
    IS(Cached->MaxNameLen, 12);
    IS(Cached->MaxValueNameLen, 8);
    IS(Cached->MaxValueDataLen, 8);
    IS(Cached->NameLength, 20);
    IS(Ask(KeyFlagsInformation, 12, &Result), STATUS_SUCCESS);
    IS(Ask(MaxKeyInfoClass, sizeof(Answer), &Result), STATUS_INVALID_PARAMETER);
    IS(Ask((KEY_INFORMATION_CLASS)-1, sizeof(Answer), &Result), STATUS_INVALID_PARAMETER);
    IS(ZwQueryKey(NULL, KeyBasicInformation, Answer, sizeof(Answer), &Result), STATUS_INVALID_HANDLE);
}

static void TestQuery(void)
{
    HANDLE Sub, Longer;
    IS(CreateKeyWith(TEST_KEY, NULL, 0, KEY_ALL_ACCESS, 0, L"Class", &Key, NULL), STATUS_SUCCESS);
    IS(CreateKeyWith(L"Sub", Key, 0, KEY_ALL_ACCESS, 0, L"Cls", &Sub, NULL), STATUS_SUCCESS);
    IS(CreateKey(L"Longer", Key, &Longer), STATUS_SUCCESS);
    IS(SetNumber(Key, L"Name", 1), STATUS_SUCCESS);
    IS(SetValue(Key, L"V", REG_BINARY, L"1234", 8), STATUS_SUCCESS);
    TestBasic();
    TestNode();
    TestFull();
    TestOtherClasses();
    DeleteKey(Longer);
    DeleteKey(Sub);
    DeleteKey(Key);
}

static void TestNoClass(void)
{
    ULONG Result;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(Ask(KeyNodeInformation, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(((PKEY_NODE_INFORMATION)Answer)->ClassLength, 0);
    IS(((PKEY_NODE_INFORMATION)Answer)->ClassOffset, 0xFFFFFFFF);
    IS(Ask(KeyFullInformation, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(((PKEY_FULL_INFORMATION)Answer)->ClassOffset, 0xFFFFFFFF);
    DeleteKey(Key);
}

static void TestEnumerate(void)
{
    static const PCWSTR Names[] = {L"delta", L"Alpha", L"charlie", L"Bravo"}, Sorted = L"ABcd";
    HANDLE Subs[4];
    ULONG Buffer[32], Result;
    PKEY_BASIC_INFORMATION Information = (PVOID)Buffer;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ZwEnumerateKey(Key, 0, KeyBasicInformation, Buffer, sizeof(Buffer), &Result), STATUS_NO_MORE_ENTRIES);
    for (ULONG Index = 0; Index < 4; Index += 1) {
        IS(CreateKey(Names[Index], Key, &Subs[Index]), STATUS_SUCCESS);
    }
    for (ULONG Index = 0; Index < 4; Index += 1) {
        IS(ZwEnumerateKey(Key, Index, KeyBasicInformation, Buffer, sizeof(Buffer), &Result), STATUS_SUCCESS);
        IS(Information->Name[0], Sorted[Index]);
    }
    IS(ZwEnumerateKey(Key, 4, KeyBasicInformation, Buffer, sizeof(Buffer), &Result), STATUS_NO_MORE_ENTRIES);
    IS(ZwEnumerateKey(Key, 0, KeyNodeInformation, Buffer, sizeof(Buffer), &Result), STATUS_SUCCESS);
    IS(ZwEnumerateKey(Key, 0, KeyFullInformation, Buffer, sizeof(Buffer), &Result), STATUS_SUCCESS);
    IS(ZwEnumerateKey(Key, 0, KeyNameInformation, Buffer, sizeof(Buffer), &Result), STATUS_INVALID_PARAMETER);
    IS(ZwEnumerateKey(Key, 0, KeyBasicInformation, Buffer, 8, &Result), STATUS_BUFFER_TOO_SMALL);
    IS(ZwEnumerateKey(Key, 0, KeyBasicInformation, Buffer, 20, &Result), STATUS_BUFFER_OVERFLOW);
    IS(Result, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + 10);
    for (ULONG Index = 0; Index < 4; Index += 1) {
        DeleteKey(Subs[Index]);
    }
    DeleteKey(Key);
}

static void TestSetInformation(void)
{
    LARGE_INTEGER Time = {.QuadPart = 0x123456789ABCDEF};
    ULONG Flags = 3, Result;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ZwSetInformationKey(Key, KeyWriteTimeInformation, &Time, 4), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwSetInformationKey(Key, KeyWriteTimeInformation, &Time, sizeof(Time)), STATUS_SUCCESS);
    IS(Ask(KeyBasicInformation, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(((PKEY_BASIC_INFORMATION)Answer)->LastWriteTime.QuadPart, Time.QuadPart);
    IS(ZwSetInformationKey(Key, KeyWow64FlagsInformation, &Flags, sizeof(Flags)), STATUS_SUCCESS);
    Flags = 5;
    IS(ZwSetInformationKey(Key, KeyControlFlagsInformation, &Flags, sizeof(Flags)), STATUS_SUCCESS);
    IS(Ask(KeyFlagsInformation, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(((PULONG)Answer)[0], 3);
    IS(((PULONG)Answer)[1], 0);
    IS(((PULONG)Answer)[2], 5);
    Flags = 0xFFFFFFFF;
    IS(ZwSetInformationKey(Key, KeySetVirtualizationInformation, &Flags, sizeof(Flags)), STATUS_SUCCESS);
    IS(Ask(KeyVirtualizationInformation, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(((PULONG)Answer)[0], 7 << 2);
    Flags = 0x77;
    IS(ZwSetInformationKey(Key, KeySetHandleTagsInformation, &Flags, sizeof(Flags)), STATUS_SUCCESS);
    IS(Ask(KeyHandleTagsInformation, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(((PULONG)Answer)[0], 0x77);
    IS(ZwSetInformationKey(Key, KeySetDebugInformation, &Flags, sizeof(Flags)), STATUS_INVALID_PARAMETER);
    IS(ZwSetInformationKey(Key, MaxKeySetInfoClass, &Flags, sizeof(Flags)), STATUS_INVALID_PARAMETER);
    DeleteKey(Key);
}

// What is there from the start.
static void TestHives(void)
{
    static const PCWSTR Paths[] = {
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
        L"\\Registry\\Machine\\System\\ControlSet001\\Control\\Class",
        L"\\Registry\\Machine\\Hardware\\DeviceMap",
        L"\\Registry\\Machine\\Sam",
        L"\\Registry\\Machine\\Security",
        L"\\Registry\\Machine\\Software\\Microsoft\\Windows\\CurrentVersion",
        L"\\Registry\\User\\.Default",
        L"\\Registry\\User\\S-1-5-18\\Software",
    };
    RTL_OSVERSIONINFOW Version = {.dwOSVersionInfoSize = sizeof(Version)};
    ULONG Buffer[32], Result, Build = 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Paths); Index += 1) {
        IS(OpenKey(Paths[Index], NULL, &Key), STATUS_SUCCESS);
        ZwClose(Key);
    }
    RtlGetVersion(&Version);
    IS(OpenKey(L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion", NULL, &Key),
       STATUS_SUCCESS);
    OK(NumberIs(Key, L"CurrentMajorVersionNumber", Version.dwMajorVersion));
    OK(NumberIs(Key, L"CurrentMinorVersionNumber", Version.dwMinorVersion));
    IS(QueryValue(Key, L"CurrentBuildNumber", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_SUCCESS);
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Buffer;
    IS(Value->Type, REG_SZ);
    UNICODE_STRING Text;
    RtlInitUnicodeString(&Text, (PCWSTR)Value->Data);
    IS(RtlUnicodeStringToInteger(&Text, 10, &Build), STATUS_SUCCESS);
    IS(Build, Version.dwBuildNumber);
    ZwClose(Key);
}

TEST_DRIVER(TestQuery, TestNoClass, TestEnumerate, TestSetInformation, TestHives)
