// SPDX-License-Identifier: MIT
// Hives in files: saved, restored, loaded, unloaded, and what a registry callback is told of it. Has the
// volume C:.
#include "../fs/file.h"
#include "cm.h"

#define HIVE_FILE L"\\??\\C:\\hive.dat"
#define HIVE_KEY  L"\\Registry\\Machine\\kmode-hive"

static DRIVER_OBJECT Driver;
static UCHAR Large[40000];

static VOID Name(POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING String, PCWSTR Path)
{
    RtlInitUnicodeString(String, Path);
    InitializeObjectAttributes(Attributes, String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
}

static NTSTATUS LoadEx(PCWSTR Key, PCWSTR File, ULONG Flags, HANDLE Event)
{
    UNICODE_STRING KeyName, FileName;
    OBJECT_ATTRIBUTES KeyAttributes, FileAttributes;
    Name(&KeyAttributes, &KeyName, Key);
    Name(&FileAttributes, &FileName, File);
    return ZwLoadKeyEx(&KeyAttributes, &FileAttributes, Flags, NULL, Event, 0, NULL, NULL);
}

static NTSTATUS Load(PCWSTR Key, PCWSTR File)
{
    UNICODE_STRING KeyName, FileName;
    OBJECT_ATTRIBUTES KeyAttributes, FileAttributes;
    Name(&KeyAttributes, &KeyName, Key);
    Name(&FileAttributes, &FileName, File);
    return ZwLoadKey(&KeyAttributes, &FileAttributes);
}

static NTSTATUS Unload(PCWSTR Key)
{
    UNICODE_STRING KeyName;
    OBJECT_ATTRIBUTES KeyAttributes;
    Name(&KeyAttributes, &KeyName, Key);
    return ZwUnloadKey(&KeyAttributes);
}

static NTSTATUS Unload2(PCWSTR Key, ULONG Flags)
{
    UNICODE_STRING KeyName;
    OBJECT_ATTRIBUTES KeyAttributes;
    Name(&KeyAttributes, &KeyName, Key);
    return ZwUnloadKey2(&KeyAttributes, Flags);
}

static NTSTATUS UnloadEx(PCWSTR Key, HANDLE Event)
{
    UNICODE_STRING KeyName;
    OBJECT_ATTRIBUTES KeyAttributes;
    Name(&KeyAttributes, &KeyName, Key);
    return ZwUnloadKeyEx(&KeyAttributes, Event);
}

// A tree with everything that a hive can have.
static HANDLE MakeTree(PCWSTR Path)
{
    HANDLE Key, Sub, Other;
    IS(CreateKeyWith(Path, NULL, OBJ_CASE_INSENSITIVE, KEY_ALL_ACCESS, 0, L"TopClass", &Key, NULL),
       STATUS_SUCCESS);
    IS(SetNumber(Key, L"Number", 7), STATUS_SUCCESS);
    IS(SetValue(Key, NULL, REG_SZ, L"default", 16), STATUS_SUCCESS);
    IS(SetValue(Key, L"Empty", REG_NONE, NULL, 0), STATUS_SUCCESS);
    IS(SetValue(Key, L"gro\x00DF \x03B1\x03B2", REG_BINARY, "12345", 5), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < sizeof(Large); Index += 1) {
        Large[Index] = (UCHAR)(Index * 7 + Index / 251);
    }
    IS(SetValue(Key, L"Large", REG_BINARY, Large, sizeof(Large)), STATUS_SUCCESS);
    IS(CreateKeyWith(L"Sub", Key, 0, KEY_ALL_ACCESS, 0, L"SubClass", &Sub, NULL), STATUS_SUCCESS);
    IS(SetNumber(Sub, L"Deep", 9), STATUS_SUCCESS);
    IS(CreateKey(L"\x03B1 key", Sub, &Other), STATUS_SUCCESS);
    ZwClose(Other);
    IS(CreateKeyWith(L"Volatile", Key, 0, KEY_ALL_ACCESS, REG_OPTION_VOLATILE, NULL, &Other, NULL),
       STATUS_SUCCESS);
    ZwClose(Other);
    IS(CreateKeyWith(L"Link", Key, 0, KEY_ALL_ACCESS, REG_OPTION_CREATE_LINK, NULL, &Other, NULL),
       STATUS_SUCCESS);
    IS(SetValue(Other, L"SymbolicLinkValue", REG_LINK, L"\\Registry\\Machine\\SOFTWARE",
                sizeof(L"\\Registry\\Machine\\SOFTWARE") - sizeof(WCHAR)),
       STATUS_SUCCESS);
    ZwClose(Other);
    ZwClose(Sub);
    return Key;
}

static VOID DeleteAll(HANDLE Key)
{
    ULONG64 Buffer[80];
    PKEY_BASIC_INFORMATION Information = (PVOID)Buffer;
    ULONG Needed;
    UNICODE_STRING Sub;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE SubKey;
    while (NT_SUCCESS(ZwEnumerateKey(Key, 0, KeyBasicInformation, Information, sizeof(Buffer), &Needed))) {
        Sub = (UNICODE_STRING){(USHORT)Information->NameLength, (USHORT)Information->NameLength,
                               Information->Name};
        InitializeObjectAttributes(&Attributes, &Sub, OBJ_KERNEL_HANDLE | OBJ_OPENLINK, Key, NULL);
        IS(ZwOpenKey(&SubKey, KEY_ALL_ACCESS, &Attributes), STATUS_SUCCESS);
        DeleteAll(SubKey);
    }
    DeleteKey(Key);
}

static VOID CheckTree(HANDLE Key)
{
    static ULONG64 Buffer[5200];
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Buffer;
    PKEY_FULL_INFORMATION Full = (PVOID)Buffer;
    ULONG Needed;
    HANDLE Sub, Other;
    OK(NumberIs(Key, L"Number", 7));
    IS(QueryValue(Key, NULL, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Needed), STATUS_SUCCESS);
    IS(Value->Type, REG_SZ);
    IS(Value->DataLength, 16);
    IS(QueryValue(Key, L"Empty", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Needed),
       STATUS_SUCCESS);
    IS(Value->DataLength, 0);
    IS(QueryValue(Key, L"gro\x00DF \x03B1\x03B2", KeyValuePartialInformation, Buffer, sizeof(Buffer),
                  &Needed),
       STATUS_SUCCESS);
    OK(Value->DataLength == 5 && RtlEqualMemory(Value->Data, "12345", 5));
    IS(QueryValue(Key, L"Large", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Needed),
       STATUS_SUCCESS);
    OK(Value->DataLength == sizeof(Large) && RtlEqualMemory(Value->Data, Large, sizeof(Large)));
    IS(ZwQueryKey(Key, KeyFullInformation, Buffer, sizeof(Buffer), &Needed), STATUS_SUCCESS);
    IS(Full->SubKeys, 2); // what is volatile was not saved
    IS(Full->Values, 5);
    OK(Full->ClassLength == 16 && RtlEqualMemory((PUCHAR)Full + Full->ClassOffset, L"TopClass", 16));
    IS(OpenKey(L"sub", Key, &Sub), STATUS_SUCCESS);
    OK(NumberIs(Sub, L"Deep", 9));
    IS(OpenKey(L"\x0391 KEY", Sub, &Other), STATUS_SUCCESS);
    ZwClose(Other);
    ZwClose(Sub);
    IS(OpenKey(L"Volatile", Key, &Sub), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(OpenKey(L"Link\\Microsoft", Key, &Sub), STATUS_SUCCESS);
    ZwClose(Sub);
}

static VOID Save(HANDLE Key, PCWSTR Path, ULONG Format)
{
    HANDLE File = Open(Path, FILE_SUPERSEDE, FILE_NON_DIRECTORY_FILE);
    IS(Format == 0 ? ZwSaveKey(Key, File) : ZwSaveKeyEx(Key, File, Format), STATUS_SUCCESS);
    ZwClose(File);
}

static ULONG MinorOf(PCWSTR Path)
{
    ULONG Head[10] = {0};
    LARGE_INTEGER Offset = {0};
    HANDLE File = Open(Path, FILE_OPEN, 0);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Head, sizeof(Head), &Offset, NULL), STATUS_SUCCESS);
    ZwClose(File);
    IS(Head[0], 0x66676572); // "regf"
    IS(Head[1], Head[2]);
    return Head[6];
}

