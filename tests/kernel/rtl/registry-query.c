// SPDX-License-Identifier: MIT
// RtlQueryRegistryValues, flag by flag.
#include "../cm/cm.h"

static HANDLE Key, SubKey;

// What the routine of a table has been called with.
typedef struct _CALL {
    WCHAR Name[16];
    BOOLEAN HasName;
    ULONG Type, Length;
    WCHAR Data[24];
    PVOID Context, EntryContext;
} CALL;

static CALL Calls[16];
static ULONG CallCount;
static NTSTATUS Answer;

static NTSTATUS NTAPI Routine(PWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength,
                              PVOID Context, PVOID EntryContext)
{
    CALL *Call = &Calls[CallCount++ % RTL_NUMBER_OF(Calls)];
    RtlZeroMemory(Call, sizeof(*Call));
    Call->HasName = ValueName != NULL;
    for (ULONG Index = 0; ValueName != NULL && Index < 15 && ValueName[Index] != L'\0'; Index += 1) {
        Call->Name[Index] = ValueName[Index];
    }
    Call->Type = ValueType;
    Call->Length = ValueLength;
    RtlCopyMemory(Call->Data, ValueData, ValueLength < sizeof(Call->Data) ? ValueLength : sizeof(Call->Data));
    Call->Context = Context;
    Call->EntryContext = EntryContext;
    return Answer;
}

static BOOLEAN Equal(PCWSTR One, PCWSTR Other)
{
    UNICODE_STRING First, Second;
    RtlInitUnicodeString(&First, One);
    RtlInitUnicodeString(&Second, Other);
    return RtlEqualUnicodeString(&First, &Second, FALSE);
}

static NTSTATUS Query(PRTL_QUERY_REGISTRY_TABLE Table)
{
    CallCount = 0;
    return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, TEST_KEY, Table, &Key, NULL);
}

// One entry and the end.
static NTSTATUS QueryOne(RTL_QUERY_REGISTRY_TABLE Entry)
{
    RTL_QUERY_REGISTRY_TABLE Table[2] = {Entry};
    return Query(Table);
}

static void Begin(void)
{
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(CreateKey(L"Sub", Key, &SubKey), STATUS_SUCCESS);
    IS(SetNumber(Key, L"Number", 0x1234), STATUS_SUCCESS);
    IS(SetValue(Key, L"Text", REG_SZ, L"text", 10), STATUS_SUCCESS);
    IS(SetValue(Key, L"Expand", REG_EXPAND_SZ, L"%SystemRoot%\\x", 30), STATUS_SUCCESS);
    IS(SetValue(Key, L"Multi", REG_MULTI_SZ, L"a\0bc\0", 12), STATUS_SUCCESS);
    IS(SetValue(Key, L"Long", REG_BINARY, L"1234", 8), STATUS_SUCCESS);
    IS(SetNumber(SubKey, L"Number", 0x5678), STATUS_SUCCESS);
    Answer = STATUS_SUCCESS;
}

static void End(void)
{
    DeleteKey(SubKey);
    DeleteKey(Key);
}

static void TestRoutine(void)
{
    Begin();
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, 0, L"number", &SubKey, REG_NONE, NULL, 0}),
       STATUS_SUCCESS);
    IS(CallCount, 1);
    OK(Equal(Calls[0].Name, L"number"));
    IS(Calls[0].Type, REG_DWORD);
    IS(Calls[0].Length, 4);
    IS(*(PULONG)Calls[0].Data, 0x1234);
    IS(Calls[0].Context, &Key);
    IS(Calls[0].EntryContext, &SubKey);
    // All values of the key.
    IS(QueryOne(
           (RTL_QUERY_REGISTRY_TABLE){Routine, RTL_QUERY_REGISTRY_NOEXPAND, NULL, NULL, REG_NONE, NULL, 0}),
       STATUS_SUCCESS);
    IS(CallCount, 5);
    OK(Equal(Calls[0].Name, L"Number"));
    OK(Equal(Calls[4].Name, L"Long"));
    // The routine's failure is the query's.
    Answer = STATUS_DEVICE_BUSY;
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, 0, NULL, NULL, REG_NONE, NULL, 0}), STATUS_DEVICE_BUSY);
    IS(CallCount, 1);
    // Save this one.
    Answer = STATUS_BUFFER_TOO_SMALL;
    IS(QueryOne(
           (RTL_QUERY_REGISTRY_TABLE){Routine, RTL_QUERY_REGISTRY_NOEXPAND, NULL, NULL, REG_NONE, NULL, 0}),
       STATUS_SUCCESS);
    IS(CallCount, 5);
    Answer = STATUS_SUCCESS;
    IS(QueryOne(
           (RTL_QUERY_REGISTRY_TABLE){Routine, RTL_QUERY_REGISTRY_NOVALUE, NULL, &Key, REG_NONE, NULL, 0}),
       STATUS_SUCCESS);
    IS(CallCount, 1);
    OK(!Calls[0].HasName);
    IS(Calls[0].Type, REG_NONE);
    IS(Calls[0].Length, 0);
    IS(Calls[0].EntryContext, &Key);
    End();
}

