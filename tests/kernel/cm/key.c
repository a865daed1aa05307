// SPDX-License-Identifier: MIT
// Keys: made, opened, named, linked, renamed, deleted.
#include "cm.h"

static void TestCreate(void)
{
    HANDLE Key, Again, Sub;
    ULONG Disposition = 0;
    IS(CreateKeyWith(TEST_KEY, NULL, 0, KEY_ALL_ACCESS, 0, NULL, &Key, &Disposition), STATUS_SUCCESS);
    IS(Disposition, REG_CREATED_NEW_KEY);
    OK((LONG_PTR)Key < 0);
    IS(CreateKeyWith(L"\\REGISTRY\\machine\\Software\\KMODE-TEST", NULL, 0, KEY_READ, 0, NULL, &Again,
                     &Disposition),
       STATUS_SUCCESS);
    IS(Disposition, REG_OPENED_EXISTING_KEY);
    ZwClose(Again);
    IS(CreateKey(L"Sub", Key, &Sub), STATUS_SUCCESS);
    IS(OpenKey(TEST_KEY L"\\sub", NULL, &Again), STATUS_SUCCESS);
    ZwClose(Again);
    // Separators at the end, and too many of them, are nothing.
    IS(OpenKey(TEST_KEY L"\\\\sub\\", NULL, &Again), STATUS_SUCCESS);
    ZwClose(Again);
    // The empty name is the root directory's key.
    IS(OpenKey(L"", Sub, &Again), STATUS_SUCCESS);
    ZwClose(Again);
    DeleteKey(Sub);
    DeleteKey(Key);
}