static void TestSave(void)
{
    HANDLE Key = MakeTree(TEST_KEY), Loaded, Sub, File;
    static const ULONG Formats[] = {0, REG_STANDARD_FORMAT, REG_LATEST_FORMAT};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Formats); Index += 1) {
        Save(Key, HIVE_FILE, Formats[Index]);
        IS(MinorOf(HIVE_FILE), Formats[Index] == REG_LATEST_FORMAT ? 5u : 3u);
        IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
        IS(OpenKey(HIVE_KEY, NULL, &Loaded), STATUS_SUCCESS);
        CheckTree(Loaded);
        ZwClose(Loaded);
        IS(Unload(HIVE_KEY), STATUS_SUCCESS);
        IS(OpenKey(HIVE_KEY, NULL, &Loaded), STATUS_OBJECT_NAME_NOT_FOUND);
    }
    File = Open(HIVE_FILE, FILE_OPEN, 0);
    IS(ZwSaveKeyEx(Key, File, 0), STATUS_INVALID_PARAMETER);
    IS(ZwSaveKeyEx(Key, File, REG_NO_COMPRESSION), STATUS_INVALID_PARAMETER); // no hive's root
    IS(ZwSaveKeyEx(Key, Key, REG_LATEST_FORMAT), STATUS_OBJECT_TYPE_MISMATCH);
    IS(ZwSaveKey(File, File), STATUS_OBJECT_TYPE_MISMATCH);
    IS(OpenKey(L"Volatile", Key, &Sub), STATUS_SUCCESS);
    IS(ZwSaveKey(Sub, File), STATUS_ACCESS_DENIED);
    IS(ZwDeleteKey(Sub), STATUS_SUCCESS);
    IS(ZwSaveKey(Sub, File), STATUS_KEY_DELETED);
    ZwClose(Sub);
    IS(OpenKey(L"\\Registry\\Machine\\SOFTWARE", NULL, &Sub), STATUS_SUCCESS);
    IS(ZwSaveKeyEx(Sub, File, REG_NO_COMPRESSION), STATUS_SUCCESS);
    ZwClose(Sub);
    ZwClose(File);
    DeleteAll(Key);
}

