// SPDX-License-Identifier: MIT
// Files deleted and replaced while others have them open, by Windows' rules and by POSIX's; files with two
// names.
#include "file.h"

#define ONE L"\\??\\C:\\one.txt"
#define TWO L"\\??\\C:\\two.txt"

#define REPLACE FILE_RENAME_REPLACE_IF_EXISTS
#define POSIX   FILE_RENAME_POSIX_SEMANTICS
#define FORCE   FILE_RENAME_IGNORE_READONLY_ATTRIBUTE

static NTSTATUS Dispose(HANDLE File, ULONG Flags)
{
    FILE_DISPOSITION_INFORMATION_EX Disposition = {Flags};
    return ZwSetInformationFile(File, &Io, &Disposition, sizeof(Disposition), FileDispositionInformationEx);
}

static NTSTATUS Name(HANDLE File, PCWSTR To, ULONG Flags, FILE_INFORMATION_CLASS Class)
{
    struct {
        FILE_RENAME_INFORMATION Information;
        WCHAR More[64];
    } New = {0};
    *(PULONG)&New.Information = Flags;
    New.Information.FileNameLength = (ULONG)wcslen(To) * sizeof(WCHAR);
    RtlCopyMemory(New.Information.FileName, To, New.Information.FileNameLength);
    return ZwSetInformationFile(File, &Io, &New, sizeof(New), Class);
}

static UCHAR FirstByte(HANDLE File)
{
    UCHAR Byte = 0;
    LARGE_INTEGER Start = {.QuadPart = 0};
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, &Byte, 1, &Start, NULL), STATUS_SUCCESS);
    return Byte;
}

static UCHAR FirstByteOf(PCWSTR Path)
{
    HANDLE File = Open(Path, FILE_OPEN, 0);
    UCHAR Byte = FirstByte(File);
    ZwClose(File);
    return Byte;
}

static NTSTATUS Write(HANDLE File, const char *Text)
{
    LARGE_INTEGER Start = {.QuadPart = 0};
    return ZwWriteFile(File, NULL, NULL, NULL, &Io, (PVOID)Text, (ULONG)strlen(Text), &Start, NULL);
}

static FILE_STANDARD_INFORMATION Standard(HANDLE File)
{
    FILE_STANDARD_INFORMATION Information = {0};
    IS(ZwQueryInformationFile(File, &Io, &Information, sizeof(Information), FileStandardInformation),
       STATUS_SUCCESS);
    return Information;
}

static NTSTATUS SetReadOnly(PCWSTR Path, BOOLEAN ReadOnly)
{
    HANDLE File = NULL;
    FILE_BASIC_INFORMATION Basic = {.FileAttributes =
                                        ReadOnly ? FILE_ATTRIBUTE_READONLY : FILE_ATTRIBUTE_NORMAL};
    IS(TryOpen(&File, NULL, Path, FILE_WRITE_ATTRIBUTES, SHARE_ALL, FILE_OPEN, 0), STATUS_SUCCESS);
    NTSTATUS Result = ZwSetInformationFile(File, &Io, &Basic, sizeof(Basic), FileBasicInformation);
    ZwClose(File);
    return Result;
}