static void TestCreateErrors(void)
{
    HANDLE Key, Other;
    static WCHAR Long[257];
    IS(CreateKey(TEST_KEY L"\\not\\there", NULL, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(CreateKeyWith(TEST_KEY, NULL, 0, KEY_READ, 0x100, NULL, &Key, NULL), STATUS_INVALID_PARAMETER);
    IS(CreateKeyWith(TEST_KEY, NULL, 0, KEY_READ | KEY_WOW64_32KEY | KEY_WOW64_64KEY, 0, NULL, &Key, NULL),
       STATUS_INVALID_PARAMETER);
    IS(CreateKey(L"\\Registry\\kmode-test", NULL, &Key), STATUS_ACCESS_DENIED);
    IS(CreateKey(L"\\Registry\\Machine\\kmode-test", NULL, &Key), STATUS_INVALID_PARAMETER);
    IS(CreateKey(L"Registry\\Machine", NULL, &Key), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(CreateKey(L"\\Device", NULL, &Key), STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwCreateKey(&Key, KEY_READ, NULL, 0, NULL, 0, NULL), STATUS_INVALID_PARAMETER);
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < 256; Index += 1) {
        Long[Index] = L'x';
    }
    IS(CreateKey(Long, Key, &Other), STATUS_INVALID_PARAMETER);
    Long[255] = L'\0';
    IS(CreateKey(Long, Key, &Other), STATUS_SUCCESS);
    DeleteKey(Other);
    IS(CreateKey(L"\\a", Key, &Other), STATUS_OBJECT_PATH_SYNTAX_BAD);
    DeleteKey(Key);
}

static void TestOpenErrors(void)
{
    HANDLE Key;
    IS(OpenKey(TEST_KEY, NULL, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(OpenKey(L"Registry", NULL, &Key), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(OpenKeyWith(L"\\Registry\\Machine", NULL, 0, KEY_READ, REG_OPTION_VOLATILE, &Key),
       STATUS_INVALID_PARAMETER_4);
    IS(OpenKeyWith(L"\\Registry\\Machine", NULL, 0, KEY_READ, REG_OPTION_BACKUP_RESTORE, &Key),
       STATUS_SUCCESS);
    ZwClose(Key);
    IS(OpenKeyWith(L"\\Registry\\Machine", NULL, 0, KEY_READ | KEY_WOW64_64KEY, 0, &Key), STATUS_SUCCESS);
    ZwClose(Key);
    IS(OpenKey(L"\\Registry", NULL, &Key), STATUS_SUCCESS);
    ZwClose(Key);
}

static void TestDelete(void)
{
    HANDLE Key, Same, Sub;
    ULONG Buffer[32], Result;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"New");
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(OpenKey(TEST_KEY, NULL, &Same), STATUS_SUCCESS);
    IS(CreateKey(L"Sub", Key, &Sub), STATUS_SUCCESS);
    IS(SetNumber(Key, L"Value", 1), STATUS_SUCCESS);
    IS(ZwDeleteKey(Key), STATUS_CANNOT_DELETE);
    DeleteKey(Sub);
    IS(ZwDeleteKey(Key), STATUS_SUCCESS);
    IS(ZwDeleteKey(Same), STATUS_KEY_DELETED);
    IS(SetNumber(Same, L"Value", 1), STATUS_KEY_DELETED);
    IS(DeleteValue(Same, L"Value"), STATUS_KEY_DELETED);
    IS(QueryValue(Same, L"Value", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_KEY_DELETED);
    IS(ZwEnumerateKey(Same, 0, KeyBasicInformation, Buffer, sizeof(Buffer), &Result), STATUS_KEY_DELETED);
    IS(ZwEnumerateValueKey(Same, 0, KeyValueBasicInformation, Buffer, sizeof(Buffer), &Result),
       STATUS_KEY_DELETED);
    IS(ZwQueryKey(Same, KeyBasicInformation, Buffer, sizeof(Buffer), &Result), STATUS_KEY_DELETED);
    IS(ZwFlushKey(Same), STATUS_KEY_DELETED);
    IS(ZwRenameKey(Same, &Name), STATUS_KEY_DELETED);
    IS(CreateKey(L"Sub", Same, &Sub), STATUS_KEY_DELETED);
    IS(OpenKey(TEST_KEY, NULL, &Sub), STATUS_OBJECT_NAME_NOT_FOUND);
    // The name is free for another key, with which the old handles have nothing to do.
    IS(CreateKey(TEST_KEY, NULL, &Sub), STATUS_SUCCESS);
    IS(ZwFlushKey(Same), STATUS_KEY_DELETED);
    IS(ZwFlushKey(Sub), STATUS_SUCCESS);
    ZwClose(Key);
    ZwClose(Same);
    DeleteKey(Sub);
    IS(OpenKey(L"\\Registry\\Machine\\SAM", NULL, &Key), STATUS_SUCCESS);
    IS(ZwDeleteKey(Key), STATUS_CANNOT_DELETE);
    ZwClose(Key);
    IS(ZwDeleteKey(NULL), STATUS_INVALID_HANDLE);
}

static void TestVolatile(void)
{
    HANDLE Key, Volatile, Below;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(CreateKeyWith(L"Volatile", Key, 0, KEY_ALL_ACCESS, REG_OPTION_VOLATILE, NULL, &Volatile, NULL),
       STATUS_SUCCESS);
    IS(CreateKey(L"Below", Volatile, &Below), STATUS_CHILD_MUST_BE_VOLATILE);
    IS(CreateKeyWith(L"Below", Volatile, 0, KEY_ALL_ACCESS, REG_OPTION_VOLATILE, NULL, &Below, NULL),
       STATUS_SUCCESS);
    DeleteKey(Below);
    DeleteKey(Volatile);
    DeleteKey(Key);
    IS(CreateKey(L"\\Registry\\Machine\\Hardware\\DeviceMap\\x", NULL, &Key), STATUS_CHILD_MUST_BE_VOLATILE);
}

static void TestLinks(void)
{
    HANDLE Key, Link, Target, Through;
    static const WCHAR Path[] = TEST_KEY L"\\Target";
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(CreateKey(L"Target", Key, &Target), STATUS_SUCCESS);
    IS(SetNumber(Target, L"Number", 7), STATUS_SUCCESS);
    IS(CreateKeyWith(L"Link", Key, 0, KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK | REG_OPTION_VOLATILE, NULL,
                     &Link, NULL),
       STATUS_SUCCESS);
    IS(CreateKeyWith(L"Target", Key, 0, KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL, &Through, NULL),
       STATUS_OBJECT_NAME_COLLISION);
    IS(OpenKey(L"Link", Key, &Through), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(SetNumber(Link, L"Number", 1), STATUS_ACCESS_DENIED);
    IS(SetValue(Link, L"SymbolicLinkValue", REG_SZ, Path, sizeof(Path)), STATUS_ACCESS_DENIED);
    IS(SetValue(Link, L"SymbolicLinkValue", REG_LINK, Path, sizeof(Path) - sizeof(WCHAR)), STATUS_SUCCESS);
    IS(OpenKey(L"Link", Key, &Through), STATUS_SUCCESS);
    OK(NumberIs(Through, L"Number", 7));
    ZwClose(Through);
    // What is made through it is made there.
    IS(CreateKey(TEST_KEY L"\\Link\\Sub", NULL, &Through), STATUS_SUCCESS);
    ZwClose(Through);
    IS(OpenKey(L"Sub", Target, &Through), STATUS_SUCCESS);
    DeleteKey(Through);
    IS(OpenKeyWith(L"Link", Key, OBJ_OPENLINK, KEY_READ, 0, &Through), STATUS_SUCCESS);
    OK(!NumberIs(Through, L"Number", 7));
    ZwClose(Through);
    IS(OpenKeyWith(L"Link", Key, 0, KEY_ALL_ACCESS, REG_OPTION_OPEN_LINK, &Through), STATUS_SUCCESS);
    DeleteKey(Through);
    ZwClose(Link);
    IS(OpenKey(L"Link", Key, &Through), STATUS_OBJECT_NAME_NOT_FOUND);
    DeleteKey(Target);
    DeleteKey(Key);
}

static void TestLinkToItself(void)
{
    HANDLE Link, Through;
    static const WCHAR Path[] = TEST_KEY;
    IS(CreateKeyWith(TEST_KEY, NULL, 0, KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL, &Link, NULL),
       STATUS_SUCCESS);
    IS(SetValue(Link, L"SymbolicLinkValue", REG_LINK, Path, sizeof(Path) - sizeof(WCHAR)), STATUS_SUCCESS);
    IS(OpenKey(TEST_KEY, NULL, &Through), STATUS_NAME_TOO_LONG);
    DeleteKey(Link);
}

static void TestRename(void)
{
    HANDLE Key, Sub, Other, Opened;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Renamed"), Path = RTL_CONSTANT_STRING(L"a\\b"),
                   Taken = RTL_CONSTANT_STRING(L"OTHER"), Empty = {0}, Case = RTL_CONSTANT_STRING(L"RENAMED");
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(CreateKey(L"Sub", Key, &Sub), STATUS_SUCCESS);
    IS(CreateKey(L"Other", Key, &Other), STATUS_SUCCESS);
    IS(SetNumber(Sub, L"Number", 3), STATUS_SUCCESS);
    IS(ZwRenameKey(Sub, &Path), STATUS_INVALID_PARAMETER);
    IS(ZwRenameKey(Sub, &Empty), STATUS_INVALID_PARAMETER);
    IS(ZwRenameKey(Sub, &Taken), STATUS_CANNOT_DELETE);
    IS(ZwRenameKey(Sub, &Name), STATUS_SUCCESS);
    IS(ZwRenameKey(Sub, &Case), STATUS_SUCCESS);
    IS(OpenKey(L"Sub", Key, &Opened), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(OpenKey(L"Renamed", Key, &Opened), STATUS_SUCCESS);
    OK(NumberIs(Opened, L"Number", 3));
    ZwClose(Opened);
    DeleteKey(Other);
    DeleteKey(Sub);
    DeleteKey(Key);
    IS(OpenKey(L"\\Registry\\Machine\\SAM", NULL, &Key), STATUS_SUCCESS);
    IS(ZwRenameKey(Key, &Name), STATUS_CANNOT_DELETE);
    ZwClose(Key);
}

static BOOLEAN NameIs(HANDLE Key, PCWSTR Expected)
{
    ULONG64 Buffer[64];
    ULONG Length;
    UNICODE_STRING Name;
    PVOID Object;
    POBJECT_NAME_INFORMATION Information = (PVOID)Buffer;
    RtlInitUnicodeString(&Name, Expected);
    IS(ObReferenceObjectByHandle(Key, 0, *CmKeyObjectType, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(ObQueryNameString(Object, NULL, 0, &Length), STATUS_INFO_LENGTH_MISMATCH);
    IS(Length, sizeof(OBJECT_NAME_INFORMATION) + Name.Length + sizeof(WCHAR));
    NTSTATUS Status = ObQueryNameString(Object, Information, sizeof(Buffer), &Length);
    ObDereferenceObject(Object);
    return NT_SUCCESS(Status) && RtlEqualUnicodeString(&Information->Name, &Name, FALSE);
}

static void TestNames(void)
{
    HANDLE Key;
    PVOID Object;
    ULONG Length;
    IS(OpenKey(L"\\registry\\machine\\system\\currentcontrolset\\services", NULL, &Key), STATUS_SUCCESS);
    OK(NameIs(Key, L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services"));
    ZwClose(Key);
    IS(OpenKey(L"\\registry\\user\\s-1-5-18", NULL, &Key), STATUS_SUCCESS);
    OK(NameIs(Key, L"\\REGISTRY\\USER\\.DEFAULT"));
    ZwClose(Key);
    IS(OpenKey(L"\\registry", NULL, &Key), STATUS_SUCCESS);
    OK(NameIs(Key, L"\\REGISTRY"));
    ZwClose(Key);
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Key, 0, *CmKeyObjectType, KernelMode, &Object, NULL), STATUS_SUCCESS);
    DeleteKey(Key);
    IS(ObQueryNameString(Object, NULL, 0, &Length), STATUS_KEY_DELETED);
    ObDereferenceObject(Object);
}

static void TestDepth(void)
{
    HANDLE Key, Next;
    ULONG Depth = 0;
    NTSTATUS Status = CreateKey(TEST_KEY, NULL, &Key);
    while (NT_SUCCESS(Status)) {
        Status = CreateKey(L"x", Key, &Next);
        if (NT_SUCCESS(Status)) {
            ZwClose(Key);
            Key = Next;
            Depth += 1;
        }
    }
    // 512 levels; the test's key is on the third.
    IS(Status, STATUS_INVALID_PARAMETER);
    IS(Depth, 509);
    ZwClose(Key);
    for (; Depth != 0; Depth -= 1) {
        static WCHAR Path[2048];
        UNICODE_STRING Name = {0, sizeof(Path), Path};
        RtlAppendUnicodeToString(&Name, TEST_KEY);
        for (ULONG Index = 0; Index < Depth; Index += 1) {
            RtlAppendUnicodeToString(&Name, L"\\x");
        }
        Path[Name.Length / sizeof(WCHAR)] = L'\0';
        if (!NT_SUCCESS(OpenKey(Path, NULL, &Key)) || !NT_SUCCESS(ZwDeleteKey(Key))) {
            break;
        }
        ZwClose(Key);
    }
    IS(Depth, 0);
    IS(OpenKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    DeleteKey(Key);
}

// Paths are no longer than a UNICODE_STRING can be.
static void TestLongPaths(void)
{
    static WCHAR Name[256];
    static HANDLE Keys[512];
    static UCHAR Answer[65536 + 16];
    ULONG Count = 0, Result;
    for (ULONG Index = 0; Index < 255; Index += 1) {
        Name[Index] = L'n';
    }
    NTSTATUS Status = CreateKey(TEST_KEY, NULL, &Keys[Count]);
    while (NT_SUCCESS(Status) && Count + 1 < RTL_NUMBER_OF(Keys)) {
        Count += 1;
        Status = CreateKey(Name, Keys[Count - 1], &Keys[Count]);
    }
    IS(Status, STATUS_INVALID_PARAMETER);
    // 37 characters are the test key's path.
    IS(Count - 1, (0xFFFC / 2 - 37) / 256);
    IS(ZwQueryKey(Keys[Count - 1], KeyNameInformation, Answer, sizeof(Answer), &Result), STATUS_SUCCESS);
    IS(Result, 4 + (37 + 256 * (Count - 1)) * sizeof(WCHAR));
    while (Count != 0) {
        Count -= 1;
        Status = ZwDeleteKey(Keys[Count]);
        ZwClose(Keys[Count]);
    }
    IS(Status, STATUS_SUCCESS);
}

// There are no transactions, so no handle is one's.
static void TestTransacted(void)
{
    HANDLE Key, Event;
    UNICODE_STRING Path = RTL_CONSTANT_STRING(TEST_KEY);
    OBJECT_ATTRIBUTES Attributes, NoName;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    InitializeObjectAttributes(&NoName, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &NoName, NotificationEvent, FALSE), STATUS_SUCCESS);
    IS(ZwCreateKeyTransacted(&Key, KEY_READ, &Attributes, 0, NULL, 0x100, Event, NULL),
       STATUS_INVALID_PARAMETER);
    IS(ZwCreateKeyTransacted(&Key, KEY_READ, NULL, 0, NULL, 0, Event, NULL), STATUS_INVALID_PARAMETER);
    IS(ZwCreateKeyTransacted(&Key, KEY_READ, &Attributes, 0, NULL, 0, NULL, NULL), STATUS_INVALID_HANDLE);
    IS(ZwCreateKeyTransacted(&Key, KEY_READ, &Attributes, 0, NULL, 0, Event, NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    IS(OpenKey(TEST_KEY, NULL, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(ZwOpenKeyTransactedEx(&Key, KEY_READ, &Attributes, 0x100, Event), STATUS_INVALID_PARAMETER_4);
    IS(ZwOpenKeyTransactedEx(&Key, KEY_READ, NULL, 0, Event), STATUS_INVALID_PARAMETER);
    IS(ZwOpenKeyTransactedEx(&Key, KEY_READ, &Attributes, 0, NULL), STATUS_INVALID_HANDLE);
    IS(ZwOpenKeyTransacted(&Key, KEY_READ, &Attributes, Event), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(Event);
}

TEST_DRIVER(TestCreate, TestCreateErrors, TestOpenErrors, TestDelete, TestVolatile, TestLinks,
            TestLinkToItself, TestRename, TestNames, TestDepth, TestLongPaths, TestTransacted)