static void TestManyKeys(void)
{
    HANDLE Key, Sub;
    WCHAR Digits[] = L"key0000";
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < 1200; Index += 1) {
        for (ULONG Place = 0, Left = Index; Place < 4; Place += 1, Left /= 10) {
            Digits[6 - Place] = (WCHAR)(L'0' + Left % 10);
        }
        if (!NT_SUCCESS(CreateKey(Digits, Key, &Sub))) {
            OK(!"a key that cannot be made");
            break;
        }
        ZwClose(Sub);
    }
    Save(Key, HIVE_FILE, REG_LATEST_FORMAT);
    DeleteAll(Key);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY L"\\key1199", NULL, &Sub), STATUS_SUCCESS);
    ZwClose(Sub);
    IS(OpenKey(HIVE_KEY L"\\key0000", NULL, &Sub), STATUS_SUCCESS);
    ZwClose(Sub);
    IS(OpenKey(HIVE_KEY L"\\key1200", NULL, &Sub), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Unload(HIVE_KEY), STATUS_SUCCESS);
}

static void TestLoad(void)
{
    HANDLE Key, Sub, File, Event;
    LARGE_INTEGER NoTime = {0};
    OBJECT_ATTRIBUTES Attributes;
    Remove(HIVE_FILE);
    // A file that is not there is an empty hive.
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(Load(HIVE_KEY, L"\\??\\C:\\other.dat"), STATUS_OBJECT_NAME_COLLISION);
    IS(Status(L"\\??\\C:\\other.dat", FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND); // nothing was made
    IS(Load(L"\\Registry\\User\\kmode-hive", HIVE_FILE), STATUS_SHARING_VIOLATION);
    IS(TryOpen(&File, NULL, HIVE_FILE, FILE_READ_DATA, SHARE_ALL, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
    IS(OpenKey(HIVE_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ZwDeleteKey(Key), STATUS_CANNOT_DELETE);
    IS(CreateKey(L"Kept", Key, &Sub), STATUS_SUCCESS);
    IS(SetNumber(Sub, L"Number", 3), STATUS_SUCCESS);
    IS(ZwFlushKey(Sub), STATUS_SUCCESS);
    // Who has opened keys keeps it loaded, if it is not forced.
    IS(Unload(HIVE_KEY), STATUS_CANNOT_DELETE);
    IS(Unload(HIVE_KEY L"\\Kept"), STATUS_INVALID_PARAMETER);
    IS(Unload2(HIVE_KEY, 2), STATUS_INVALID_PARAMETER);
    IS(Unload2(HIVE_KEY, 0), STATUS_CANNOT_DELETE);
    IS(SetNumber(Sub, L"Number", 4), STATUS_SUCCESS);
    IS(Unload2(HIVE_KEY, REG_FORCE_UNLOAD), STATUS_SUCCESS);
    IS(SetNumber(Sub, L"Number", 5), STATUS_KEY_DELETED);
    IS(ZwFlushKey(Key), STATUS_KEY_DELETED);
    ZwClose(Sub);
    ZwClose(Key);
    IS(Unload(HIVE_KEY), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Unload(L"\\Registry\\Machine\\SOFTWARE"), STATUS_INVALID_PARAMETER); // it has no file
    // What was changed was written.
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    IS(LoadEx(HIVE_KEY, HIVE_FILE, REG_NO_LAZY_FLUSH, Event), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY L"\\Kept", NULL, &Sub), STATUS_SUCCESS);
    OK(NumberIs(Sub, L"Number", 4));
    ZwClose(Sub);
    IS(ZwWaitForSingleObject(Event, FALSE, &NoTime), STATUS_TIMEOUT);
    IS(Unload2(HIVE_KEY, 0), STATUS_SUCCESS);
    IS(ZwWaitForSingleObject(Event, FALSE, &NoTime), STATUS_SUCCESS);
    ZwClose(Event);
}

static void TestHiveList(void)
{
    static const WCHAR File[] = L"\\Device\\HarddiskVolume1\\hive.dat";
    ULONG64 Buffer[32];
    PKEY_VALUE_PARTIAL_INFORMATION Value = (PVOID)Buffer;
    ULONG Needed;
    HANDLE List;
    IS(OpenKey(L"\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\Control\\hivelist", NULL, &List),
       STATUS_SUCCESS);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(QueryValue(List, L"\\REGISTRY\\MACHINE\\kmode-hive", KeyValuePartialInformation, Buffer,
                  sizeof(Buffer), &Needed),
       STATUS_SUCCESS);
    IS(Value->Type, REG_SZ);
    OK(Value->DataLength == sizeof(File) && RtlEqualMemory(Value->Data, File, sizeof(File)));
    IS(Unload(HIVE_KEY), STATUS_SUCCESS);
    IS(QueryValue(List, L"\\REGISTRY\\MACHINE\\kmode-hive", KeyValuePartialInformation, Buffer,
                  sizeof(Buffer), &Needed),
       STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(List);
}

static void TestLateUnload(void)
{
    HANDLE Sub, Event;
    LARGE_INTEGER NoTime = {0};
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, SynchronizationEvent, FALSE), STATUS_SUCCESS);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY L"\\Kept", NULL, &Sub), STATUS_SUCCESS);
    IS(UnloadEx(HIVE_KEY, NULL), STATUS_CANNOT_DELETE);
    IS(UnloadEx(HIVE_KEY, Event), STATUS_PENDING);
    IS(UnloadEx(HIVE_KEY, Event), STATUS_TOO_LATE);
    IS(SetNumber(Sub, L"Number", 6), STATUS_SUCCESS);
    IS(ZwWaitForSingleObject(Event, FALSE, &NoTime), STATUS_TIMEOUT);
    ZwClose(Sub);
    IS(ZwWaitForSingleObject(Event, FALSE, &NoTime), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY, NULL, &Sub), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY L"\\Kept", NULL, &Sub), STATUS_SUCCESS);
    OK(NumberIs(Sub, L"Number", 6));
    ZwClose(Sub);
    // Nobody has it open: at once.
    IS(UnloadEx(HIVE_KEY, Event), STATUS_SUCCESS);
    IS(ZwWaitForSingleObject(Event, FALSE, &NoTime), STATUS_SUCCESS);
    ZwClose(Event);
}

