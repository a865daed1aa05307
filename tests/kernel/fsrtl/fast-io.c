// SPDX-License-Identifier: MIT
// Reads and writes of cached files without an IRP, on a file system of the test's own with one file in
// memory.
#include "../io/device.h"

#define DISK_BYTES (8 * PAGE_SIZE)
#define FILE_BYTES (3 * PAGE_SIZE - 100)

static UCHAR Disk[DISK_BYTES];
static FSRTL_COMMON_FCB_HEADER Header;
static ERESOURCE Resource, PagingIoResource;
static PDEVICE_OBJECT Device;
static PFILE_OBJECT File;
static HANDLE FileHandle;
static SECTION_OBJECT_POINTERS Pointers;
static FAST_IO_DISPATCH Fast;
static NTSTATUS FailWith;
static BOOLEAN Directory, Possible;
static ULONG Checks, Queries, Acquires;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI Transfer(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG64 Offset = (ULONG64)Stack->Parameters.Read.ByteOffset.QuadPart;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (!NT_SUCCESS(FailWith)) {
        return Complete(Irp, FailWith, 0);
    }
    PVOID Memory = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    ULONG Length = (ULONG)min(Stack->Parameters.Read.Length, sizeof(Disk) - Offset);
    if (Stack->MajorFunction == IRP_MJ_READ) {
        RtlCopyMemory(Memory, Disk + Offset, Length);
    } else {
        RtlCopyMemory(Disk + Offset, Memory, Length);
    }
    return Complete(Irp, STATUS_SUCCESS, Length);
}

static VOID Answer(PFILE_STANDARD_INFORMATION Information)
{
    RtlZeroMemory(Information, sizeof(*Information));
    Information->EndOfFile = Header.FileSize;
    Information->Directory = Directory;
}

static NTSTATUS NTAPI Query(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UNREFERENCED_PARAMETER(DeviceObject);
    IS(Stack->Parameters.QueryFile.FileInformationClass, FileStandardInformation);
    IS(Stack->Parameters.QueryFile.Length, sizeof(FILE_STANDARD_INFORMATION));
    Queries += 1;
    if (!NT_SUCCESS(FailWith)) {
        return Complete(Irp, FailWith, 0);
    }
    Answer(Irp->AssociatedIrp.SystemBuffer);
    return Complete(Irp, STATUS_SUCCESS, sizeof(FILE_STANDARD_INFORMATION));
}

static BOOLEAN NTAPI FastQuery(PFILE_OBJECT FileObject, BOOLEAN Wait, PFILE_STANDARD_INFORMATION Information,
                               PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject)
{
    OK(FileObject == File && Wait && DeviceObject == Device);
    Answer(Information);
    IoStatus->Status = FailWith;
    return TRUE;
}

static BOOLEAN NTAPI Check(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait,
                           ULONG LockKey, BOOLEAN CheckForReadOperation, PIO_STATUS_BLOCK IoStatus,
                           PDEVICE_OBJECT DeviceObject)
{
    UNREFERENCED_PARAMETER(IoStatus);
    OK(FileObject == File && DeviceObject == Device && Wait);
    IS(FileOffset->QuadPart, 5);
    IS(Length, 4);
    IS(LockKey, 7);
    Checks += CheckForReadOperation ? 1 : 100;
    return Possible;
}

static BOOLEAN NTAPI Acquire(PVOID Context, BOOLEAN Wait)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Wait);
    return TRUE;
}

