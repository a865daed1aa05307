// SPDX-License-Identifier: MIT
// What is in files: read and written, cached and not, locked, cut and lengthened, renamed, watched, listed.
#include "file.h"

#define BYTES (3 * PAGE_SIZE + 100)

static void TestTransfer(void)
{
    LARGE_INTEGER Offset = {0};
    PUCHAR Out = ExAllocatePool2(POOL_FLAG_NON_PAGED, BYTES, 'tseT');
    PUCHAR In = ExAllocatePool2(POOL_FLAG_NON_PAGED, BYTES + 1, 'tseT');
    for (ULONG Index = 0; Index < BYTES; Index += 1) {
        Out[Index] = (UCHAR)(Index * 7 + Index / 256);
    }
    HANDLE File = Open(L"\\??\\C:\\data", FILE_CREATE, FILE_NON_DIRECTORY_FILE);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, In, 1, &Offset, NULL), STATUS_END_OF_FILE);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, Out, BYTES, &Offset, NULL), STATUS_SUCCESS);
    IS(Io.Information, BYTES);
    FILE_POSITION_INFORMATION Position;
    IS(ZwQueryInformationFile(File, &Io, &Position, sizeof(Position), FilePositionInformation),
       STATUS_SUCCESS);
    IS(Position.CurrentByteOffset.QuadPart, BYTES);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, In, BYTES + 1, &Offset, NULL), STATUS_SUCCESS);
    IS(Io.Information, BYTES);
    IS(RtlCompareMemory(In, Out, BYTES), BYTES);

    // Past the cache, by another handle: what the cache has is on the disk first.
    HANDLE Direct = NULL;
    IS(TryOpen(&Direct, NULL, L"\\??\\C:\\data", FILE_READ_DATA | FILE_WRITE_DATA, SHARE_ALL, FILE_OPEN,
               FILE_NO_INTERMEDIATE_BUFFERING),
       STATUS_SUCCESS);
    PUCHAR Page = ExAllocatePool2(POOL_FLAG_NON_PAGED, PAGE_SIZE, 'tseT');
    Offset.QuadPart = PAGE_SIZE;
    IS(ZwReadFile(Direct, NULL, NULL, NULL, &Io, Page, PAGE_SIZE, &Offset, NULL), STATUS_SUCCESS);
    IS(RtlCompareMemory(Page, Out + PAGE_SIZE, PAGE_SIZE), PAGE_SIZE);
    IS(ZwReadFile(Direct, NULL, NULL, NULL, &Io, Page, 100, &Offset, NULL), STATUS_INVALID_PARAMETER);
    RtlFillMemory(Page, PAGE_SIZE, 0x77);
    IS(ZwWriteFile(Direct, NULL, NULL, NULL, &Io, Page, PAGE_SIZE, &Offset, NULL), STATUS_SUCCESS);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, In, 4, &Offset, NULL), STATUS_SUCCESS);
    IS(*(PULONG)In, 0x77777777);
    ZwClose(Direct);

    // At the end, wherever that is.
    Offset.HighPart = -1;
    Offset.LowPart = FILE_WRITE_TO_END_OF_FILE;
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "end", 3, &Offset, NULL), STATUS_SUCCESS);
    FILE_STANDARD_INFORMATION Standard;
    IS(ZwQueryInformationFile(File, &Io, &Standard, sizeof(Standard), FileStandardInformation),
       STATUS_SUCCESS);
    IS(Standard.EndOfFile.QuadPart, BYTES + 3);
    IS(Standard.NumberOfLinks, 1);
    OK(!Standard.Directory && !Standard.DeletePending);
    ZwClose(File);

    File = Open(L"\\??\\C:\\data", FILE_OPEN, 0);
    Offset.QuadPart = BYTES;
    RtlZeroMemory(In, 4);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, In, 10, &Offset, NULL), STATUS_SUCCESS);
    IS(Io.Information, 3);
    IS_STRING((char *)In, "end");
    IS(ZwFlushBuffersFile(File, &Io), STATUS_SUCCESS);
    ZwClose(File);
    ExFreePool(Page);
    ExFreePool(In);
    ExFreePool(Out);
}

static LONGLONG PositionOf(HANDLE File)
{
    FILE_POSITION_INFORMATION Position = {0};
    IS(ZwQueryInformationFile(File, &Io, &Position, sizeof(Position), FilePositionInformation),
       STATUS_SUCCESS);
    return Position.CurrentByteOffset.QuadPart;
}