static void TestWrongLoads(void)
{
    HANDLE Key;
    UCHAR Byte = 0x5A;
    LARGE_INTEGER Offset = {.QuadPart = 20};
    IS(LoadEx(HIVE_KEY, HIVE_FILE, 0x4000, NULL), STATUS_INVALID_PARAMETER);
    IS(LoadEx(L"\\Registry\\A\\x", HIVE_FILE, REG_APP_HIVE, NULL), STATUS_INVALID_PARAMETER); // no handle
    IS(Load(TEST_KEY, HIVE_FILE), STATUS_INVALID_PARAMETER);
    IS(Load(L"\\Registry\\kmode-hive", HIVE_FILE), STATUS_INVALID_PARAMETER);
    IS(Load(L"\\Registry\\Machine\\none\\kmode-hive", HIVE_FILE), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Load(HIVE_KEY, L"\\??\\C:\\no\\such.dat"), STATUS_OBJECT_PATH_NOT_FOUND);
    Make(L"\\??\\C:\\text.dat", "no hive at all");
    IS(Load(HIVE_KEY, L"\\??\\C:\\text.dat"), STATUS_NOT_REGISTRY_FILE);
    Remove(L"\\??\\C:\\text.dat");
    // The version's checksum does not fit any more.
    HANDLE File = Open(HIVE_FILE, FILE_OPEN, 0);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, &Byte, 1, &Offset, NULL), STATUS_SUCCESS);
    ZwClose(File);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_REGISTRY_CORRUPT);
    IS(OpenKey(HIVE_KEY, NULL, &Key), STATUS_OBJECT_NAME_NOT_FOUND);
    Remove(HIVE_FILE);
}