static VOID NTAPI Release(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static LARGE_INTEGER At(LONGLONG Offset)
{
    return (LARGE_INTEGER){.QuadPart = Offset};
}

static void Begin(void)
{
    CACHE_MANAGER_CALLBACKS Callbacks = {Acquire, Release, Acquire, Release};
    for (ULONG Index = 0; Index < sizeof(Disk); Index += 1) {
        Disk[Index] = (UCHAR)(Index * 7 + Index / PAGE_SIZE);
    }
    Header.AllocationSize = At(DISK_BYTES);
    Header.FileSize = Header.ValidDataLength = At(FILE_BYTES);
    Header.IsFastIoPossible = FastIoIsPossible;
    FailWith = STATUS_SUCCESS;
    File->Flags &=
        ~(ULONG)(FO_FILE_FAST_IO_READ | FO_FILE_MODIFIED | FO_FILE_SIZE_CHANGED | FO_WRITE_THROUGH);
    CC_FILE_SIZES Sizes = {Header.AllocationSize, Header.FileSize, Header.ValidDataLength};
    CcInitializeCacheMap(File, &Sizes, FALSE, &Callbacks, &Disk);
}

static void End(void)
{
    LARGE_INTEGER Nothing = {.QuadPart = 0};
    OK(CcUninitializeCacheMap(File, &Nothing, NULL));
    OK(!ExIsResourceAcquiredLite(&Resource));
    OK(!ExIsResourceAcquiredLite(&PagingIoResource));
    OK(!KeAreApcsDisabled());
    OK(IoGetTopLevelIrp() == NULL);
}

static void TestOpen(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\TestFastIo");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    Device = MakeDevice(L"TestFastIo", L"\\Device\\TestFastIo", 0);
    DispatchOf(Device, IRP_MJ_CREATE, SucceedRequest);
    DispatchOf(Device, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(Device, IRP_MJ_CLOSE, SucceedRequest);
    DispatchOf(Device, IRP_MJ_READ, Transfer);
    DispatchOf(Device, IRP_MJ_WRITE, Transfer);
    DispatchOf(Device, IRP_MJ_QUERY_INFORMATION, Query);
    Fast.SizeOfFastIoDispatch = sizeof(Fast);
    Device->DriverObject->FastIoDispatch = &Fast;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenFile(&FileHandle, FILE_GENERIC_READ, &Attributes, &IoStatus, 0, 0), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(FileHandle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL),
       STATUS_SUCCESS);
    ExInitializeResourceLite(&Resource);
    ExInitializeResourceLite(&PagingIoResource);
    Header.Resource = &Resource;
    Header.PagingIoResource = &PagingIoResource;
    File->SectionObjectPointer = &Pointers;
    File->FsContext = &Header;
}

static void TestRead(void)
{
    UCHAR Buffer[200];
    IO_STATUS_BLOCK IoStatus = {.Status = STATUS_UNSUCCESSFUL, .Information = 9};
    LARGE_INTEGER Offset = At(5), Tail = At(FILE_BYTES - 10), Behind = At(FILE_BYTES), Bad = At(-8);
    Begin();
    OK(FsRtlCopyRead(File, &Offset, 0, FALSE, 0, Buffer, &IoStatus, Device));
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, 0);
    OK(!FsRtlCopyRead(File, &Offset, 4, FALSE, 0, Buffer, &IoStatus, Device)); // not in memory
    OK(FsRtlCopyRead(File, &Offset, 4, TRUE, 0, Buffer, &IoStatus, Device));
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, 4);
    OK(RtlEqualMemory(Buffer, Disk + 5, 4));
    IS(File->CurrentByteOffset.QuadPart, 9);
    OK(File->Flags & FO_FILE_FAST_IO_READ);
    OK(FsRtlCopyRead(File, &Offset, 4, FALSE, 0, Buffer, &IoStatus, Device));
    // At the end of the file.
    OK(FsRtlCopyRead(File, &Tail, sizeof(Buffer), TRUE, 0, Buffer, &IoStatus, Device));
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, 10);
    OK(FsRtlCopyRead(File, &Behind, 1, TRUE, 0, Buffer, &IoStatus, Device));
    IS(IoStatus.Status, STATUS_END_OF_FILE);
    IS(IoStatus.Information, 0);
    OK(!FsRtlCopyRead(File, &Bad, 1, TRUE, 0, Buffer, &IoStatus, Device));
    // What goes wrong is the IRP's to say.
    FailWith = STATUS_DEVICE_DATA_ERROR;
    Tail = At(PAGE_SIZE);
    OK(!FsRtlCopyRead(File, &Tail, 4, TRUE, 0, Buffer, &IoStatus, Device));
    FailWith = STATUS_SUCCESS;
    OK(!FsRtlCopyRead(File, &Offset, 4, TRUE, 0, (PVOID)(ULONG_PTR)0x10, &IoStatus, Device));
    End();
    OK(!FsRtlCopyRead(File, &Offset, 4, TRUE, 0, Buffer, &IoStatus, Device)); // not cached
}

