// SPDX-License-Identifier: MIT
// Files and directories, on the volume C: that tests/sdk/file.t gives: a folder with a.txt ("alpha"), b.txt
// and sub\.
#include "test.h"
#include <kmode.h>
#include "failing-allocator.h"

static FAILING_ALLOCATOR Test = FAILING_ALLOCATOR_INIT;

static PDRIVER_OBJECT Driver;

static BOOLEAN IsName(PCUNICODE_STRING Name, PCWSTR Text)
{
    UNICODE_STRING Other;

    RtlInitUnicodeString(&Other, Text);
    return RtlEqualUnicodeString(Name, &Other, TRUE);
}

static void TestTransfer(void)
{
    HANDLE File, Second;
    CHAR Buffer[32] = {0};
    ULONGLONG Size;
    ULONG Done;

    IS(KmFileOpen(L"C:\\none.txt", GENERIC_READ, FILE_OPEN, &File), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(File == NULL);
    IS(KmFileOpen(L"C:\\none\\none.txt", GENERIC_READ, FILE_OPEN, &File), STATUS_OBJECT_PATH_NOT_FOUND);
    IS(KmFileOpen(L"C:\\sub", GENERIC_READ, FILE_OPEN, &File), STATUS_FILE_IS_A_DIRECTORY);
    IS(KmFileOpen(L"C:\\a.txt", GENERIC_READ, FILE_OPEN, &File), STATUS_SUCCESS);
    IS(KmFileRead(File, 1, Buffer, 3, &Done), STATUS_SUCCESS);
    OK(Done == 3 && RtlCompareMemory(Buffer, "lph", 3) == 3);
    IS(KmFileRead(File, KM_FILE_POSITION, Buffer, sizeof(Buffer), &Done), STATUS_SUCCESS);
    OK(Done == 1 && Buffer[0] == 'a');
    IS(KmFileRead(File, KM_FILE_POSITION, Buffer, sizeof(Buffer), &Done), STATUS_END_OF_FILE);
    IS(Done, 0);
    IS(KmFileSize(File, &Size), STATUS_SUCCESS);
    IS(Size, 5);
    // Others may read it, and not write.
    IS(KmFileOpen(L"\\??\\C:\\A.TXT", GENERIC_READ, FILE_OPEN, &Second), STATUS_SUCCESS);
    ZwClose(Second);
    IS(KmFileOpen(L"C:\\a.txt", GENERIC_WRITE, FILE_OPEN, &Second), STATUS_SHARING_VIOLATION);
    ZwClose(File);

    IS(KmFileOpen(L"C:\\new.txt", GENERIC_READ | GENERIC_WRITE, FILE_CREATE, &File), STATUS_SUCCESS);
    IS(KmFileWrite(File, 0, "0123456789", 10), STATUS_SUCCESS);
    IS(KmFileWrite(File, KM_FILE_POSITION, "ab", 2), STATUS_SUCCESS);
    IS(KmFileWrite(File, 2, "XY", 2), STATUS_SUCCESS);
    IS(KmFileAppend(File, "!", 1), STATUS_SUCCESS);
    IS(KmFileRead(File, 0, Buffer, sizeof(Buffer), &Done), STATUS_SUCCESS);
    OK(Done == 13 && RtlCompareMemory(Buffer, "01XY456789ab!", 13) == 13);
    IS(KmFileSetSize(File, 3), STATUS_SUCCESS);
    IS(KmFileSize(File, &Size), STATUS_SUCCESS);
    IS(Size, 3);
    IS(KmFileSetSize(File, 5), STATUS_SUCCESS);
    IS(KmFileRead(File, 0, Buffer, sizeof(Buffer), &Done), STATUS_SUCCESS);
    OK(Done == 5 && Buffer[2] == 'X' && Buffer[3] == 0 && Buffer[4] == 0);
    ZwClose(File);
    IS(KmFileOpen(L"C:\\new.txt", GENERIC_READ, FILE_CREATE, &File), STATUS_OBJECT_NAME_COLLISION);
}

static void TestRelative(void)
{
    UNICODE_STRING Folder = RTL_CONSTANT_STRING(L"C:\\sub"), Name = RTL_CONSTANT_STRING(L"inner.txt");
    HANDLE Directory, File;
    ULONG_PTR Information;

    IS(KmFileOpenEx(NULL, &Folder, FILE_LIST_DIRECTORY | FILE_TRAVERSE, 0, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    FILE_OPEN, FILE_DIRECTORY_FILE, &Directory, &Information),
       STATUS_SUCCESS);
    IS(Information, FILE_OPENED);
    IS(KmFileOpenEx(Directory, &Name, GENERIC_WRITE, 0, 0, FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE, &File,
                    &Information),
       STATUS_SUCCESS);
    IS(Information, FILE_CREATED);
    ZwClose(File);
    ZwClose(Directory);
    OK(KmFileExists(L"C:\\sub\\inner.txt"));
    IS(KmFileDelete(L"C:\\sub"), STATUS_DIRECTORY_NOT_EMPTY);
    IS(KmFileDelete(L"C:\\sub\\inner.txt"), STATUS_SUCCESS);
}

static void TestWhole(void)
{
    static UCHAR Large[200000];
    PVOID Data;
    ULONG Bytes;

    for (ULONG Index = 0; Index < sizeof(Large); Index++) {
        Large[Index] = (UCHAR)(Index * 13);
    }
    IS(KmFileWriteAll(L"C:\\large.bin", Large, sizeof(Large)), STATUS_SUCCESS);
    EACH_FAILURE(&Test)
    {
        IS(KmFileReadAll(L"C:\\large.bin", &Test.Allocator, MAXULONG, &Data, &Bytes),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
        OK(Test.Failed ? Data == NULL
                       : Bytes == sizeof(Large) && RtlCompareMemory(Data, Large, Bytes) == sizeof(Large));
        KmFileFreeData(&Test.Allocator, Data, Bytes);
    }
    IS(KmFileReadAll(L"C:\\large.bin", &Test.Allocator, sizeof(Large) - 1, &Data, &Bytes),
       STATUS_FILE_TOO_LARGE);
    OK(Data == NULL && Bytes == 0);
    EACH_FAILURE(&Test)
    {
        IS(KmFileCopy(L"C:\\large.bin", L"C:\\copy.bin", TRUE, &Test.Allocator),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
    }
    IS(KmFileReadAll(L"C:\\copy.bin", &Test.Allocator, MAXULONG, &Data, &Bytes), STATUS_SUCCESS);
    OK(Bytes == sizeof(Large) && RtlCompareMemory(Data, Large, Bytes) == sizeof(Large));
    KmFileFreeData(&Test.Allocator, Data, Bytes);
    IS(KmFileCopy(L"C:\\large.bin", L"C:\\copy.bin", FALSE, &Test.Allocator), STATUS_OBJECT_NAME_COLLISION);
    IS(KmFileCopy(L"C:\\none.bin", L"C:\\other.bin", FALSE, &Test.Allocator), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(!KmFileExists(L"C:\\other.bin"));
    // Shorter than what was there, and nothing.
    IS(KmFileWriteAll(L"C:\\copy.bin", "ab", 2), STATUS_SUCCESS);
    IS(KmFileReadAll(L"C:\\copy.bin", &Test.Allocator, 2, &Data, &Bytes), STATUS_SUCCESS);
    IS(Bytes, 2);
    KmFileFreeData(&Test.Allocator, Data, Bytes);
    IS(KmFileWriteAll(L"C:\\copy.bin", NULL, 0), STATUS_SUCCESS);
    IS(KmFileReadAll(L"C:\\copy.bin", &Test.Allocator, 0, &Data, &Bytes), STATUS_SUCCESS);
    OK(Bytes == 0 && Data != NULL);
    KmFileFreeData(&Test.Allocator, Data, Bytes);
    IS(KmFileDelete(L"C:\\large.bin"), STATUS_SUCCESS);
    IS(KmFileDelete(L"C:\\large.bin"), STATUS_OBJECT_NAME_NOT_FOUND);
}

// A file that may not be written, and more than the disk has room for.
static void TestRefused(void)
{
    KM_FILE_INFORMATION Information;
    HANDLE File;

    IS(KmFileOpen(L"C:\\full.bin", GENERIC_WRITE, FILE_CREATE, &File), STATUS_SUCCESS);
    IS(KmFileSetSize(File, MAXLONGLONG), STATUS_DISK_FULL);
    ZwClose(File);
    IS(KmFileQuery(L"C:\\full.bin", &Information), STATUS_SUCCESS);
    IS(Information.Bytes, 0);
    Information.Attributes = FILE_ATTRIBUTE_READONLY;
    IS(KmFileSet(L"C:\\full.bin", &Information), STATUS_SUCCESS);
    IS(KmFileOpen(L"C:\\full.bin", GENERIC_WRITE, FILE_OPEN, &File), STATUS_ACCESS_DENIED);
    OK(File == NULL);
    Information.Attributes = FILE_ATTRIBUTE_NORMAL;
    IS(KmFileSet(L"C:\\full.bin", &Information), STATUS_SUCCESS);
    IS(KmFileDelete(L"C:\\full.bin"), STATUS_SUCCESS);
}

static void TestRename(void)
{
    EACH_FAILURE(&Test)
    {
        IS(KmFileRename(L"C:\\copy.bin", L"C:\\sub\\moved.bin", FALSE, &Test.Allocator),
           Test.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
    }
    OK(!KmFileExists(L"C:\\copy.bin") && KmFileExists(L"C:\\sub\\moved.bin"));
    IS(KmFileRename(L"C:\\sub\\moved.bin", L"C:\\new.txt", FALSE, &Test.Allocator),
       STATUS_OBJECT_NAME_COLLISION);
    IS(KmFileRename(L"C:\\sub\\moved.bin", L"C:\\new.txt", TRUE, &Test.Allocator), STATUS_SUCCESS);
    IS(KmFileRename(L"C:\\sub\\moved.bin", L"C:\\x", TRUE, &Test.Allocator), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(KmDirectoryCreate(L"C:\\folder"), STATUS_SUCCESS);
    IS(KmDirectoryCreate(L"C:\\folder"), STATUS_OBJECT_NAME_COLLISION);
    IS(KmFileRename(L"C:\\folder", L"\\??\\C:\\renamed", FALSE, &Test.Allocator), STATUS_SUCCESS);
    OK(KmFileExists(L"C:\\renamed"));
    IS(KmFileDelete(L"C:\\renamed"), STATUS_SUCCESS);
    OK(!KmFileExists(L"C:\\renamed"));
    IS(Test.Outstanding, 0);
}

static DRIVER_DISPATCH Succeed;
static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = FILE_EXISTS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

// To another volume, which this driver makes for it.
static void TestOtherVolume(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OtherVolume");
    PDEVICE_OBJECT Device;

    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLEANUP] =
        Driver->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    IS(IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Device), STATUS_SUCCESS);
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    IS(KmFileRename(L"C:\\a.txt", L"\\Device\\OtherVolume\\a.txt", FALSE, &Test.Allocator),
       STATUS_NOT_SAME_DEVICE);
    OK(KmFileExists(L"C:\\a.txt"));
    IoDeleteDevice(Device);
    IS(Test.Outstanding, 0);
}

static void TestInformation(void)
{
    KM_FILE_INFORMATION Information, Again;

    IS(KmFileQuery(L"C:\\a.txt", &Information), STATUS_SUCCESS);
    OK(Information.Bytes == 5 && Information.AllocatedBytes >= 5 && Information.LastWriteTime != 0);
    OK((Information.Attributes & FILE_ATTRIBUTE_DIRECTORY) == 0);
    IS(KmFileQuery(L"C:\\sub", &Again), STATUS_SUCCESS);
    OK((Again.Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0);
    IS(KmFileQuery(L"C:\\none", &Again), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Again.Attributes, 0);
    RtlZeroMemory(&Again, sizeof(Again));
    Again.LastWriteTime = 0x01D0000000000000;
    IS(KmFileSet(L"C:\\a.txt", &Again), STATUS_SUCCESS);
    IS(KmFileQuery(L"C:\\a.txt", &Again), STATUS_SUCCESS);
    IS(Again.LastWriteTime, 0x01D0000000000000);
    IS(Again.Attributes, Information.Attributes);
    Again.Attributes = FILE_ATTRIBUTE_READONLY;
    IS(KmFileSet(L"C:\\a.txt", &Again), STATUS_SUCCESS);
    IS(KmFileDelete(L"C:\\a.txt"), STATUS_CANNOT_DELETE);
    Again.Attributes = FILE_ATTRIBUTE_NORMAL;
    IS(KmFileSet(L"C:\\a.txt", &Again), STATUS_SUCCESS);
    IS(KmFileSet(L"C:\\none", &Again), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(!KmFileExists(L"C:\\none") && KmFileExists(L"C:\\sub"));
}

static ULONG Walk(PCWSTR Path, PCWSTR Pattern, PCWSTR Name, NTSTATUS Expected)
{
    KM_DIRECTORY Directory;
    KM_DIRECTORY_ENTRY Entry;
    ULONG Count = 0, Found = 0;
    NTSTATUS Status = KmDirectoryBegin(&Directory, Path, Pattern, &Test.Allocator);

    if (NT_SUCCESS(Status)) {
        while (NT_SUCCESS(Status = KmDirectoryNext(&Directory, &Entry))) {
            Count++;
            Found += Name != NULL && IsName(&Entry.Name, Name) && Entry.Information.LastWriteTime != 0;
        }
    }
    KmDirectoryEnd(&Directory);
    KmDirectoryEnd(&Directory);
    IS(Status, Expected);
    IS(Found, Name != NULL);
    return Count;
}

static void TestWalk(void)
{
    WCHAR Path[] = L"C:\\many\\file-of-some-length-000";

    IS(Walk(L"C:\\", NULL, L"sub", STATUS_NO_MORE_FILES), 4);
    IS(Walk(L"C:\\", L"*.txt", L"B.TXT", STATUS_NO_MORE_FILES), 3);
    IS(Walk(L"C:\\", L"?.txt", L"a.txt", STATUS_NO_MORE_FILES), 2);
    IS(Walk(L"C:\\", L"*.none", NULL, STATUS_NO_MORE_FILES), 0);
    IS(Walk(L"C:\\sub", NULL, NULL, STATUS_NO_MORE_FILES), 0);
    IS(Walk(L"C:\\none", NULL, NULL, STATUS_OBJECT_NAME_NOT_FOUND), 0);
    IS(Walk(L"C:\\a.txt", NULL, NULL, STATUS_NOT_A_DIRECTORY), 0);
    // More than one buffer has room for.
    IS(KmDirectoryCreate(L"C:\\many"), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < 100; Index++) {
        Path[29] = (WCHAR)(L'0' + Index / 10);
        Path[30] = (WCHAR)(L'0' + Index % 10);
        if (!NT_SUCCESS(KmFileWriteAll(Path, "x", 1))) {
            OK(!"a file could not be made");
        }
    }
    EACH_FAILURE(&Test)
    {
        NTSTATUS Expected = Test.FailAt == 1 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NO_MORE_FILES;

        IS(Walk(L"C:\\many", NULL, Test.FailAt == 1 ? NULL : L"file-of-some-length-042", Expected),
           Test.Failed ? 0 : 100);
    }
}

// The longest name that goes by way of the stack, and the next; both of one folder, whose name is as long as
// one may be.
static void TestLongPath(void)
{
    WCHAR Path[264] = L"C:\\";

    for (ULONG Index = 3; Index < 240; Index++) {
        Path[Index] = L'f';
    }
    IS(KmDirectoryCreate(Path), STATUS_SUCCESS);
    Path[240] = L'\\';
    for (ULONG Length = 258; Length <= 262; Length++) {
        for (ULONG Index = 241; Index < Length; Index++) {
            Path[Index] = L'n';
        }
        IS(KmFileWriteAll(Path, &Length, sizeof(Length)), STATUS_SUCCESS);
    }
    IS(Walk(L"C:\\f*", NULL, NULL, STATUS_OBJECT_NAME_INVALID), 0);
    Path[240] = 0;
    IS(Walk(Path, NULL, NULL, STATUS_NO_MORE_FILES), 5);
}

#define DriverEntry RunTests
TEST_DRIVER(TestTransfer, TestRelative, TestWhole, TestRefused, TestRename, TestOtherVolume, TestInformation,
            TestWalk, TestLongPath)
#undef DriverEntry

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Driver = DriverObject;
    return RunTests(DriverObject, RegistryPath);
}