static void TestRestore(void)
{
    HANDLE Key = MakeTree(TEST_KEY), File, Sub, Volatile;
    Save(Key, HIVE_FILE, REG_LATEST_FORMAT);
    IS(SetNumber(Key, L"Number", 8), STATUS_SUCCESS);
    IS(CreateKey(L"Sub\\Added", Key, &Sub), STATUS_SUCCESS);
    File = Open(HIVE_FILE, FILE_OPEN, 0);
    IS(ZwRestoreKey(Key, File, REG_REFRESH_HIVE), STATUS_INVALID_PARAMETER); // no root of a loaded hive
    IS(ZwRestoreKey(Key, File, REG_WHOLE_HIVE_VOLATILE), STATUS_INVALID_PARAMETER);
    IS(ZwRestoreKey(Key, Key, 0), STATUS_OBJECT_TYPE_MISMATCH);
    // A key under it is open.
    IS(ZwRestoreKey(Key, File, 0), STATUS_ACCESS_DENIED);
    OK(NumberIs(Key, L"Number", 8));
    IS(ZwRestoreKey(Key, File, REG_FORCE_RESTORE), STATUS_SUCCESS);
    IS(SetNumber(Sub, L"Number", 8), STATUS_KEY_DELETED);
    ZwClose(Sub);
    CheckTree(Key);
    IS(SetNumber(Key, L"Number", 8), STATUS_SUCCESS);
    IS(ZwRestoreKey(Key, File, 0), STATUS_SUCCESS);
    CheckTree(Key);
    // What comes into a volatile key is volatile.
    IS(CreateKeyWith(L"Volatile", Key, 0, KEY_ALL_ACCESS, REG_OPTION_VOLATILE, NULL, &Volatile, NULL),
       STATUS_SUCCESS);
    IS(ZwRestoreKey(Volatile, File, 0), STATUS_SUCCESS);
    IS(CreateKey(L"Sub\\Other", Volatile, &Sub), STATUS_CHILD_MUST_BE_VOLATILE);
    DeleteAll(Volatile);
    // Nothing happens where the file is none.
    IS(OpenKey(L"\\Registry\\Machine", NULL, &Sub), STATUS_SUCCESS);
    IS(ZwRestoreKey(Sub, File, 0), STATUS_ACCESS_DENIED);
    ZwClose(Sub);
    ZwClose(File);
    Make(HIVE_FILE, "none");
    File = Open(HIVE_FILE, FILE_OPEN, 0);
    IS(ZwRestoreKey(Key, File, 0), STATUS_NOT_REGISTRY_FILE);
    CheckTree(Key);
    ZwClose(File);
    Remove(HIVE_FILE);
    DeleteAll(Key);
}

static NTSTATUS LoadApplication(PCWSTR Key, PHANDLE Root, ACCESS_MASK Access)
{
    UNICODE_STRING KeyName, FileName;
    OBJECT_ATTRIBUTES KeyAttributes, FileAttributes;
    Name(&KeyAttributes, &KeyName, Key);
    Name(&FileAttributes, &FileName, HIVE_FILE);
    return ZwLoadKeyEx(&KeyAttributes, &FileAttributes, REG_APP_HIVE, NULL, NULL, Access, Root, NULL);
}