// The name goes with the handle that deletes it, the contents with the last one.
static void TestPosixDelete(void)
{
    Make(ONE, "old");
    HANDLE Deleter = Open(ONE, FILE_OPEN, 0), Other = Open(ONE, FILE_OPEN, 0);
    IS(Dispose(Deleter, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS), STATUS_SUCCESS);
    IS(Status(ONE, FILE_OPEN, 0), STATUS_DELETE_PENDING); // the name is still there
    ZwClose(Deleter);
    IS(Status(ONE, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(FirstByte(Other), 'o');
    IS(Write(Other, "still"), STATUS_SUCCESS);
    IS(FirstByte(Other), 's');
    FILE_STANDARD_INFORMATION Information = Standard(Other);
    IS(Information.EndOfFile.QuadPart, 5);
    IS(Information.NumberOfLinks, 0);
    OK(Information.DeletePending);
    // Another file can have the name, and is another one.
    Make(ONE, "new");
    IS(FirstByteOf(ONE), 'n');
    IS(FirstByte(Other), 's');
    IS(Name(Other, L"three.txt", 0, FileRenameInformationEx), STATUS_FILE_DELETED);
    IS(Dispose(Other, FILE_DISPOSITION_DO_NOT_DELETE), STATUS_FILE_DELETED);
    ZwClose(Other);
    IS(FirstByteOf(ONE), 'n');
    // Taken back before the handle is closed.
    Deleter = Open(ONE, FILE_OPEN, 0);
    IS(Dispose(Deleter, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS), STATUS_SUCCESS);
    IS(Dispose(Deleter, FILE_DISPOSITION_DO_NOT_DELETE), STATUS_SUCCESS);
    ZwClose(Deleter);
    IS(FirstByteOf(ONE), 'n');
    // On close, which the state of the handle decides alone.
    Deleter = Open(ONE, FILE_OPEN, 0);
    Other = Open(ONE, FILE_OPEN, 0);
    IS(Dispose(Deleter,
               FILE_DISPOSITION_DELETE | FILE_DISPOSITION_ON_CLOSE | FILE_DISPOSITION_POSIX_SEMANTICS),
       STATUS_SUCCESS);
    OK(!Standard(Other).DeletePending);
    ZwClose(Deleter);
    IS(Status(ONE, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(Other);
}

static void TestDisposition(void)
{
    HANDLE File;
    Make(ONE, "x");
    IS(SetReadOnly(ONE, TRUE), STATUS_SUCCESS);
    IS(TryOpen(&File, NULL, ONE, DELETE, SHARE_ALL, FILE_OPEN, 0), STATUS_SUCCESS);
    IS(Dispose(File, 0x40), STATUS_INVALID_PARAMETER);
    IS(Dispose(File, FILE_DISPOSITION_DELETE), STATUS_CANNOT_DELETE);
    IS(Dispose(File, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS), STATUS_CANNOT_DELETE);
    IS(Dispose(File, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE |
                         FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK),
       STATUS_SUCCESS);
    ZwClose(File);
    IS(Status(ONE, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void TestPosixRename(void)
{
    Make(ONE, "1");
    Make(TWO, "2");
    HANDLE First = Open(ONE, FILE_OPEN, 0), Second = Open(TWO, FILE_OPEN, 0);
    IS(Name(First, L"two.txt", 0, FileRenameInformationEx), STATUS_OBJECT_NAME_COLLISION);
    IS(Name(First, L"two.txt", POSIX, FileRenameInformationEx), STATUS_OBJECT_NAME_COLLISION);
    IS(Name(First, L"two.txt", REPLACE, FileRenameInformationEx), STATUS_ACCESS_DENIED); // it is open
    IS(Name(First, L"two.txt", REPLACE | 0x1000, FileRenameInformationEx), STATUS_INVALID_PARAMETER);
    IS(Name(First, L"two.txt", REPLACE | POSIX, FileRenameInformationEx), STATUS_SUCCESS);
    IS(Status(ONE, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    // Who had the replaced file has it still; who opens the name gets the other.
    IS(FirstByte(Second), '2');
    IS(Write(Second, "zz"), STATUS_SUCCESS);
    IS(FirstByteOf(TWO), '1');
    IS(Standard(Second).NumberOfLinks, 0);
    ZwClose(Second);
    ZwClose(First);
    IS(FirstByteOf(TWO), '1');

    // Read-only targets.
    Make(ONE, "1");
    IS(SetReadOnly(TWO, TRUE), STATUS_SUCCESS);
    First = Open(ONE, FILE_OPEN, 0);
    IS(Name(First, L"two.txt", REPLACE, FileRenameInformationEx), STATUS_ACCESS_DENIED);
    IS(Name(First, L"two.txt", REPLACE | POSIX, FileRenameInformationEx), STATUS_ACCESS_DENIED);
    IS(Name(First, L"two.txt", REPLACE | FORCE, FileRenameInformationEx), STATUS_SUCCESS);
    ZwClose(First);
    // A folder is never replaced.
    HANDLE Folder = Open(ONE, FILE_CREATE, FILE_DIRECTORY_FILE);
    ZwClose(Folder);
    First = Open(TWO, FILE_OPEN, 0);
    IS(Name(First, L"one.txt", REPLACE | POSIX | FORCE, FileRenameInformationEx), STATUS_ACCESS_DENIED);
    // What has to do with storage reserves and the cloud changes nothing here.
    IS(Name(First, L"three.txt",
            FILE_RENAME_SUPPRESS_PIN_STATE_INHERITANCE | FILE_RENAME_SUPPRESS_STORAGE_RESERVE_INHERITANCE,
            FileRenameInformationEx),
       STATUS_SUCCESS);
    IS(Name(First, L"two.txt", 0, FileRenameInformationEx), STATUS_SUCCESS);
    ZwClose(First);
    Remove(ONE);
    Remove(TWO);
}

static void TestLinks(void)
{
    Make(ONE, "first");
    HANDLE File = Open(ONE, FILE_OPEN, 0);
    Make(TWO, "second");
    HANDLE Other = Open(TWO, FILE_OPEN, 0);
    IS(Name(File, L"two.txt", 0, FileLinkInformationEx), STATUS_OBJECT_NAME_COLLISION);
    IS(Name(File, L"two.txt", REPLACE, FileLinkInformationEx), STATUS_ACCESS_DENIED);
    IS(Name(File, L"two.txt", REPLACE | POSIX, FileLinkInformationEx), STATUS_SUCCESS);
    IS(FirstByte(Other), 's');
    ZwClose(Other);
    IS(Standard(File).NumberOfLinks, 2);
    // One name is deleted; what has been written through it is in the file that the other one leads to.
    IS(Write(File, "written"), STATUS_SUCCESS);
    IS(Dispose(File, FILE_DISPOSITION_DELETE), STATUS_SUCCESS);
    IS(Standard(File).NumberOfLinks, 1);
    ZwClose(File);
    IS(Status(ONE, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(FirstByteOf(TWO), 'w');
    File = Open(TWO, FILE_OPEN, 0);
    IS(Standard(File).EndOfFile.QuadPart, 7);
    IS(Standard(File).NumberOfLinks, 1);
    ZwClose(File);
    Remove(TWO);
}

static void TestRefused(void)
{
    FILE_VALID_DATA_LENGTH_INFORMATION Valid = {.ValidDataLength.QuadPart = 3};
    struct {
        FILE_NAME_INFORMATION Information;
        WCHAR More[8];
    } Short = {.Information = {.FileNameLength = 2, .FileName = {L'X'}}};
    Make(ONE, "abc");
    HANDLE File = Open(ONE, FILE_OPEN, 0);
    IS(ZwSetInformationFile(File, &Io, &Valid, sizeof(Valid), FileValidDataLengthInformation),
       STATUS_SUCCESS);
    Valid.ValidDataLength.QuadPart = 4;
    IS(ZwSetInformationFile(File, &Io, &Valid, sizeof(Valid), FileValidDataLengthInformation),
       STATUS_INVALID_PARAMETER);
    Valid.ValidDataLength.QuadPart = 0;
    IS(ZwSetInformationFile(File, &Io, &Valid, sizeof(Valid), FileValidDataLengthInformation),
       STATUS_INVALID_PARAMETER);
    IS(ZwSetInformationFile(File, &Io, &Short, sizeof(Short), FileShortNameInformation),
       STATUS_SHORT_NAMES_NOT_ENABLED_ON_VOLUME);
    IS(ZwQueryInformationFile(File, &Io, &Short, sizeof(Short), FileAlternateNameInformation),
       STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(File);
    Remove(ONE);
}

TEST_DRIVER(TestPosixDelete, TestDisposition, TestPosixRename, TestLinks, TestRefused)