// Where reading and writing begin: at the file's position, at an offset, which moves it, or at the end.
static void TestPosition(void)
{
    CHAR Text[8] = {0};
    HANDLE File, Asynchronous;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\position");
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Here = {.HighPart = -1}, End = {.HighPart = -1}, At = {.QuadPart = 2};
    Here.LowPart = FILE_USE_FILE_POINTER_POSITION;
    End.LowPart = FILE_WRITE_TO_END_OF_FILE;
    Make(Name.Buffer, "abcdef");
    File = Open(Name.Buffer, FILE_OPEN, 0);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Text, 2, NULL, NULL), STATUS_SUCCESS);
    IS(PositionOf(File), 2);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Text, 1, &Here, NULL), STATUS_SUCCESS);
    IS_STRING(Text, "cb");
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Text, 2, &At, NULL), STATUS_SUCCESS);
    IS_STRING(Text, "cd");
    IS(PositionOf(File), 4);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "E", 1, &Here, NULL), STATUS_SUCCESS);
    IS(PositionOf(File), 5);
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "g", 1, &End, NULL), STATUS_SUCCESS);
    IS(PositionOf(File), 7);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Text, 1, NULL, NULL), STATUS_END_OF_FILE);
    // Past the end: what lies between is zero.
    At.QuadPart = 9;
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "j", 1, &At, NULL), STATUS_SUCCESS);
    At.QuadPart = 4;
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Text, 6, &At, NULL), STATUS_SUCCESS);
    OK(RtlCompareMemory(Text, "Efg\0\0j", 6) == 6);
    At.QuadPart = -5;
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Text, 1, &At, NULL), STATUS_INVALID_PARAMETER);
    // Without a position of its own a file must be told.
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenFile(&Asynchronous, FILE_READ_DATA | FILE_WRITE_DATA, &Attributes, &Io, SHARE_ALL, 0),
       STATUS_SUCCESS);
    IS(ZwReadFile(Asynchronous, NULL, NULL, NULL, &Io, Text, 1, NULL, NULL), STATUS_INVALID_PARAMETER);
    IS(ZwReadFile(Asynchronous, NULL, NULL, NULL, &Io, Text, 1, &Here, NULL), STATUS_INVALID_PARAMETER);
    IS(ZwWriteFile(Asynchronous, NULL, NULL, NULL, &Io, "k", 1, &End, NULL), STATUS_SUCCESS);
    ZwClose(Asynchronous);
    At.QuadPart = 10;
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Text, 2, &At, NULL), STATUS_SUCCESS);
    IS(Io.Information, 1);
    IS(Text[0], 'k');
    ULONG Known = 7;
    IS(ZwQueryInformationFile(File, &Io, &Known, sizeof(Known), (FILE_INFORMATION_CLASS)76), STATUS_SUCCESS);
    IS(Known, 0); // KnownFolderNone
    ZwClose(File);
    Remove(Name.Buffer);
}

static void TestSize(void)
{
    UCHAR Bytes[16];
    LARGE_INTEGER Offset = {.QuadPart = 5};
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = 10};
    Make(L"\\??\\C:\\size", "abcdefghijklmnop");
    HANDLE File = Open(L"\\??\\C:\\size", FILE_OPEN, 0);
    IS(ZwSetInformationFile(File, &Io, &End, sizeof(End), FileEndOfFileInformation), STATUS_SUCCESS);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Bytes, 16, &Offset, NULL), STATUS_SUCCESS);
    IS(Io.Information, 5);
    End.EndOfFile.QuadPart = 16;
    IS(ZwSetInformationFile(File, &Io, &End, sizeof(End), FileEndOfFileInformation), STATUS_SUCCESS);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Io, Bytes, 16, &Offset, NULL), STATUS_SUCCESS);
    IS(Io.Information, 11);
    IS(Bytes[4], 'j');
    IS(Bytes[5], 0); // what has been cut off does not come back
    End.EndOfFile.QuadPart = -1;
    IS(ZwSetInformationFile(File, &Io, &End, sizeof(End), FileEndOfFileInformation),
       STATUS_INVALID_PARAMETER);
    FILE_ALLOCATION_INFORMATION Allocation = {.AllocationSize.QuadPart = 3};
    IS(ZwSetInformationFile(File, &Io, &Allocation, sizeof(Allocation), FileAllocationInformation),
       STATUS_SUCCESS);
    FILE_NETWORK_OPEN_INFORMATION Network;
    IS(ZwQueryInformationFile(File, &Io, &Network, sizeof(Network), FileNetworkOpenInformation),
       STATUS_SUCCESS);
    IS(Network.EndOfFile.QuadPart, 3);
    IS(Network.FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    ZwClose(File);
    Remove(L"\\??\\C:\\size");
}