static void TestApplicationHive(void)
{
    HANDLE Root, Sub, Checked;
    ULONG64 Buffer[64];
    ULONG Needed;
    PVOID Object;
    UNICODE_STRING Full = RTL_CONSTANT_STRING(L"\\REGISTRY\\A\\App\\Sub");
    IS(LoadApplication(HIVE_KEY, &Root, KEY_ALL_ACCESS), STATUS_INVALID_PARAMETER);
    IS(LoadApplication(L"\\Registry\\A\\App", &Root, KEY_ALL_ACCESS), STATUS_SUCCESS);
    IS(CreateKey(L"Sub", Root, &Sub), STATUS_SUCCESS);
    IS(SetNumber(Sub, L"Number", 1), STATUS_SUCCESS);
    IS(ZwQueryKey(Sub, KeyNameInformation, Buffer, sizeof(Buffer), &Needed), STATUS_SUCCESS);
    PKEY_NAME_INFORMATION Queried = (PVOID)Buffer;
    OK(Queried->NameLength == Full.Length && RtlEqualMemory(Queried->Name, Full.Buffer, Full.Length));
    // By name it is nobody's.
    IS(OpenKey(L"\\Registry\\A", NULL, &Checked), STATUS_ACCESS_DENIED);
    IS(OpenKey(L"\\Registry\\A\\App", NULL, &Checked), STATUS_ACCESS_DENIED);
    IS(CreateKey(L"\\Registry\\A\\App\\Other", NULL, &Checked), STATUS_ACCESS_DENIED);
    IS(Unload(L"\\Registry\\A\\App"), STATUS_ACCESS_DENIED);
    IS(Load(L"\\Registry\\A\\Other", HIVE_FILE), STATUS_ACCESS_DENIED);
    IS(LoadApplication(L"\\Registry\\A\\App", &Checked, KEY_READ), STATUS_OBJECT_NAME_COLLISION);
    // By a handle everything is allowed, but to say what is allowed.
    IS(ObReferenceObjectByHandle(Sub, 0, *CmKeyObjectType, KernelMode, &Object, NULL), STATUS_SUCCESS);
    IS(ObOpenObjectByPointer(Object, OBJ_KERNEL_HANDLE, NULL, KEY_ALL_ACCESS, *CmKeyObjectType, UserMode,
                             &Checked),
       STATUS_SUCCESS);
    ObDereferenceObject(Object);
    ZwClose(Checked);
    IS(ZwQuerySecurityObject(Sub, DACL_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Needed),
       STATUS_SUCCESS);
    IS(ZwSetSecurityObject(Sub, DACL_SECURITY_INFORMATION, Buffer), STATUS_ACCESS_DENIED);
    ZwClose(Root);
    OK(NumberIs(Sub, L"Number", 1)); // it is still there
    IS(Status(HIVE_FILE, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
    ZwClose(Sub);
    IS(Status(HIVE_FILE, FILE_OPEN, 0), STATUS_SUCCESS);
    IS(LoadApplication(L"\\Registry\\A\\App", &Root, KEY_READ), STATUS_SUCCESS);
    IS(OpenKey(L"Sub", Root, &Sub), STATUS_SUCCESS);
    OK(NumberIs(Sub, L"Number", 1));
    ZwClose(Sub);
    ZwClose(Root);
    Remove(HIVE_FILE);
}

// The first security descriptor in the file's bytes; NULL: there is none.
static PISECURITY_DESCRIPTOR_RELATIVE FindSecurity(PUCHAR Bytes, ULONG Length)
{
    for (ULONG Offset = 4096; Offset + 64 < Length; Offset += 8) {
        if (Bytes[Offset + 4] == 's' && Bytes[Offset + 5] == 'k') {
            return (PVOID)(Bytes + Offset + 24);
        }
    }
    return NULL;
}

// Descriptors whose parts lie anywhere, or outside.
static void TestStrangeSecurity(void)
{
    static UCHAR Bytes[16384];
    ULONG64 Buffer[64];
    ULONG Needed;
    HANDLE Key, File;
    LARGE_INTEGER Offset = {0};
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    Save(Key, HIVE_FILE, REG_LATEST_FORMAT);
    DeleteKey(Key);
    File = Open(HIVE_FILE, FILE_OPEN, 0);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Bytes, sizeof(Bytes), &Offset, NULL), STATUS_SUCCESS);
    ULONG Length = (ULONG)Io.Information;
    PISECURITY_DESCRIPTOR_RELATIVE Security = FindSecurity(Bytes, Length);
    OK(Security != NULL);
    if (Security == NULL) {
        return;
    }
    // The owner, which is longer, is the group too.
    ULONG Owner = Security->Owner, Group = Security->Group;
    OK(RtlLengthSid((PUCHAR)Security + Owner) > RtlLengthSid((PUCHAR)Security + Group));
    Security->Group = Owner;
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, Bytes, Length, &Offset, NULL), STATUS_SUCCESS);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SHARING_VIOLATION);
    ZwClose(File);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(ZwQuerySecurityObject(Key, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION, Buffer,
                             sizeof(Buffer), &Needed),
       STATUS_SUCCESS);
    PISECURITY_DESCRIPTOR_RELATIVE Queried = (PVOID)Buffer;
    OK(Queried->Owner != Queried->Group);
    OK(RtlEqualSid((PUCHAR)Queried + Queried->Owner, (PUCHAR)Queried + Queried->Group));
    ZwClose(Key);
    IS(Unload(HIVE_KEY), STATUS_SUCCESS);
    // A part outside of it.
    Security->Group = 0x10000;
    File = Open(HIVE_FILE, FILE_OPEN, 0);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, Bytes, Length, &Offset, NULL), STATUS_SUCCESS);
    ZwClose(File);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_REGISTRY_CORRUPT);
    Remove(HIVE_FILE);
}

static void TestRefresh(void)
{
    HANDLE Key, Sub;
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    IS(ZwFlushKey(Key), STATUS_SUCCESS);
    IS(SetNumber(Key, L"Number", 2), STATUS_SUCCESS);
    IS(CreateKey(L"Sub", Key, &Sub), STATUS_SUCCESS);
    IS(ZwRestoreKey(Sub, NULL, REG_REFRESH_HIVE), STATUS_INVALID_PARAMETER);
    IS(ZwRestoreKey(Key, NULL, REG_REFRESH_HIVE), STATUS_ACCESS_DENIED);
    IS(ZwRestoreKey(Key, NULL, REG_REFRESH_HIVE | REG_FORCE_RESTORE), STATUS_SUCCESS);
    OK(NumberIs(Key, L"Number", 1));
    IS(SetNumber(Sub, L"Number", 2), STATUS_KEY_DELETED);
    ZwClose(Sub);
    ZwClose(Key);
    IS(Unload(HIVE_KEY), STATUS_SUCCESS);
    Remove(HIVE_FILE);
}

static NTSTATUS Replace(HANDLE Key, PCWSTR New, PCWSTR Old)
{
    UNICODE_STRING NewName, OldName;
    OBJECT_ATTRIBUTES NewAttributes, OldAttributes;
    Name(&NewAttributes, &NewName, New);
    Name(&OldAttributes, &OldName, Old);
    return ZwReplaceKey(&NewAttributes, Key, &OldAttributes);
}

#define NEW_FILE L"\\??\\C:\\new.dat"
#define OLD_FILE L"\\??\\C:\\old.dat"