static VOID NTAPI TransferElsewhere(PVOID Context)
{
    UCHAR Buffer[4] = {0};
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(5);
    UNREFERENCED_PARAMETER(Context);
    OK(!FsRtlCopyRead(File, &Offset, 4, FALSE, 0, Buffer, &IoStatus, Device));
    OK(!FsRtlCopyWrite(File, &Offset, 4, FALSE, 0, Buffer, &IoStatus, Device));
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// What is in memory is not to be had without waiting while another holds the file.
static void TestBusy(void)
{
    UCHAR Buffer[4];
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(5);
    Begin();
    OK(FsRtlCopyRead(File, &Offset, 4, TRUE, 0, Buffer, &IoStatus, Device));
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    TestJoinThread(TestStartThread(TransferElsewhere, NULL));
    OK(FsRtlCopyRead(File, &Offset, 4, FALSE, 0, Buffer, &IoStatus, Device)); // its holder may
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    OK(FsRtlCopyWrite(File, &Offset, 4, FALSE, 0, Buffer, &IoStatus, Device));
    End();
}

static void TestPossible(void)
{
    UCHAR Buffer[4] = {1, 2, 3, 4};
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(5);
    Begin();
    Header.IsFastIoPossible = FastIoIsNotPossible;
    OK(!FsRtlCopyRead(File, &Offset, 4, TRUE, 7, Buffer, &IoStatus, Device));
    OK(!FsRtlCopyWrite(File, &Offset, 4, TRUE, 7, Buffer, &IoStatus, Device));
    Header.IsFastIoPossible = FastIoIsQuestionable;
    OK(!FsRtlCopyRead(File, &Offset, 4, TRUE, 7, Buffer, &IoStatus, Device)); // nobody to ask
    Fast.FastIoCheckIfPossible = Check;
    Possible = FALSE;
    Checks = 0;
    OK(!FsRtlCopyRead(File, &Offset, 4, TRUE, 7, Buffer, &IoStatus, Device));
    OK(!FsRtlCopyWrite(File, &Offset, 4, TRUE, 7, Buffer, &IoStatus, Device));
    IS(Checks, 101);
    Possible = TRUE;
    OK(FsRtlCopyRead(File, &Offset, 4, TRUE, 7, Buffer, &IoStatus, Device));
    OK(FsRtlCopyWrite(File, &Offset, 4, TRUE, 7, Buffer, &IoStatus, Device));
    IS(Checks, 202);
    Fast.FastIoCheckIfPossible = NULL;
    End();
}

static void TestWrite(void)
{
    UCHAR Buffer[200];
    IO_STATUS_BLOCK IoStatus = {.Status = STATUS_UNSUCCESSFUL};
    LARGE_INTEGER Offset = At(5), Append = {.LowPart = FILE_WRITE_TO_END_OF_FILE, .HighPart = -1};
    LARGE_INTEGER Far = At(5 * PAGE_SIZE + 7), Beyond = At(DISK_BYTES - 3);
    Begin();
    RtlFillMemory(Buffer, sizeof(Buffer), 0xee);
    OK(FsRtlCopyWrite(File, &Offset, 0, TRUE, 0, Buffer, &IoStatus, Device));
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, 0);
    OK(!FsRtlCopyWrite(File, &Offset, 4, FALSE, 0, Buffer, &IoStatus, Device)); // not in memory
    OK(FsRtlCopyWrite(File, &Offset, 4, TRUE, 0, Buffer, &IoStatus, Device));
    IS(IoStatus.Information, 4);
    IS(File->CurrentByteOffset.QuadPart, 9);
    OK(File->Flags & FO_FILE_MODIFIED);
    OK(!(File->Flags & FO_FILE_SIZE_CHANGED));
    // The file grows, at its end and then with a hole.
    OK(FsRtlCopyWrite(File, &Append, 10, TRUE, 0, Buffer, &IoStatus, Device));
    IS(Header.FileSize.QuadPart, FILE_BYTES + 10);
    IS(Header.ValidDataLength.QuadPart, FILE_BYTES + 10);
    IS(CcGetFileSizePointer(File)->QuadPart, FILE_BYTES + 10);
    OK(File->Flags & FO_FILE_SIZE_CHANGED);
    OK(FsRtlCopyWrite(File, &Far, 1, TRUE, 0, Buffer, &IoStatus, Device));
    IS(Header.FileSize.QuadPart, 5 * PAGE_SIZE + 8);
    IS(Header.ValidDataLength.QuadPart, 5 * PAGE_SIZE + 8);
    CcFlushCache(&Pointers, NULL, 0, &IoStatus);
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(Disk[4], 28);
    IS(Disk[5], 0xee);
    IS(Disk[8], 0xee);
    IS(Disk[9], 63);
    IS(Disk[FILE_BYTES + 9], 0xee);
    IS(Disk[FILE_BYTES + 10], 0);
    IS(Disk[4 * PAGE_SIZE], 0);
    IS(Disk[5 * PAGE_SIZE + 7], 0xee);
    // More room than is allocated is the file system's to find; what failed has not grown the file.
    OK(!FsRtlCopyWrite(File, &Beyond, 4, TRUE, 0, Buffer, &IoStatus, Device));
    Far = At(6 * PAGE_SIZE);
    OK(!FsRtlCopyWrite(File, &Far, 4, TRUE, 0, (PVOID)(ULONG_PTR)0x10, &IoStatus, Device));
    IS(Header.FileSize.QuadPart, 5 * PAGE_SIZE + 8);
    IS(CcGetFileSizePointer(File)->QuadPart, 5 * PAGE_SIZE + 8);
    File->Flags |= FO_WRITE_THROUGH;
    OK(!FsRtlCopyWrite(File, &Offset, 4, TRUE, 0, Buffer, &IoStatus, Device));
    End();
}