static void TestLocks(void)
{
    ULONG Value;
    LARGE_INTEGER Offset = {0}, Length = {.QuadPart = 4}, Beyond = {.QuadPart = 8};
    Make(L"\\??\\C:\\lock", "abcdefghijklmnop");
    HANDLE First = Open(L"\\??\\C:\\lock", FILE_OPEN, 0), Second = Open(L"\\??\\C:\\lock", FILE_OPEN, 0);
    IS(ZwLockFile(First, NULL, NULL, NULL, &Io, &Offset, &Length, 0, TRUE, TRUE), STATUS_SUCCESS);
    IS(ZwLockFile(Second, NULL, NULL, NULL, &Io, &Offset, &Length, 0, TRUE, TRUE), STATUS_LOCK_NOT_GRANTED);
    IS(ZwReadFile(Second, NULL, NULL, NULL, &Io, &Value, 4, &Offset, NULL), STATUS_FILE_LOCK_CONFLICT);
    IS(ZwWriteFile(Second, NULL, NULL, NULL, &Io, &Value, 4, &Offset, NULL), STATUS_FILE_LOCK_CONFLICT);
    IS(ZwReadFile(Second, NULL, NULL, NULL, &Io, &Value, 4, &Beyond, NULL), STATUS_SUCCESS);
    IS(ZwReadFile(First, NULL, NULL, NULL, &Io, &Value, 4, &Offset, NULL), STATUS_SUCCESS);
    IS(ZwUnlockFile(First, &Io, &Offset, &Length, 0), STATUS_SUCCESS);
    IS(ZwUnlockFile(First, &Io, &Offset, &Length, 0), STATUS_RANGE_NOT_LOCKED);
    IS(ZwReadFile(Second, NULL, NULL, NULL, &Io, &Value, 4, &Offset, NULL), STATUS_SUCCESS);
    IS(ZwLockFile(First, NULL, NULL, NULL, &Io, &Offset, &Length, 0, TRUE, TRUE), STATUS_SUCCESS);
    ZwClose(First); // its locks go with it
    IS(ZwReadFile(Second, NULL, NULL, NULL, &Io, &Value, 4, &Offset, NULL), STATUS_SUCCESS);
    ZwClose(Second);
    Remove(L"\\??\\C:\\lock");
}

static NTSTATUS Rename(HANDLE File, HANDLE Root, PCWSTR Name, BOOLEAN Replace, FILE_INFORMATION_CLASS Class)
{
    struct {
        FILE_RENAME_INFORMATION Information;
        WCHAR More[64];
    } New = {.Information = {.ReplaceIfExists = Replace, .RootDirectory = Root}};
    New.Information.FileNameLength = (ULONG)wcslen(Name) * sizeof(WCHAR);
    RtlCopyMemory(New.Information.FileName, Name, New.Information.FileNameLength);
    return ZwSetInformationFile(File, &Io, &New, sizeof(New), Class);
}