static void TestReplace(void)
{
    HANDLE Key, Test;
    IS(CreateKey(TEST_KEY, NULL, &Test), STATUS_SUCCESS);
    IS(SetNumber(Test, L"Number", 2), STATUS_SUCCESS);
    Save(Test, NEW_FILE, REG_LATEST_FORMAT);
    IS(Replace(Test, NEW_FILE, OLD_FILE), STATUS_INVALID_PARAMETER); // a hive without a file
    DeleteKey(Test);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(SetNumber(Key, L"Number", 1), STATUS_SUCCESS);
    IS(Replace(Key, L"\\??\\C:\\none.dat", OLD_FILE), STATUS_OBJECT_NAME_NOT_FOUND);
    Make(L"\\??\\C:\\text.dat", "none");
    IS(Replace(Key, L"\\??\\C:\\text.dat", OLD_FILE), STATUS_NOT_REGISTRY_FILE);
    IS(Replace(Key, NEW_FILE, L"\\??\\C:\\text.dat"), STATUS_OBJECT_NAME_COLLISION);
    Remove(L"\\??\\C:\\text.dat");
    IS(Replace(Key, NEW_FILE, OLD_FILE), STATUS_SUCCESS);
    // Nothing is different before it is loaded anew.
    OK(NumberIs(Key, L"Number", 1));
    ZwClose(Key);
    IS(Unload(HIVE_KEY), STATUS_SUCCESS);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY, NULL, &Key), STATUS_SUCCESS);
    OK(NumberIs(Key, L"Number", 2));
    ZwClose(Key);
    IS(Unload(HIVE_KEY), STATUS_SUCCESS);
    IS(Load(HIVE_KEY, OLD_FILE), STATUS_SUCCESS);
    IS(OpenKey(HIVE_KEY, NULL, &Key), STATUS_SUCCESS);
    OK(NumberIs(Key, L"Number", 1));
    ZwClose(Key);
    IS(Unload(HIVE_KEY), STATUS_SUCCESS);
    IS(Status(NEW_FILE, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    Remove(OLD_FILE);
    Remove(HIVE_FILE);
}

// ---- What drivers are told

static REG_NOTIFY_CLASS Watched, AnswerTo, Seen[4];
static ULONG SeenCount;
static NTSTATUS Answer;
static REG_LOAD_KEY_INFORMATION_V2 LastLoad;
static REG_UNLOAD_KEY_INFORMATION LastUnload;
static REG_SAVE_KEY_INFORMATION LastSave;
static REG_RESTORE_KEY_INFORMATION LastRestore;
static REG_REPLACE_KEY_INFORMATION LastReplace;
static WCHAR LoadedName[32], LoadedFile[32];
static LARGE_INTEGER Cookie;

static NTSTATUS NTAPI Callback(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    REG_NOTIFY_CLASS Class = (REG_NOTIFY_CLASS)(ULONG_PTR)Argument1;
    UNREFERENCED_PARAMETER(Context);
    if (Class != Watched && Class != Watched + 1) { // the post-notification is the next one
        return STATUS_SUCCESS;
    }
    if (SeenCount < RTL_NUMBER_OF(Seen)) {
        Seen[SeenCount++] = Class;
    }
    if (Class == RegNtPreLoadKey) {
        LastLoad = *(PREG_LOAD_KEY_INFORMATION_V2)Argument2;
        RtlCopyMemory(LoadedName, LastLoad.KeyName->Buffer, LastLoad.KeyName->Length);
        RtlCopyMemory(LoadedFile, LastLoad.SourceFile->Buffer, LastLoad.SourceFile->Length);
    } else if (Class == RegNtPreUnLoadKey) {
        PCUNICODE_STRING Path;
        LastUnload = *(PREG_UNLOAD_KEY_INFORMATION)Argument2;
        IS(CmCallbackGetKeyObjectIDEx(&Cookie, LastUnload.Object, NULL, &Path, 0), STATUS_SUCCESS);
        UNICODE_STRING Expected = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\kmode-hive");
        OK(RtlEqualUnicodeString(Path, &Expected, FALSE));
        CmCallbackReleaseKeyObjectIDEx(Path);
    } else if (Class == RegNtPreSaveKey) {
        LastSave = *(PREG_SAVE_KEY_INFORMATION)Argument2;
    } else if (Class == RegNtPreRestoreKey) {
        LastRestore = *(PREG_RESTORE_KEY_INFORMATION)Argument2;
    } else if (Class == RegNtPreReplaceKey) {
        UNICODE_STRING New = RTL_CONSTANT_STRING(NEW_FILE), Old = RTL_CONSTANT_STRING(OLD_FILE);
        LastReplace = *(PREG_REPLACE_KEY_INFORMATION)Argument2;
        OK(RtlEqualUnicodeString(LastReplace.NewFileName, &New, FALSE));
        OK(RtlEqualUnicodeString(LastReplace.OldFileName, &Old, FALSE));
    }
    return Class == AnswerTo ? Answer : STATUS_SUCCESS;
}

static VOID Watch(REG_NOTIFY_CLASS Class)
{
    Watched = Class;
    AnswerTo = MaxRegNtNotifyClass;
    SeenCount = 0;
}

#define SAW_BOTH(Name)                                                                                       \
    do {                                                                                                     \
        IS(SeenCount, 2);                                                                                    \
        IS(Seen[0], RegNtPre##Name);                                                                         \
        IS(Seen[1], RegNtPost##Name);                                                                        \
        SeenCount = 0;                                                                                       \
    } while (0)

// Blocked, and taken over: then nothing has been done.
static VOID Prevent(NTSTATUS With)
{
    AnswerTo = Watched;
    Answer = With;
    SeenCount = 0;
}

static void TestCallbacks(void)
{
    UNICODE_STRING Altitude = RTL_CONSTANT_STRING(L"500");
    HANDLE Key, Loaded, File;
    IS(CreateKey(TEST_KEY, NULL, &Key), STATUS_SUCCESS);
    IS(CmRegisterCallbackEx(Callback, &Altitude, &Driver, NULL, &Cookie, NULL), STATUS_SUCCESS);
    Watch(RegNtPreSaveKey);
    File = Open(HIVE_FILE, FILE_SUPERSEDE, 0);
    IS(ZwSaveKeyEx(Key, File, REG_LATEST_FORMAT), STATUS_SUCCESS);
    IS(LastSave.FileHandle, File);
    IS(LastSave.Format, REG_LATEST_FORMAT);
    SAW_BOTH(SaveKey);
    Prevent(STATUS_ACCESS_DENIED);
    IS(ZwSaveKey(Key, File), STATUS_ACCESS_DENIED);
    IS(SeenCount, 1);
    Prevent(STATUS_CALLBACK_BYPASS);
    IS(ZwSaveKey(Key, File), STATUS_SUCCESS);
    IS(SeenCount, 1);

    Watch(RegNtPreRestoreKey);
    IS(ZwRestoreKey(Key, File, REG_FORCE_RESTORE), STATUS_SUCCESS);
    IS(LastRestore.FileHandle, File);
    IS(LastRestore.Flags, REG_FORCE_RESTORE);
    SAW_BOTH(RestoreKey);
    Prevent(STATUS_ACCESS_DENIED);
    IS(ZwRestoreKey(Key, File, 0), STATUS_ACCESS_DENIED);
    IS(SeenCount, 1);
    ZwClose(File);

    Watch(RegNtPreLoadKey);
    Prevent(STATUS_CALLBACK_BYPASS);
    IS(Load(HIVE_KEY, HIVE_FILE), STATUS_SUCCESS);
    IS(SeenCount, 1);
    IS(OpenKey(HIVE_KEY, NULL, &Loaded), STATUS_OBJECT_NAME_NOT_FOUND);
    Watch(RegNtPreLoadKey);
    IS(LoadEx(HIVE_KEY, HIVE_FILE, REG_NO_LAZY_FLUSH, NULL), STATUS_SUCCESS);
    SAW_BOTH(LoadKey);
    OK(LastLoad.Object != NULL && LastLoad.UserEvent == NULL && LastLoad.RootHandle == NULL);
    IS(LastLoad.Flags, REG_NO_LAZY_FLUSH);
    IS(LastLoad.Version, (PVOID)2);
    OK(LastLoad.FileAccessToken != NULL && SeTokenIsAdmin(LastLoad.FileAccessToken));
    OK(RtlEqualMemory(LoadedName, L"kmode-hive", 20));
    OK(RtlEqualMemory(LoadedFile, HIVE_FILE, sizeof(HIVE_FILE)));

    Watch(RegNtPreUnLoadKey);
    Prevent(STATUS_DEVICE_BUSY);
    IS(Unload(HIVE_KEY), STATUS_DEVICE_BUSY);
    IS(SeenCount, 1);
    Watch(RegNtPreUnLoadKey);
    IS(Unload(HIVE_KEY), STATUS_SUCCESS);
    SAW_BOTH(UnLoadKey);
    Watch(RegNtPreReplaceKey);
    IS(Replace(Key, NEW_FILE, OLD_FILE), STATUS_INVALID_PARAMETER);
    SAW_BOTH(ReplaceKey);
    Prevent(STATUS_ACCESS_DENIED);
    IS(Replace(Key, NEW_FILE, OLD_FILE), STATUS_ACCESS_DENIED);
    IS(SeenCount, 1);
    IS(CmUnRegisterCallback(Cookie), STATUS_SUCCESS);
    DeleteKey(Key);
    Remove(HIVE_FILE);
}

TEST_DRIVER(TestSave, TestManyKeys, TestLoad, TestHiveList, TestLateUnload, TestWrongLoads, TestRestore,
            TestApplicationHive, TestStrangeSecurity, TestRefresh, TestReplace, TestCallbacks)