static void TestExpansion(void)
{
    static const WCHAR Environment[] = L"=C:=C:\\dir\0SystemRoot=D:\\WINNT\0Other=1\0";
    RTL_QUERY_REGISTRY_TABLE Table[2] = {{Routine, 0, L"Expand", NULL, REG_NONE, NULL, 0}};
    Begin();
    IS(Query(Table), STATUS_SUCCESS);
    IS(Calls[0].Type, REG_SZ);
    OK(Equal(Calls[0].Data, L"C:\\Windows\\x"));
    IS(Calls[0].Length, sizeof(L"C:\\Windows\\x"));
    CallCount = 0;
    IS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, TEST_KEY, Table, NULL, (PVOID)Environment),
       STATUS_SUCCESS);
    OK(Equal(Calls[0].Data, L"D:\\WINNT\\x"));
    // A variable that is not there stays, as does a lonely per cent sign.
    IS(SetValue(Key, L"Expand", REG_EXPAND_SZ, L"%None%100%", 22), STATUS_SUCCESS);
    IS(Query(Table), STATUS_SUCCESS);
    OK(Equal(Calls[0].Data, L"%None%100%"));
    Table[0].Flags = RTL_QUERY_REGISTRY_NOEXPAND;
    IS(Query(Table), STATUS_SUCCESS);
    IS(Calls[0].Type, REG_EXPAND_SZ);
    OK(Equal(Calls[0].Data, L"%None%100%"));
    // Each string of many.
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, 0, L"Multi", NULL, REG_NONE, NULL, 0}), STATUS_SUCCESS);
    IS(CallCount, 2);
    IS(Calls[0].Type, REG_SZ);
    IS(Calls[0].Length, 4);
    OK(Equal(Calls[0].Data, L"a"));
    OK(Equal(Calls[1].Data, L"bc"));
    OK(Equal(Calls[1].Name, L"Multi"));
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, RTL_QUERY_REGISTRY_NOEXPAND, L"Multi", NULL, REG_NONE,
                                           NULL, 0}),
       STATUS_SUCCESS);
    IS(CallCount, 1);
    IS(Calls[0].Type, REG_MULTI_SZ);
    IS(Calls[0].Length, 12);
    // A string without a zero behind it gets one.
    IS(SetValue(Key, L"Text", REG_SZ, L"text", 8), STATUS_SUCCESS);
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, 0, L"Text", NULL, REG_NONE, NULL, 0}), STATUS_SUCCESS);
    IS(Calls[0].Length, 10);
    OK(Equal(Calls[0].Data, L"text"));
    End();
}

static void TestDefaults(void)
{
    ULONG Number = 77;
    Begin();
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, 0, L"None", NULL, REG_NONE, NULL, 0}), STATUS_SUCCESS);
    IS(CallCount, 0);
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, RTL_QUERY_REGISTRY_REQUIRED, L"None", NULL, REG_NONE,
                                           NULL, 0}),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, 0, L"None", NULL, REG_DWORD, &Number, sizeof(Number)}),
       STATUS_SUCCESS);
    IS(CallCount, 1);
    IS(Calls[0].Type, REG_DWORD);
    IS(*(PULONG)Calls[0].Data, 77);
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, RTL_QUERY_REGISTRY_REQUIRED, L"None", NULL, REG_DWORD,
                                           &Number, sizeof(Number)}),
       STATUS_SUCCESS);
    IS(CallCount, 1);
    // The length of strings is counted.
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, 0, L"None", NULL, REG_SZ, L"default", 0}),
       STATUS_SUCCESS);
    IS(Calls[0].Length, 16);
    OK(Equal(Calls[0].Data, L"default"));
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, 0, L"None", NULL, REG_MULTI_SZ, L"x\0y\0", 0}),
       STATUS_SUCCESS);
    IS(CallCount, 2);
    OK(Equal(Calls[1].Data, L"y"));
    // No value in the key.
    IS(DeleteValue(SubKey, L"Number"), STATUS_SUCCESS);
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {NULL, RTL_QUERY_REGISTRY_SUBKEY, L"Sub", NULL, REG_NONE, NULL, 0},
        {Routine, 0, NULL, NULL, REG_NONE, NULL, 0},
        {0},
    };
    IS(Query(Table), STATUS_SUCCESS);
    IS(CallCount, 0);
    Table[1].Flags = RTL_QUERY_REGISTRY_REQUIRED;
    IS(Query(Table), STATUS_OBJECT_NAME_NOT_FOUND);
    End();
}