static void TestMdl(void)
{
    PMDL Mdl = NULL;
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(PAGE_SIZE - 4), Behind = At(FILE_BYTES);
    Begin();
    // By the device's own routines, when it has them.
    OK(!FsRtlMdlRead(File, &Offset, 8, 0, &Mdl, &IoStatus));
    OK(!FsRtlPrepareMdlWrite(File, &Offset, 8, 0, &Mdl, &IoStatus));
    Fast.MdlRead = FsRtlMdlReadDev;
    Fast.PrepareMdlWrite = FsRtlPrepareMdlWriteDev;
    OK(FsRtlMdlRead(File, &Offset, 8, 0, &Mdl, &IoStatus));
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, 8);
    OK(!FsRtlMdlReadComplete(File, Mdl));
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    OK(RtlEqualMemory(Mapped, Disk + PAGE_SIZE - 4, 8));
    Fast.MdlReadComplete = FsRtlMdlReadCompleteDev;
    OK(FsRtlMdlReadComplete(File, Mdl));
    Mdl = NULL;
    OK(FsRtlMdlReadDev(File, &Behind, 8, 0, &Mdl, &IoStatus, NULL));
    IS(IoStatus.Status, STATUS_END_OF_FILE);
    OK(Mdl == NULL);
    OK(FsRtlMdlReadDev(File, &Offset, 8, 0, &Mdl, &IoStatus, NULL));
    OK(FsRtlMdlReadCompleteDev(File, Mdl, NULL));

    Mdl = NULL;
    OK(FsRtlPrepareMdlWrite(File, &Offset, 8, 0, &Mdl, &IoStatus));
    IS(IoStatus.Information, 8);
    RtlFillMemory(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), 8, 0x55);
    OK(!FsRtlMdlWriteComplete(File, &Offset, Mdl));
    Fast.MdlWriteComplete = FsRtlMdlWriteCompleteDev;
    File->Flags |= FO_WRITE_THROUGH;
    OK(!FsRtlMdlWriteComplete(File, &Offset, Mdl)); // the IRP's to do
    File->Flags &= ~(ULONG)FO_WRITE_THROUGH;
    OK(FsRtlMdlWriteComplete(File, &Offset, Mdl));
    CcFlushCache(&Pointers, NULL, 0, &IoStatus);
    IS(Disk[PAGE_SIZE - 4], 0x55);
    IS(Disk[PAGE_SIZE + 3], 0x55);
    OK(Disk[PAGE_SIZE - 5] != 0x55);
    Mdl = NULL;
    OK(FsRtlPrepareMdlWriteDev(File, &Behind, 4, 0, &Mdl, &IoStatus, Device));
    IS(Header.FileSize.QuadPart, FILE_BYTES + 4);
    OK(FsRtlMdlWriteCompleteDev(File, &Behind, Mdl, Device));
    File->Flags |= FO_WRITE_THROUGH;
    OK(!FsRtlPrepareMdlWriteDev(File, &Offset, 4, 0, &Mdl, &IoStatus, Device));
    End();
}

