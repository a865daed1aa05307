// SPDX-License-Identifier: MIT
// File attributes: given at creation, changed, kept over a close, asked for when a file is overwritten.
#include "file.h"

#define PATH L"\\??\\C:\\attributes.txt"
#define DIR  L"\\??\\C:\\attributes"

#define ARCHIVE   FILE_ATTRIBUTE_ARCHIVE
#define HIDDEN    FILE_ATTRIBUTE_HIDDEN
#define NORMAL    FILE_ATTRIBUTE_NORMAL
#define READONLY  FILE_ATTRIBUTE_READONLY
#define SYSTEM    FILE_ATTRIBUTE_SYSTEM
#define DIRECTORY FILE_ATTRIBUTE_DIRECTORY
#define TEMPORARY FILE_ATTRIBUTE_TEMPORARY
#define OFFLINE   FILE_ATTRIBUTE_OFFLINE
#define UNINDEXED FILE_ATTRIBUTE_NOT_CONTENT_INDEXED

static NTSTATUS TryCreate(PHANDLE Handle, PCWSTR Path, ACCESS_MASK Access, ULONG Attributes,
                          ULONG Disposition, ULONG Options)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES ObjectAttributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&ObjectAttributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    return ZwCreateFile(Handle, Access | SYNCHRONIZE, &ObjectAttributes, &Io, NULL, Attributes, SHARE_ALL,
                        Disposition, Options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
}

static NTSTATUS Create(PCWSTR Path, ULONG Attributes, ULONG Disposition, ULONG Options)
{
    HANDLE Handle;
    NTSTATUS Result = TryCreate(&Handle, Path, ALL, Attributes, Disposition, Options);
    if (NT_SUCCESS(Result)) {
        ZwClose(Handle);
    }
    return Result;
}

static ULONG AttributesOfHandle(HANDLE Handle)
{
    FILE_BASIC_INFORMATION Basic = {0};
    FILE_NETWORK_OPEN_INFORMATION Network = {0};
    FILE_ATTRIBUTE_TAG_INFORMATION Tag = {0};
    IS(ZwQueryInformationFile(Handle, &Io, &Basic, sizeof(Basic), FileBasicInformation), STATUS_SUCCESS);
    IS(ZwQueryInformationFile(Handle, &Io, &Network, sizeof(Network), FileNetworkOpenInformation),
       STATUS_SUCCESS);
    IS(ZwQueryInformationFile(Handle, &Io, &Tag, sizeof(Tag), FileAttributeTagInformation), STATUS_SUCCESS);
    IS(Network.FileAttributes, Basic.FileAttributes);
    IS(Tag.FileAttributes, Basic.FileAttributes);
    return Basic.FileAttributes;
}

