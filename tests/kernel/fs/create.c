// SPDX-License-Identifier: MIT
// Files and folders created, opened, shared, deleted; names that are none.
#include "file.h"

static void TestDispositions(void)
{
    IS(Status(L"\\??\\C:\\a.txt", FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Status(L"\\??\\C:\\a.txt", FILE_OVERWRITE, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Status(L"\\??\\C:\\a.txt", FILE_CREATE, 0), STATUS_SUCCESS);
    IS(Io.Information, FILE_CREATED);
    IS(Status(L"\\??\\C:\\a.txt", FILE_CREATE, 0), STATUS_OBJECT_NAME_COLLISION);
    IS(Status(L"\\??\\C:\\A.TXT", FILE_CREATE, 0), STATUS_OBJECT_NAME_COLLISION);
    IS(Status(L"\\??\\C:\\A.TXT", FILE_OPEN, 0), STATUS_SUCCESS);
    IS(Io.Information, FILE_OPENED);
    IS(Status(L"\\??\\C:\\a.txt", FILE_OPEN_IF, 0), STATUS_SUCCESS);
    IS(Io.Information, FILE_OPENED);
    Make(L"\\??\\C:\\a.txt", "four");
    HANDLE File = Open(L"\\??\\C:\\a.txt", FILE_OVERWRITE, 0);
    IS(Io.Information, FILE_OVERWRITTEN);
    FILE_STANDARD_INFORMATION Standard;
    IS(ZwQueryInformationFile(File, &Io, &Standard, sizeof(Standard), FileStandardInformation),
       STATUS_SUCCESS);
    IS(Standard.EndOfFile.QuadPart, 0);
    ZwClose(File);
    IS(Status(L"\\??\\C:\\a.txt", FILE_SUPERSEDE, 0), STATUS_SUCCESS);
    IS(Io.Information, FILE_SUPERSEDED);
    IS(Status(L"\\??\\C:\\new.txt", FILE_OVERWRITE_IF, 0), STATUS_SUCCESS);
    IS(Io.Information, FILE_CREATED);
    Remove(L"\\??\\C:\\new.txt");
    IS(Status(L"\\Device\\HarddiskVolume1\\a.txt", FILE_OPEN, 0), STATUS_SUCCESS);
    IS(Status(L"\\DosDevices\\C:\\a.txt", FILE_OPEN, 0), STATUS_SUCCESS);
}

static void TestFolders(void)
{
    IS(Status(L"\\??\\C:\\Windows", FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    IS(Status(L"\\??\\C:\\windows\\System32", FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    Make(L"\\SystemRoot\\system32\\x.dll", "dll");
    IS(Status(L"\\??\\C:\\WINDOWS\\SYSTEM32\\X.DLL", FILE_OPEN, 0), STATUS_SUCCESS);
    IS(Status(L"\\??\\C:\\Windows", FILE_OPEN, FILE_NON_DIRECTORY_FILE), STATUS_FILE_IS_A_DIRECTORY);
    IS(Status(L"\\??\\C:\\a.txt", FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_NOT_A_DIRECTORY);
    IS(Status(L"\\??\\C:\\Windows\\", FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    IS(Status(L"\\??\\C:\\Windows\\", FILE_OPEN, FILE_NON_DIRECTORY_FILE), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\no\\such", FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    IS(Status(L"\\??\\C:\\no\\such", FILE_CREATE, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    IS(Status(L"\\??\\C:\\a.txt\\below", FILE_OPEN, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    IS(Status(L"\\??\\C:\\", FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    IS(Status(L"\\??\\C:\\", FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_OBJECT_NAME_COLLISION);

    HANDLE File, Root = Open(L"\\??\\C:\\Windows", FILE_OPEN, FILE_DIRECTORY_FILE);
    IS(TryOpen(&File, Root, L"System32\\x.dll", ALL, SHARE_ALL, FILE_OPEN, 0), STATUS_SUCCESS);
    ZwClose(File);
    IS(TryOpen(&File, Root, L"\\System32", ALL, SHARE_ALL, FILE_OPEN, 0), STATUS_OBJECT_PATH_SYNTAX_BAD);
    IS(TryOpen(&File, Root, L"", ALL, SHARE_ALL, FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    ZwClose(File);
    ZwClose(Root);
}

static void TestNames(void)
{
    IS(Status(L"\\??\\C:\\..", FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\..\\etc\\passwd", FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\Windows\\..\\a.txt", FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\.\\a.txt", FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\\\a.txt", FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\../a.txt", FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\a*", FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\a.txt:stream", FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\\xd800", FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\\x01", FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    WCHAR Long[300] = L"\\??\\C:\\";
    for (ULONG Index = 7; Index < 290; Index += 1) {
        Long[Index] = L'x';
    }
    IS(Status(Long, FILE_CREATE, 0), STATUS_OBJECT_NAME_INVALID);
    IS(Status(L"\\??\\C:\\\xe4\x4e2d\xd83d\xde00", FILE_CREATE, 0), STATUS_SUCCESS);
    IS(Status(L"\\??\\C:\\\xc4\x4e2d\xd83d\xde00", FILE_OPEN, 0), STATUS_SUCCESS); // in the other case
    Remove(L"\\??\\C:\\\xe4\x4e2d\xd83d\xde00");
    IS(Status(L"\\??\\C:\\...", FILE_CREATE, 0), STATUS_SUCCESS);
    Remove(L"\\??\\C:\\...");
}

static void TestSharing(void)
{
    HANDLE First, Second;
    IS(TryOpen(&First, NULL, L"\\??\\C:\\a.txt", FILE_READ_DATA, FILE_SHARE_READ, FILE_OPEN, 0),
       STATUS_SUCCESS);
    IS(TryOpen(&Second, NULL, L"\\??\\C:\\a.txt", FILE_WRITE_DATA, SHARE_ALL, FILE_OPEN, 0),
       STATUS_SHARING_VIOLATION);
    IS(TryOpen(&Second, NULL, L"\\??\\C:\\a.txt", FILE_READ_DATA, 0, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
    IS(TryOpen(&Second, NULL, L"\\??\\C:\\A.txt", GENERIC_READ, SHARE_ALL, FILE_OPEN, 0), STATUS_SUCCESS);
    ZwClose(Second);
    IS(TryOpen(&Second, NULL, L"\\??\\C:\\a.txt", FILE_READ_ATTRIBUTES, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    ZwClose(Second);
    ZwClose(First);
    IS(TryOpen(&Second, NULL, L"\\??\\C:\\a.txt", FILE_WRITE_DATA, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    ZwClose(Second);
}

static void TestDeletion(void)
{
    HANDLE Second, First = Open(L"\\??\\C:\\d.txt", FILE_CREATE, FILE_DELETE_ON_CLOSE);
    IS(TryOpen(&Second, NULL, L"\\??\\C:\\d.txt", ALL, SHARE_ALL, FILE_OPEN, 0), STATUS_SUCCESS);
    ZwClose(First); // another has it still
    IS(Status(L"\\??\\C:\\d.txt", FILE_OPEN, 0), STATUS_DELETE_PENDING);
    FILE_STANDARD_INFORMATION Standard;
    IS(ZwQueryInformationFile(Second, &Io, &Standard, sizeof(Standard), FileStandardInformation),
       STATUS_SUCCESS);
    OK(Standard.DeletePending);
    ZwClose(Second);
    IS(Status(L"\\??\\C:\\d.txt", FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);

    First = Open(L"\\??\\C:\\d.txt", FILE_CREATE, 0);
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    IS(ZwSetInformationFile(First, &Io, &Disposition, sizeof(Disposition), FileDispositionInformation),
       STATUS_SUCCESS);
    Disposition.DeleteFile = FALSE;
    IS(ZwSetInformationFile(First, &Io, &Disposition, sizeof(Disposition), FileDispositionInformation),
       STATUS_SUCCESS);
    ZwClose(First);
    IS(Status(L"\\??\\C:\\d.txt", FILE_OPEN, 0), STATUS_SUCCESS);
    First = Open(L"\\??\\C:\\d.txt", FILE_OPEN, 0);
    FILE_DISPOSITION_INFORMATION_EX Extended = {FILE_DISPOSITION_DELETE};
    IS(ZwSetInformationFile(First, &Io, &Extended, sizeof(Extended), FileDispositionInformationEx),
       STATUS_SUCCESS);
    ZwClose(First);
    IS(Status(L"\\??\\C:\\d.txt", FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);

    First = Open(L"\\??\\C:\\Windows", FILE_OPEN, FILE_DIRECTORY_FILE);
    Disposition.DeleteFile = TRUE;
    IS(ZwSetInformationFile(First, &Io, &Disposition, sizeof(Disposition), FileDispositionInformation),
       STATUS_DIRECTORY_NOT_EMPTY);
    ZwClose(First);
    First = Open(L"\\??\\C:\\", FILE_OPEN, FILE_DIRECTORY_FILE);
    IS(ZwSetInformationFile(First, &Io, &Disposition, sizeof(Disposition), FileDispositionInformation),
       STATUS_CANNOT_DELETE);
    ZwClose(First);
}

static void TestReadOnly(void)
{
    FILE_BASIC_INFORMATION Basic = {.FileAttributes = FILE_ATTRIBUTE_READONLY};
    HANDLE File = Open(L"\\??\\C:\\r.txt", FILE_CREATE, 0);
    IS(ZwSetInformationFile(File, &Io, &Basic, sizeof(Basic), FileBasicInformation), STATUS_SUCCESS);
    ZwClose(File);
    IS(TryOpen(&File, NULL, L"\\??\\C:\\r.txt", FILE_WRITE_DATA, SHARE_ALL, FILE_OPEN, 0),
       STATUS_ACCESS_DENIED);
    IS(TryOpen(&File, NULL, L"\\??\\C:\\r.txt", DELETE, SHARE_ALL, FILE_OPEN, FILE_DELETE_ON_CLOSE),
       STATUS_CANNOT_DELETE);
    IS(TryOpen(&File, NULL, L"\\??\\C:\\r.txt", FILE_READ_DATA | FILE_WRITE_ATTRIBUTES | DELETE, SHARE_ALL,
               FILE_OPEN, 0),
       STATUS_SUCCESS);
    IS(ZwQueryInformationFile(File, &Io, &Basic, sizeof(Basic), FileBasicInformation), STATUS_SUCCESS);
    IS(Basic.FileAttributes, FILE_ATTRIBUTE_READONLY);
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    IS(ZwSetInformationFile(File, &Io, &Disposition, sizeof(Disposition), FileDispositionInformation),
       STATUS_CANNOT_DELETE);
    RtlZeroMemory(&Basic, sizeof(Basic));
    Basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    IS(ZwSetInformationFile(File, &Io, &Basic, sizeof(Basic), FileBasicInformation), STATUS_SUCCESS);
    ZwClose(File);
    Remove(L"\\??\\C:\\r.txt");
}

// What cannot be asked for together, and what is no value at all. (ZwCreateFile)
static void TestParameters(void)
{
    static const struct {
        ACCESS_MASK Access;
        ULONG Attributes, Share, Disposition, Options;
        NTSTATUS Status;
    } Cases[] = {
        {SYNCHRONIZE, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_ALERT, STATUS_SUCCESS},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_ALERT, STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, STATUS_INVALID_PARAMETER},
        {SYNCHRONIZE, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT,
         STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE, STATUS_INVALID_PARAMETER},
        {FILE_APPEND_DATA, 0, 0, FILE_OPEN, FILE_NO_INTERMEDIATE_BUFFERING, STATUS_INVALID_PARAMETER},
        {FILE_WRITE_DATA, 0, 0, FILE_OPEN, FILE_NO_INTERMEDIATE_BUFFERING, STATUS_SUCCESS},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER,
         STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE,
         STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY,
         STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_SUPERSEDE, FILE_DIRECTORY_FILE, STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_OVERWRITE, FILE_DIRECTORY_FILE, STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_OVERWRITE_IF, FILE_DIRECTORY_FILE, STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_SEQUENTIAL_ONLY | FILE_RANDOM_ACCESS, STATUS_SUCCESS},
        {FILE_READ_DATA, 0, 0, FILE_OPEN,
         FILE_WRITE_THROUGH | FILE_NO_EA_KNOWLEDGE | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT,
         STATUS_SUCCESS},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, 0x00040000, STATUS_SUCCESS}, // FILE_SESSION_AWARE
        {FILE_READ_DATA, 0, 0, FILE_OPEN, 0x01000000, STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, 6, 0, STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 8, FILE_OPEN, 0, STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0x80000000, 0, FILE_OPEN, 0, STATUS_INVALID_PARAMETER},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_OPEN_BY_FILE_ID, STATUS_NOT_SUPPORTED},
    };
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\parameters.txt");
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Negative = {.QuadPart = -1};
    union {
        FILE_FULL_EA_INFORMATION Information;
        UCHAR Bytes[32];
    } Ea = {.Information = {.EaNameLength = 1, .EaValueLength = 1}};
    HANDLE File;
    Ea.Information.EaName[0] = 'E';
    Make(Name.Buffer, "x");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        IS(ZwCreateFile(&File, Cases[Index].Access, &Attributes, &Io, NULL, Cases[Index].Attributes,
                        Cases[Index].Share, Cases[Index].Disposition, Cases[Index].Options, NULL, 0),
           Cases[Index].Status);
        if (NT_SUCCESS(Cases[Index].Status)) {
            ZwClose(File);
        }
    }
    IS(ZwCreateFile(&File, FILE_READ_DATA, &Attributes, &Io, &Negative, 0, 0, FILE_OPEN, 0, NULL, 0),
       STATUS_INVALID_PARAMETER);
    IS(ZwCreateFile(&File, FILE_READ_DATA, &Attributes, &Io, NULL, 0, 0, FILE_OPEN, 0, &Ea, sizeof(Ea)),
       STATUS_EAS_NOT_SUPPORTED);
    Ea.Information.EaName[1] = 'x';
    IS(ZwCreateFile(&File, FILE_READ_DATA, &Attributes, &Io, NULL, 0, 0, FILE_OPEN, 0, &Ea, sizeof(Ea)),
       STATUS_EA_LIST_INCONSISTENT);
    Remove(Name.Buffer);
}

TEST_DRIVER(TestParameters, TestDispositions, TestFolders, TestNames, TestSharing, TestDeletion, TestReadOnly)