static void TestRename(void)
{
    Make(L"\\??\\C:\\one", "1");
    Make(L"\\??\\C:\\two", "22");
    HANDLE Folder = NULL;
    // Opened for deletion, it would let nobody rename something into it.
    IS(TryOpen(&Folder, NULL, L"\\??\\C:\\folder", FILE_LIST_DIRECTORY, SHARE_ALL, FILE_CREATE,
               FILE_DIRECTORY_FILE),
       STATUS_SUCCESS);
    HANDLE File = Open(L"\\??\\C:\\one", FILE_OPEN, 0);
    IS(Rename(File, NULL, L"two", FALSE, FileRenameInformation), STATUS_OBJECT_NAME_COLLISION);
    IS(Rename(File, NULL, L"TWO", FALSE, FileRenameInformation), STATUS_OBJECT_NAME_COLLISION);
    IS(Rename(File, NULL, L"a:b", FALSE, FileRenameInformation), STATUS_OBJECT_NAME_INVALID);
    IS(Rename(File, NULL, L"..", FALSE, FileRenameInformation), STATUS_OBJECT_NAME_INVALID);
    HANDLE Other = Open(L"\\??\\C:\\two", FILE_OPEN, 0);
    IS(Rename(File, NULL, L"two", TRUE, FileRenameInformation), STATUS_ACCESS_DENIED);
    ZwClose(Other);
    IS(Rename(File, NULL, L"Two", TRUE, FileRenameInformation), STATUS_SUCCESS);
    IS(Status(L"\\??\\C:\\one", FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    FILE_STANDARD_INFORMATION Standard;
    IS(ZwQueryInformationFile(File, &Io, &Standard, sizeof(Standard), FileStandardInformation),
       STATUS_SUCCESS);
    IS(Standard.EndOfFile.QuadPart, 1);
    IS(Rename(File, NULL, L"\\??\\C:\\folder\\three", FALSE, FileRenameInformation), STATUS_SUCCESS);
    struct {
        FILE_NAME_INFORMATION Information;
        WCHAR More[32];
    } Name = {0};
    IS(ZwQueryInformationFile(File, &Io, &Name, sizeof(Name), FileNameInformation), STATUS_SUCCESS);
    IS(Name.Information.FileNameLength, 26);
    OK(RtlCompareMemory(Name.Information.FileName, L"\\folder\\three", 26) == 26);
    IS(ZwQueryInformationFile(File, &Io, &Name, 12, FileNameInformation), STATUS_BUFFER_OVERFLOW);
    IS(Name.Information.FileNameLength, 26);
    IS(Rename(File, Folder, L"four", FALSE, FileRenameInformation), STATUS_SUCCESS);
    IS(Rename(File, NULL, L"\\??\\C:\\link", FALSE, FileLinkInformation), STATUS_SUCCESS);
    IS(ZwQueryInformationFile(File, &Io, &Standard, sizeof(Standard), FileStandardInformation),
       STATUS_SUCCESS);
    IS(Standard.NumberOfLinks, 2);
    ZwClose(Folder);
    Folder = Open(L"\\??\\C:\\folder", FILE_OPEN, FILE_DIRECTORY_FILE);
    IS(Rename(Folder, NULL, L"elsewhere", FALSE, FileRenameInformation),
       STATUS_ACCESS_DENIED); // File is in it
    ZwClose(File);
    IS(Rename(Folder, NULL, L"elsewhere", FALSE, FileRenameInformation), STATUS_SUCCESS);
    ZwClose(Folder);
    Remove(L"\\??\\C:\\elsewhere\\four");
    Remove(L"\\??\\C:\\link");
    Remove(L"\\??\\C:\\elsewhere");
}

static void TestList(void)
{
    UCHAR Buffer[512];
    PFILE_BOTH_DIR_INFORMATION Entry = (PVOID)Buffer;
    UNICODE_STRING Expression = RTL_CONSTANT_STRING(L"*.TXT");
    HANDLE Folder = Open(L"\\??\\C:\\list", FILE_CREATE, FILE_DIRECTORY_FILE);
    IS(ZwQueryDirectoryFile(Folder, NULL, NULL, NULL, &Io, Buffer, sizeof(Buffer),
                            FileBothDirectoryInformation, FALSE, &Expression, FALSE),
       STATUS_NO_SUCH_FILE);
    ZwClose(Folder);
    Make(L"\\??\\C:\\list\\b.txt", "22");
    Make(L"\\??\\C:\\list\\a.txt", "1");
    Make(L"\\??\\C:\\list\\c.dat", "333");
    Folder = Open(L"\\??\\C:\\list", FILE_OPEN, FILE_DIRECTORY_FILE);
    IS(ZwQueryDirectoryFile(Folder, NULL, NULL, NULL, &Io, Buffer, sizeof(Buffer),
                            FileBothDirectoryInformation, FALSE, &Expression, FALSE),
       STATUS_SUCCESS);
    IS(Entry->FileNameLength, 10);
    OK(RtlCompareMemory(Entry->FileName, L"a.txt", 10) == 10);
    IS(Entry->EndOfFile.QuadPart, 1);
    IS(Entry->FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    OK(Entry->NextEntryOffset != 0 && Entry->NextEntryOffset % 8 == 0);
    Entry = (PVOID)(Buffer + Entry->NextEntryOffset);
    OK(RtlCompareMemory(Entry->FileName, L"b.txt", 10) == 10);
    IS(Entry->NextEntryOffset, 0);
    IS(ZwQueryDirectoryFile(Folder, NULL, NULL, NULL, &Io, Buffer, sizeof(Buffer),
                            FileBothDirectoryInformation, FALSE, NULL, FALSE),
       STATUS_NO_MORE_FILES);
    ZwClose(Folder);

    // One at a time, with the folder's own two in front.
    static const PCWSTR Names[] = {L".", L"..", L"a.txt", L"b.txt", L"c.dat"};
    PFILE_NAMES_INFORMATION Name = (PVOID)Buffer;
    Folder = Open(L"\\??\\C:\\list", FILE_OPEN, FILE_DIRECTORY_FILE);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index += 1) {
        IS(ZwQueryDirectoryFile(Folder, NULL, NULL, NULL, &Io, Buffer, sizeof(Buffer), FileNamesInformation,
                                TRUE, NULL, FALSE),
           STATUS_SUCCESS);
        IS(Name->FileNameLength, wcslen(Names[Index]) * sizeof(WCHAR));
        OK(RtlCompareMemory(Name->FileName, Names[Index], Name->FileNameLength) == Name->FileNameLength);
    }
    IS(ZwQueryDirectoryFile(Folder, NULL, NULL, NULL, &Io, Buffer, sizeof(Buffer), FileNamesInformation, TRUE,
                            NULL, FALSE),
       STATUS_NO_MORE_FILES);
    IS(ZwQueryDirectoryFile(Folder, NULL, NULL, NULL, &Io, Buffer, sizeof(Buffer), FileNamesInformation, TRUE,
                            NULL, TRUE),
       STATUS_SUCCESS);
    IS(Name->FileName[0], L'.');
    IS(Name->FileNameLength, 2);
    ZwClose(Folder);
    Remove(L"\\??\\C:\\list\\a.txt");
    Remove(L"\\??\\C:\\list\\b.txt");
    Remove(L"\\??\\C:\\list\\c.dat");
}

static void TestNotify(void)
{
    HANDLE Event;
    LARGE_INTEGER Now = {0};
    IO_STATUS_BLOCK Watched = {0};
    UCHAR Buffer[256];
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    PFILE_NOTIFY_INFORMATION Change = (PVOID)Buffer;
    RtlInitUnicodeString(&Name, L"\\??\\C:\\list");
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    HANDLE Folder;
    IS(ZwOpenFile(&Folder, FILE_LIST_DIRECTORY, &Attributes, &Io, SHARE_ALL, FILE_DIRECTORY_FILE),
       STATUS_SUCCESS);
    IS(ZwNotifyChangeDirectoryFile(Folder, Event, NULL, NULL, &Watched, Buffer, sizeof(Buffer), 0, FALSE),
       STATUS_INVALID_PARAMETER);
    IS(ZwNotifyChangeDirectoryFile(Folder, Event, NULL, NULL, &Watched, Buffer, sizeof(Buffer),
                                   FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
       STATUS_PENDING);
    IS(ZwWaitForSingleObject(Event, FALSE, &Now), STATUS_TIMEOUT);
    Make(L"\\??\\C:\\list\\new", "x");
    IS(ZwWaitForSingleObject(Event, FALSE, &Now), STATUS_SUCCESS);
    IS(Watched.Status, STATUS_SUCCESS);
    IS(Change->Action, FILE_ACTION_ADDED);
    IS(Change->FileNameLength, 6);
    OK(RtlCompareMemory(Change->FileName, L"new", 6) == 6);
    IS(ZwNotifyChangeDirectoryFile(Folder, Event, NULL, NULL, &Watched, Buffer, sizeof(Buffer),
                                   FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
       STATUS_PENDING);
    IS(ZwCancelIoFile(Folder, &Io), STATUS_SUCCESS);
    IS(Watched.Status, STATUS_CANCELLED);
    ZwClose(Folder);
    ZwClose(Event);
    Remove(L"\\??\\C:\\list\\new");
    Remove(L"\\??\\C:\\list");
}

static void TestVolume(void)
{
    struct {
        FILE_FS_ATTRIBUTE_INFORMATION Information;
        WCHAR More[32];
    } Attributes;
    FILE_FS_SIZE_INFORMATION Size;
    FILE_FS_DEVICE_INFORMATION Device;
    HANDLE Root = Open(L"\\??\\C:\\", FILE_OPEN, FILE_DIRECTORY_FILE);
    IS(ZwQueryVolumeInformationFile(Root, &Io, &Size, sizeof(Size), FileFsSizeInformation), STATUS_SUCCESS);
    IS(Size.BytesPerSector, 512);
    OK(Size.TotalAllocationUnits.QuadPart >= Size.AvailableAllocationUnits.QuadPart);
    IS(ZwQueryVolumeInformationFile(Root, &Io, &Device, sizeof(Device), FileFsDeviceInformation),
       STATUS_SUCCESS);
    IS(Device.DeviceType, FILE_DEVICE_DISK);
    OK(Device.Characteristics & FILE_DEVICE_IS_MOUNTED);
    IS(ZwQueryVolumeInformationFile(Root, &Io, &Attributes, sizeof(Attributes), FileFsAttributeInformation),
       STATUS_SUCCESS);
    IS(Attributes.Information.MaximumComponentNameLength, 255);
    ZwClose(Root);
    static const struct {
        PCWSTR Name;
        BOOLEAN InPath;
        NTSTATUS Status;
    } Drivers[] = {{L"\\FileSystem\\Kmfs", TRUE, STATUS_SUCCESS},
                   {L"\\filesystem\\KMFS", TRUE, STATUS_SUCCESS},
                   {L"\\Driver\\PnpManager", FALSE, STATUS_SUCCESS},
                   {L"\\Driver\\NoSuchDriver", FALSE, STATUS_OBJECT_NAME_NOT_FOUND},
                   {L"", FALSE, STATUS_INVALID_PARAMETER}};
    HANDLE Volume = Open(L"\\Device\\HarddiskVolume1", FILE_OPEN, 0);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Drivers); Index += 1) {
        struct {
            FILE_FS_DRIVER_PATH_INFORMATION Information;
            WCHAR More[32];
        } Path = {0};
        Path.Information.DriverInPath = !Drivers[Index].InPath;
        Path.Information.DriverNameLength = (ULONG)wcslen(Drivers[Index].Name) * sizeof(WCHAR);
        RtlCopyMemory(Path.Information.DriverName, Drivers[Index].Name, Path.Information.DriverNameLength);
        IS(ZwQueryVolumeInformationFile(Volume, &Io, &Path, sizeof(Path), FileFsDriverPathInformation),
           Drivers[Index].Status);
        if (NT_SUCCESS(Drivers[Index].Status)) {
            IS(Path.Information.DriverInPath, Drivers[Index].InPath);
        }
    }
    IS(ZwQueryVolumeInformationFile(Volume, &Io, &Size, sizeof(Size), FileFsSizeInformation), STATUS_SUCCESS);
    ZwClose(Volume);
}

static void TestTimes(void)
{
    FILE_BASIC_INFORMATION Basic, Set = {.LastWriteTime.QuadPart = 132000000000000000LL};
    Make(L"\\??\\C:\\times", "x");
    HANDLE File = Open(L"\\??\\C:\\times", FILE_OPEN, 0);
    LARGE_INTEGER Now, Offset = {0};
    KeQuerySystemTime(&Now);
    IS(ZwQueryInformationFile(File, &Io, &Basic, sizeof(Basic), FileBasicInformation), STATUS_SUCCESS);
    OK(Basic.LastWriteTime.QuadPart <= Now.QuadPart &&
       Now.QuadPart - Basic.LastWriteTime.QuadPart < 10000000);
    IS(ZwSetInformationFile(File, &Io, &Set, sizeof(Set), FileBasicInformation), STATUS_SUCCESS);
    // The caller's time stays, though the handle writes.
    IS(ZwWriteFile(File, NULL, NULL, NULL, &Io, "y", 1, &Offset, NULL), STATUS_SUCCESS);
    ZwClose(File);
    File = Open(L"\\??\\C:\\times", FILE_OPEN, 0);
    IS(ZwQueryInformationFile(File, &Io, &Basic, sizeof(Basic), FileBasicInformation), STATUS_SUCCESS);
    IS(Basic.LastWriteTime.QuadPart, 132000000000000000LL);
    ZwClose(File);
    Remove(L"\\??\\C:\\times");
}

TEST_DRIVER(TestTransfer, TestPosition, TestSize, TestLocks, TestRename, TestList, TestNotify, TestVolume,
            TestTimes)