// As the file has them once nobody has it open.
static ULONG AttributesOf(PCWSTR Path)
{
    HANDLE Handle = NULL;
    IS(TryCreate(&Handle, Path, FILE_READ_ATTRIBUTES, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    ULONG Attributes = AttributesOfHandle(Handle);
    ZwClose(Handle);
    return Attributes;
}

static NTSTATUS Set(PCWSTR Path, ULONG Attributes)
{
    HANDLE Handle = NULL;
    FILE_BASIC_INFORMATION Basic = {.FileAttributes = Attributes};
    IS(TryCreate(&Handle, Path, FILE_WRITE_ATTRIBUTES, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    NTSTATUS Result = ZwSetInformationFile(Handle, &Io, &Basic, sizeof(Basic), FileBasicInformation);
    ZwClose(Handle);
    return Result;
}

static void TestCreated(void)
{
    static const struct {
        ULONG Given, Got;
    } Cases[] = {
        {NORMAL, ARCHIVE},
        {0, ARCHIVE},
        {HIDDEN, HIDDEN | ARCHIVE},
        {HIDDEN | SYSTEM | NORMAL, HIDDEN | SYSTEM | ARCHIVE},
        {TEMPORARY | UNINDEXED, TEMPORARY | UNINDEXED | ARCHIVE},
        {OFFLINE | READONLY, OFFLINE | READONLY | ARCHIVE},
        {FILE_ATTRIBUTE_COMPRESSED | FILE_ATTRIBUTE_ENCRYPTED, ARCHIVE}, // not for callers to set
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        IS(Create(PATH, Cases[Index].Given, FILE_CREATE, 0), STATUS_SUCCESS);
        IS(AttributesOf(PATH), Cases[Index].Got);
        IS(Set(PATH, NORMAL), STATUS_SUCCESS);
        Remove(PATH);
    }
    IS(Create(PATH, 0x80000000, FILE_CREATE, 0), STATUS_INVALID_PARAMETER);
    IS(Create(DIR, HIDDEN | SYSTEM, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    IS(AttributesOf(DIR), DIRECTORY | HIDDEN | SYSTEM);
    // An open changes nothing.
    IS(Create(DIR, NORMAL, FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    IS(AttributesOf(DIR), DIRECTORY | HIDDEN | SYSTEM);
    Remove(DIR);
    IS(Create(DIR, TEMPORARY, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_INVALID_PARAMETER);
}

static void TestSet(void)
{
    IS(Create(PATH, NORMAL, FILE_CREATE, 0), STATUS_SUCCESS);
    IS(Set(PATH, HIDDEN), STATUS_SUCCESS);
    IS(AttributesOf(PATH), HIDDEN);
    IS(Set(PATH, 0), STATUS_SUCCESS); // leaves them
    IS(AttributesOf(PATH), HIDDEN);
    IS(Set(PATH, SYSTEM | NORMAL), STATUS_SUCCESS);
    IS(AttributesOf(PATH), SYSTEM);
    IS(Set(PATH, DIRECTORY), STATUS_INVALID_PARAMETER);
    IS(Set(PATH, NORMAL), STATUS_SUCCESS);
    IS(AttributesOf(PATH), NORMAL); // and that alone
    // What is written is to be saved again.
    LARGE_INTEGER Offset = {.QuadPart = 0};
    HANDLE File = Open(PATH, FILE_OPEN, 0);
    IS(AttributesOfHandle(File), NORMAL);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "x", 1, &Offset, NULL), STATUS_SUCCESS);
    IS(AttributesOfHandle(File), ARCHIVE);
    ZwClose(File);
    IS(AttributesOf(PATH), ARCHIVE);
    // A read-only file's other attributes are kept as well.
    IS(Set(PATH, READONLY | SYSTEM), STATUS_SUCCESS);
    IS(AttributesOf(PATH), READONLY | SYSTEM);
    IS(Set(PATH, READONLY | HIDDEN), STATUS_SUCCESS);
    IS(AttributesOf(PATH), READONLY | HIDDEN);
    IS(Set(PATH, NORMAL), STATUS_SUCCESS);
    Remove(PATH);

    IS(Create(DIR, NORMAL, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    IS(Set(DIR, READONLY | HIDDEN), STATUS_SUCCESS);
    IS(AttributesOf(DIR), DIRECTORY | READONLY | HIDDEN);
    IS(Set(DIR, TEMPORARY), STATUS_INVALID_PARAMETER);
    // A read-only folder takes files, and is not deleted.
    IS(Create(DIR L"\\file", NORMAL, FILE_CREATE, 0), STATUS_SUCCESS);
    Remove(DIR L"\\file");
    HANDLE Folder;
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    IS(TryCreate(&Folder, DIR, DELETE, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    IS(ZwSetInformationFile(Folder, &Io, &Disposition, sizeof(Disposition), FileDispositionInformation),
       STATUS_CANNOT_DELETE);
    ZwClose(Folder);
    IS(TryCreate(&Folder, DIR, DELETE, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE), STATUS_CANNOT_DELETE);
    IS(Set(DIR, NORMAL), STATUS_SUCCESS);
    IS(AttributesOf(DIR), DIRECTORY);
    Remove(DIR);
}

static void TestListed(void)
{
    UCHAR Buffer[256];
    PFILE_DIRECTORY_INFORMATION Entry = (PVOID)Buffer;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ATTRIBUTES.TXT");
    IS(Create(PATH, SYSTEM, FILE_CREATE, 0), STATUS_SUCCESS);
    for (ULONG Round = 0; Round < 2; Round += 1) {
        HANDLE Root = Open(L"\\??\\C:\\", FILE_OPEN, FILE_DIRECTORY_FILE);
        IS(ZwQueryDirectoryFile(Root, NULL, NULL, NULL, &Io, Buffer, sizeof(Buffer), FileDirectoryInformation,
                                TRUE, &Name, TRUE),
           STATUS_SUCCESS);
        IS(Entry->FileAttributes, Round == 0 ? SYSTEM | ARCHIVE : NORMAL);
        ZwClose(Root);
        IS(Set(PATH, NORMAL), STATUS_SUCCESS);
    }
    Remove(PATH);
}

// "If CREATE_ALWAYS and FILE_ATTRIBUTE_NORMAL are specified ... ACCESS_DENIED if the file exists and has the
// FILE_ATTRIBUTE_HIDDEN or FILE_ATTRIBUTE_SYSTEM attribute."
static void TestOverwritten(void)
{
    static const ULONG Dispositions[] = {FILE_OVERWRITE, FILE_OVERWRITE_IF, FILE_SUPERSEDE};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Dispositions); Index += 1) {
        ULONG Disposition = Dispositions[Index];
        IS(Create(PATH, HIDDEN | SYSTEM, FILE_CREATE, 0), STATUS_SUCCESS);
        IS(Create(PATH, NORMAL, Disposition, 0), STATUS_ACCESS_DENIED);
        IS(Create(PATH, HIDDEN, Disposition, 0), STATUS_ACCESS_DENIED);
        IS(Create(PATH, HIDDEN | SYSTEM, Disposition, 0), STATUS_SUCCESS);
        IS(AttributesOf(PATH), HIDDEN | SYSTEM | ARCHIVE);
        IS(Set(PATH, OFFLINE), STATUS_SUCCESS);
        // Overwriting adds, superseding makes a new file.
        IS(Create(PATH, HIDDEN, Disposition, 0), STATUS_SUCCESS);
        IS(AttributesOf(PATH), HIDDEN | ARCHIVE | (Disposition == FILE_SUPERSEDE ? 0 : OFFLINE));
        Remove(PATH);
    }
}

// What others who have it open must share with who replaces it.
static void TestShared(void)
{
    HANDLE First, Second;
    Make(PATH, "x");
    IS(TryOpen(&First, NULL, PATH, FILE_READ_DATA, FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_OPEN, 0),
       STATUS_SUCCESS);
    IS(TryOpen(&Second, NULL, PATH, FILE_READ_DATA, SHARE_ALL, FILE_OVERWRITE, 0), STATUS_SHARING_VIOLATION);
    IS(TryOpen(&Second, NULL, PATH, FILE_READ_DATA, SHARE_ALL, FILE_SUPERSEDE, 0), STATUS_SUCCESS);
    ZwClose(Second);
    ZwClose(First);
    IS(TryOpen(&First, NULL, PATH, FILE_READ_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, 0),
       STATUS_SUCCESS);
    IS(TryOpen(&Second, NULL, PATH, FILE_READ_DATA, SHARE_ALL, FILE_SUPERSEDE, 0), STATUS_SHARING_VIOLATION);
    IS(TryOpen(&Second, NULL, PATH, FILE_READ_DATA, SHARE_ALL, FILE_OVERWRITE, 0), STATUS_SUCCESS);
    ZwClose(Second);
    ZwClose(First);
    Remove(PATH);
}

// The time of creation is kept as well.
static void TestCreationTime(void)
{
    FILE_BASIC_INFORMATION Basic, Set = {.CreationTime.QuadPart = 125000000000000000LL};
    LARGE_INTEGER Before, After;
    KeQuerySystemTime(&Before);
    IS(Create(PATH, NORMAL, FILE_CREATE, 0), STATUS_SUCCESS);
    KeQuerySystemTime(&After);
    HANDLE File = Open(PATH, FILE_OPEN, 0);
    IS(ZwQueryInformationFile(File, &Io, &Basic, sizeof(Basic), FileBasicInformation), STATUS_SUCCESS);
    OK(Basic.CreationTime.QuadPart >= Before.QuadPart && Basic.CreationTime.QuadPart <= After.QuadPart);
    IS(ZwSetInformationFile(File, &Io, &Set, sizeof(Set), FileBasicInformation), STATUS_SUCCESS);
    ZwClose(File);
    File = Open(PATH, FILE_OPEN, 0);
    IS(ZwQueryInformationFile(File, &Io, &Basic, sizeof(Basic), FileBasicInformation), STATUS_SUCCESS);
    IS(Basic.CreationTime.QuadPart, 125000000000000000LL);
    IS(Basic.FileAttributes, ARCHIVE);
    ZwClose(File);
    Remove(PATH);
}

// Who may only append does so wherever he says.
static void TestAppend(void)
{
    HANDLE File;
    CHAR Text[8] = {0};
    LARGE_INTEGER Start = {.QuadPart = 0};
    Make(PATH, "abc");
    IS(TryOpen(&File, NULL, PATH, FILE_APPEND_DATA, SHARE_ALL, FILE_OPEN, 0), STATUS_SUCCESS);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "de", 2, &Start, NULL), STATUS_SUCCESS);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "f", 1, NULL, NULL), STATUS_SUCCESS);
    ZwClose(File);
    File = Open(PATH, FILE_OPEN, 0);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Text, sizeof(Text), &Start, NULL), STATUS_SUCCESS);
    IS_STRING(Text, "abcdef");
    ZwClose(File);
    Remove(PATH);
}

TEST_DRIVER(TestCreated, TestSet, TestListed, TestOverwritten, TestShared, TestCreationTime, TestAppend)