static void TestSubKeys(void)
{
    ULONG Default = 9;
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {NULL, RTL_QUERY_REGISTRY_SUBKEY, L"sub", NULL, REG_NONE, NULL, 0},
        {Routine, 0, L"Number", NULL, REG_DWORD, &Default, 4},
        {Routine, RTL_QUERY_REGISTRY_TOPKEY, L"Number", NULL, REG_DWORD, &Default, 4},
        {Routine, RTL_QUERY_REGISTRY_SUBKEY, L"Sub", NULL, REG_NONE, NULL, 0},
        {Routine, 0, L"Number", NULL, REG_DWORD, &Default, 4},
        {0},
    };
    Begin();
    IS(Query(Table), STATUS_SUCCESS);
    IS(CallCount, 4);
    IS(*(PULONG)Calls[0].Data, 0x5678);
    IS(*(PULONG)Calls[1].Data, 0x1234);
    IS(*(PULONG)Calls[2].Data, 0x5678);
    IS(*(PULONG)Calls[3].Data, 0x5678);
    // A subkey that is not there has nothing but defaults, unless it is required.
    Table[0].Name = L"None";
    IS(Query(Table), STATUS_SUCCESS);
    IS(*(PULONG)Calls[0].Data, 9);
    IS(*(PULONG)Calls[1].Data, 0x1234);
    Table[0].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    IS(Query(Table), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(CallCount, 0);
    End();
}

static void TestKeys(void)
{
    ULONG Default = 9;
    RTL_QUERY_REGISTRY_TABLE Table[2] = {{Routine, 0, L"Number", NULL, REG_DWORD, &Default, 4}};
    CallCount = 0;
    IS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, TEST_KEY, Table, NULL, NULL),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE | RTL_REGISTRY_OPTIONAL, TEST_KEY, Table, NULL, NULL),
       STATUS_SUCCESS);
    IS(CallCount, 1);
    IS(*(PULONG)Calls[0].Data, 9);
    IS(RtlQueryRegistryValues(RTL_REGISTRY_MAXIMUM, TEST_KEY, Table, NULL, NULL), STATUS_INVALID_PARAMETER);
    Begin();
    CallCount = 0;
    IS(RtlQueryRegistryValues(RTL_REGISTRY_HANDLE, (PCWSTR)Key, Table, NULL, NULL), STATUS_SUCCESS);
    IS(*(PULONG)Calls[0].Data, 0x1234);
    IS(ZwFlushKey(Key), STATUS_SUCCESS);
    // Deleted once they have been told.
    Table[0].Flags = RTL_QUERY_REGISTRY_DELETE;
    IS(Query(Table), STATUS_SUCCESS);
    IS(*(PULONG)Calls[0].Data, 0x1234);
    IS(Query(Table), STATUS_SUCCESS);
    IS(*(PULONG)Calls[0].Data, 9);
    Table[0] = (RTL_QUERY_REGISTRY_TABLE){
        Routine, RTL_QUERY_REGISTRY_DELETE | RTL_QUERY_REGISTRY_NOEXPAND, NULL, NULL, REG_NONE, NULL, 0};
    IS(Query(Table), STATUS_SUCCESS);
    IS(CallCount, 4);
    IS(Query(Table), STATUS_SUCCESS);
    IS(CallCount, 0);
    End();
}

#define DIRECT (RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK)