static void TestFileSize(void)
{
    LARGE_INTEGER Size = At(1);
    Header.FileSize = At(12345);
    FailWith = STATUS_SUCCESS;
    Queries = 0;
    IS(FsRtlGetFileSize(File, &Size), STATUS_SUCCESS);
    IS(Size.QuadPart, 12345);
    IS(Queries, 1);
    FailWith = STATUS_DEVICE_NOT_READY;
    IS(FsRtlGetFileSize(File, &Size), STATUS_DEVICE_NOT_READY);
    FailWith = STATUS_SUCCESS;
    Directory = TRUE;
    IS(FsRtlGetFileSize(File, &Size), STATUS_FILE_IS_A_DIRECTORY);
    IS(Queries, 3);
    Fast.FastIoQueryStandardInfo = FastQuery;
    IS(FsRtlGetFileSize(File, &Size), STATUS_FILE_IS_A_DIRECTORY);
    Directory = FALSE;
    Header.FileSize = At(99);
    IS(FsRtlGetFileSize(File, &Size), STATUS_SUCCESS);
    IS(Size.QuadPart, 99);
    FailWith = STATUS_DEVICE_NOT_READY;
    IS(FsRtlGetFileSize(File, &Size), STATUS_DEVICE_NOT_READY);
    FailWith = STATUS_SUCCESS;
    IS(Queries, 3);
}

static VOID NTAPI AcquireForSection(PFILE_OBJECT FileObject)
{
    OK(FileObject == File && KeAreApcsDisabled());
    Acquires += 1;
}

static VOID NTAPI ReleaseForSection(PFILE_OBJECT FileObject)
{
    OK(FileObject == File);
    Acquires += 100;
}

static void TestAcquire(void)
{
    FsRtlAcquireFileExclusive(File);
    OK(ExIsResourceAcquiredExclusiveLite(&Resource));
    OK(KeAreApcsDisabled());
    FsRtlReleaseFile(File);
    OK(!ExIsResourceAcquiredLite(&Resource));
    OK(!KeAreApcsDisabled());
    Fast.AcquireFileForNtCreateSection = AcquireForSection;
    Fast.ReleaseFileForNtCreateSection = ReleaseForSection;
    FsRtlAcquireFileExclusive(File);
    IS(Acquires, 1);
    OK(!ExIsResourceAcquiredLite(&Resource));
    FsRtlReleaseFile(File);
    IS(Acquires, 101);
    OK(!KeAreApcsDisabled());
}

static void TestClose(void)
{
    File->SectionObjectPointer = NULL;
    File->FsContext = NULL;
    Device->DriverObject->FastIoDispatch = NULL;
    ObDereferenceObject(File);
    ZwClose(FileHandle);
    ExDeleteResourceLite(&Resource);
    ExDeleteResourceLite(&PagingIoResource);
    DeleteDevice(Device);
}

TEST_DRIVER(TestOpen, TestRead, TestBusy, TestPossible, TestWrite, TestMdl, TestFileSize, TestAcquire,
            TestClose)