static NTSTATUS Direct(PCWSTR Name, ULONG Flags, ULONG Type, PVOID Buffer)
{
    return QueryOne((RTL_QUERY_REGISTRY_TABLE){NULL, DIRECT | Flags, Name, Buffer,
                                               (Type << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE, NULL,
                                               0});
}

static void TestDirect(void)
{
    ULONG Number = 0;
    WCHAR Buffer[8] = {0};
    UNICODE_STRING Own = {0}, Given = {0, sizeof(Buffer), Buffer};
    union {
        LONG Size;
        ULONG Words[8];
    } Room = {.Size = 16};
    Begin();
    IS(Direct(L"Number", 0, REG_DWORD, &Number), STATUS_SUCCESS);
    IS(Number, 0x1234);
    IS(Direct(L"Number", 0, REG_SZ, &Own), STATUS_OBJECT_TYPE_MISMATCH);
    IS(Own.Buffer, NULL);
    IS(Direct(L"Text", 0, REG_SZ, &Own), STATUS_SUCCESS);
    IS(Own.Length, 8);
    IS(Own.MaximumLength, 10);
    OK(Equal(Own.Buffer, L"text"));
    RtlFreeUnicodeString(&Own);
    IS(Direct(L"Text", 0, REG_SZ, &Given), STATUS_SUCCESS);
    IS(Given.Length, 8);
    OK(Equal(Buffer, L"text"));
    Given.MaximumLength = 9;
    IS(Direct(L"Text", 0, REG_SZ, &Given), STATUS_BUFFER_TOO_SMALL);
    IS(Direct(L"Text", RTL_QUERY_REGISTRY_NOSTRING, REG_SZ, &Own), STATUS_OBJECT_TYPE_MISMATCH);
    Own = (UNICODE_STRING){0};
    IS(Direct(L"Expand", 0, REG_EXPAND_SZ, &Own), STATUS_SUCCESS);
    OK(Equal(Own.Buffer, L"C:\\Windows\\x"));
    RtlFreeUnicodeString(&Own);
    IS(Direct(L"Multi", 0, REG_MULTI_SZ, &Own), STATUS_INVALID_PARAMETER);
    Own = (UNICODE_STRING){0};
    IS(Direct(L"Multi", RTL_QUERY_REGISTRY_NOEXPAND, REG_MULTI_SZ, &Own), STATUS_SUCCESS);
    IS(Own.Length, 10);
    RtlFreeUnicodeString(&Own);
    // More than four bytes.
    IS(Direct(L"Long", 0, REG_BINARY, &Room), STATUS_SUCCESS);
    IS(Room.Words[0], 8);
    IS(Room.Words[1], REG_BINARY);
    OK(RtlCompareMemory(&Room.Words[2], L"1234", 8) == 8);
    Room.Size = 15;
    IS(Direct(L"Long", 0, REG_BINARY, &Room), STATUS_BUFFER_TOO_SMALL);
    Room.Size = -8;
    IS(Direct(L"Long", 0, REG_BINARY, &Room), STATUS_SUCCESS);
    OK(RtlCompareMemory(&Room.Words[0], L"1234", 8) == 8);
    Room.Size = -7;
    IS(Direct(L"Long", 0, REG_BINARY, &Room), STATUS_BUFFER_TOO_SMALL);
    // A default is stored as a value would be.
    Number = 0;
    ULONG Default = 0x99;
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){NULL, DIRECT, L"None", &Number,
                                           (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_DWORD,
                                           &Default, 4}),
       STATUS_SUCCESS);
    IS(Number, 0x99);
    // A system hive is trusted without a check of the type.
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){NULL, RTL_QUERY_REGISTRY_DIRECT, L"Number", &Number, REG_NONE,
                                           NULL, 0}),
       STATUS_SUCCESS);
    IS(Number, 0x1234);
    End();
}

static void TestInvalidEntries(void)
{
    ULONG Number;
    Begin();
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){Routine, DIRECT, L"Number", &Number, REG_NONE, NULL, 0}),
       STATUS_INVALID_PARAMETER);
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){NULL, DIRECT, NULL, &Number, REG_NONE, NULL, 0}),
       STATUS_INVALID_PARAMETER);
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){NULL, DIRECT | RTL_QUERY_REGISTRY_SUBKEY, L"Sub", &Number,
                                           REG_NONE, NULL, 0}),
       STATUS_INVALID_PARAMETER);
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){NULL, RTL_QUERY_REGISTRY_SUBKEY, NULL, NULL, REG_NONE, NULL, 0}),
       STATUS_INVALID_PARAMETER);
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){NULL, 0, L"Number", NULL, REG_NONE, NULL, 0}),
       STATUS_INVALID_PARAMETER);
    // The end of the table.
    IS(QueryOne((RTL_QUERY_REGISTRY_TABLE){0}), STATUS_SUCCESS);
    End();
}

TEST_DRIVER(TestRoutine, TestExpansion, TestDefaults, TestSubKeys, TestKeys, TestDirect, TestInvalidEntries)
