// SPDX-License-Identifier: MIT
// Cached files: a file system of the test's own keeps one file in memory, and counts what reaches it.
#include "../io/device.h"

#define FILE_PAGES 40
#define FILE_BYTES (FILE_PAGES * PAGE_SIZE - 100)

static UCHAR Disk[FILE_PAGES * PAGE_SIZE];
static ULONG Reads, Writes;
static NTSTATUS FailWith;
static PDEVICE_OBJECT Device;
static PFILE_OBJECT File;
static HANDLE FileHandle;
static SECTION_OBJECT_POINTERS Pointers;
static ULONG Acquired, Released;

static NTSTATUS NTAPI Transfer(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG64 Offset = (ULONG64)Stack->Parameters.Read.ByteOffset.QuadPart;
    ULONG Length = Stack->Parameters.Read.Length;
    NTSTATUS Status = FailWith;
    UNREFERENCED_PARAMETER(DeviceObject);
    OK((Irp->Flags & (IRP_PAGING_IO | IRP_NOCACHE)) == (IRP_PAGING_IO | IRP_NOCACHE));
    Irp->IoStatus.Information = 0;
    if (NT_SUCCESS(Status) && Offset >= FILE_BYTES) {
        Status = STATUS_END_OF_FILE;
    }
    if (NT_SUCCESS(Status)) {
        PVOID Memory = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        Length = (ULONG)min(Length, FILE_BYTES - Offset);
        if (Stack->MajorFunction == IRP_MJ_READ) {
            Reads += 1;
            RtlCopyMemory(Memory, Disk + Offset, Length);
        } else {
            Writes += 1;
            RtlCopyMemory(Disk + Offset, Memory, Length);
        }
        Irp->IoStatus.Information = Length;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static BOOLEAN NTAPI Acquire(PVOID Context, BOOLEAN Wait)
{
    OK(Context == &Disk && Wait);
    Acquired += 1;
    return TRUE;
}

static VOID NTAPI Release(PVOID Context)
{
    OK(Context == &Disk);
    Released += 1;
}

static void Begin(void)
{
    CACHE_MANAGER_CALLBACKS Callbacks = {Acquire, Release, Acquire, Release};
    CC_FILE_SIZES Sizes = {{.QuadPart = sizeof(Disk)}, {.QuadPart = FILE_BYTES}, {.QuadPart = FILE_BYTES}};
    for (ULONG Index = 0; Index < sizeof(Disk); Index += 1) {
        Disk[Index] = (UCHAR)(Index * 7 + Index / PAGE_SIZE);
    }
    Reads = Writes = 0;
    FailWith = STATUS_SUCCESS;
    OK(!CcIsFileCached(File));
    CcInitializeCacheMap(File, &Sizes, FALSE, &Callbacks, &Disk);
    OK(CcIsFileCached(File));
    OK(File->PrivateCacheMap != NULL);
    IS(CcGetFileSizePointer(File)->QuadPart, FILE_BYTES);
    OK(CcGetFileObjectFromSectionPtrs(&Pointers) == File);
}

static void End(void)
{
    LARGE_INTEGER Nothing = {.QuadPart = 0};
    OK(CcUninitializeCacheMap(File, &Nothing, NULL));
    OK(!CcIsFileCached(File));
    OK(File->PrivateCacheMap == NULL);
}

static LARGE_INTEGER At(LONGLONG Offset)
{
    return (LARGE_INTEGER){.QuadPart = Offset};
}

static void TestOpen(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\TestCache");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    Device = MakeDevice(L"TestCache", L"\\Device\\TestCache", 0);
    DispatchOf(Device, IRP_MJ_CREATE, SucceedRequest);
    DispatchOf(Device, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(Device, IRP_MJ_CLOSE, SucceedRequest);
    DispatchOf(Device, IRP_MJ_READ, Transfer);
    DispatchOf(Device, IRP_MJ_WRITE, Transfer);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwOpenFile(&FileHandle, FILE_GENERIC_READ, &Attributes, &IoStatus, 0, 0), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(FileHandle, 0, *IoFileObjectType, KernelMode, (PVOID *)&File, NULL),
       STATUS_SUCCESS);
    File->SectionObjectPointer = &Pointers;
}

static void TestRead(void)
{
    static UCHAR Buffer[3 * PAGE_SIZE];
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(PAGE_SIZE - 10);
    Begin();
    OK(!CcCopyRead(File, &Offset, 20, FALSE, Buffer, &IoStatus)); // it would have to wait
    IS(Reads, 0);
    OK(CcCopyRead(File, &Offset, 20, TRUE, Buffer, &IoStatus));
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, 20);
    OK(RtlEqualMemory(Buffer, Disk + PAGE_SIZE - 10, 20));
    IS(Reads, 2);
    OK(CcCopyRead(File, &Offset, 20, FALSE, Buffer, &IoStatus)); // they are there now
    IS(Reads, 2);
    Offset = At(FILE_BYTES - 2 * PAGE_SIZE);
    OK(CcCopyRead(File, &Offset, 2 * PAGE_SIZE, TRUE, Buffer, &IoStatus));
    OK(RtlEqualMemory(Buffer, Disk + FILE_BYTES - 2 * PAGE_SIZE, 2 * PAGE_SIZE));
    End();
}

// Whole files at once, more pages than are copied in one go.
static void TestLarge(void)
{
    PUCHAR Buffer = ExAllocatePool2(POOL_FLAG_PAGED, FILE_BYTES, 'tseT');
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(0);
    Begin();
    OK(CcCopyRead(File, &Offset, FILE_BYTES, TRUE, Buffer, &IoStatus));
    IS(IoStatus.Information, FILE_BYTES);
    OK(RtlEqualMemory(Buffer, Disk, FILE_BYTES));
    IS(Reads, FILE_PAGES);
    ExFreePoolWithTag(Buffer, 'tseT');
    End();
}

static void TestWrite(void)
{
    static UCHAR Buffer[2 * PAGE_SIZE];
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(5);
    Begin();
    RtlFillMemory(Buffer, sizeof(Buffer), 0xee);
    OK(!CcCopyWrite(File, &Offset, 3, FALSE, Buffer));
    OK(CcCanIWrite(File, 3, FALSE, FALSE));
    OK(CcCopyWrite(File, &Offset, 3, TRUE, Buffer));
    IS(Reads, 1); // the rest of the page
    IS(Writes, 0);
    OK(Disk[5] != 0xee);
    CcFlushCache(&Pointers, NULL, 0, &IoStatus);
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(Writes, 1);
    IS(Disk[4], 28);
    IS(Disk[5], 0xee);
    IS(Disk[7], 0xee);
    IS(Disk[8], 56);
    // A whole page need not be read.
    Offset = At(4 * PAGE_SIZE);
    OK(CcCopyWrite(File, &Offset, PAGE_SIZE, TRUE, Buffer));
    IS(Reads, 1);
    // Flushed by range: not this one, then this one.
    Offset = At(8 * PAGE_SIZE);
    CcFlushCache(&Pointers, &Offset, 10, &IoStatus);
    IS(Writes, 1);
    IS(IoStatus.Information, 10);
    Offset = At(4 * PAGE_SIZE + 100);
    CcFlushCache(&Pointers, &Offset, 10, &IoStatus);
    IS(Writes, 2);
    // Written through.
    File->Flags |= FO_WRITE_THROUGH;
    Offset = At(6 * PAGE_SIZE - 1);
    OK(!CcCopyWrite(File, &Offset, 2, FALSE, Buffer));
    OK(CcCopyWrite(File, &Offset, 2, TRUE, Buffer));
    IS(Writes, 4);
    OK(!CcCopyWriteWontFlush(File, &Offset, 2));
    File->Flags &= ~FO_WRITE_THROUGH;
    OK(CcCopyWriteWontFlush(File, &Offset, 2));
    End();
}

// What is written lies there for a second, then somebody writes it to the disk.
static void TestLazyWriter(void)
{
    LARGE_INTEGER Offset = At(3), Delay = At(-30000000);
    Begin();
    Acquired = Released = 0;
    OK(CcCopyWrite(File, &Offset, 1, TRUE, "Z"));
    IS(Writes, 0);
    KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    IS(Writes, 1);
    IS(Disk[3], 'Z');
    IS(Acquired, 1);
    IS(Released, 1);
    // A file that is closed is written too, and then forgotten; who waits for it hears of it.
    static CACHE_UNINITIALIZE_EVENT Done;
    KeInitializeEvent(&Done.Event, NotificationEvent, FALSE);
    OK(CcCopyWrite(File, &Offset, 1, TRUE, "Y"));
    OK(!CcUninitializeCacheMap(File, NULL, &Done));
    OK(CcIsFileCached(File));
    IS(KeWaitForSingleObject(&Done.Event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    IS(Disk[3], 'Y');
    OK(!CcIsFileCached(File));
    KeClearEvent(&Done.Event);
    OK(!CcUninitializeCacheMap(File, NULL, &Done)); // there is nothing to wait for
    IS(KeReadStateEvent(&Done.Event), 1);
}

static void TestErrors(void)
{
    UCHAR Buffer[4];
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(0);
    NTSTATUS Raised = STATUS_SUCCESS;
    Begin();
    FailWith = STATUS_DEVICE_DATA_ERROR;
    __try {
        CcCopyRead(File, &Offset, 4, TRUE, Buffer, &IoStatus);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Raised = GetExceptionCode();
    }
    IS(Raised, STATUS_DEVICE_DATA_ERROR);
    FailWith = STATUS_SUCCESS;
    OK(CcCopyRead(File, &Offset, 4, TRUE, Buffer, &IoStatus)); // and read again when it can be
    OK(CcCopyWrite(File, &Offset, 4, TRUE, Buffer));
    FailWith = STATUS_DISK_FULL;
    CcFlushCache(&Pointers, NULL, 0, &IoStatus);
    IS(IoStatus.Status, STATUS_DISK_FULL);
    IS(IoStatus.Information, 0);
    FailWith = STATUS_SUCCESS;
    CcFlushCache(&Pointers, NULL, 0, &IoStatus);
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(Writes, 1);
    // A bad buffer is the caller's exception.
    Raised = STATUS_SUCCESS;
    __try {
        CcCopyRead(File, &Offset, 4, TRUE, (PVOID)(ULONG_PTR)0x10, &IoStatus);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Raised = GetExceptionCode();
    }
    IS(Raised, STATUS_ACCESS_VIOLATION);
    End();
}

static void TestPurge(void)
{
    UCHAR Buffer[4] = {1, 2, 3, 4};
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(0);
    PMDL Mdl = NULL;
    Begin();
    OK(CcCopyWrite(File, &Offset, 4, TRUE, Buffer));
    OK(CcPurgeCacheSection(&Pointers, NULL, 0, FALSE));
    CcFlushCache(&Pointers, NULL, 0, NULL);
    IS(Writes, 0); // thrown away, not written
    OK(CcCopyRead(File, &Offset, 4, TRUE, Buffer, &IoStatus));
    IS(Buffer[1], 7);
    CcMdlRead(File, &Offset, 10, &Mdl, &IoStatus);
    OK(!CcPurgeCacheSection(&Pointers, &Offset, 0, FALSE)); // in use
    CcMdlReadComplete(File, Mdl);
    OK(CcPurgeCacheSection(&Pointers, &Offset, 1, FALSE));
    OK(CcIsFileCached(File));
    // The private map goes first, and with it the last reason to cache the file.
    OK(CcPurgeCacheSection(&Pointers, NULL, 0, TRUE));
    OK(File->PrivateCacheMap == NULL);
    OK(!CcIsFileCached(File));
    OK(!CcUninitializeCacheMap(File, NULL, NULL));
    // A file that is not cached has nothing to purge or to flush.
    OK(CcPurgeCacheSection(&Pointers, NULL, 0, FALSE));
    CcFlushCache(&Pointers, &Offset, 20, &IoStatus);
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, 20);
}

static void TestSizes(void)
{
    static UCHAR Buffer[PAGE_SIZE];
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(0);
    CC_FILE_SIZES Sizes = {{.QuadPart = sizeof(Disk)}, {.QuadPart = 10}, {.QuadPart = 10}};
    Begin();
    OK(CcCopyRead(File, &Offset, 20, TRUE, Buffer, &IoStatus));
    CcSetFileSizes(File, &Sizes);
    IS(CcGetFileSizePointer(File)->QuadPart, 10);
    Sizes.FileSize = Sizes.ValidDataLength = At(PAGE_SIZE);
    IS(CcSetFileSizesEx(File, &Sizes), STATUS_SUCCESS);
    OK(CcCopyRead(File, &Offset, 20, TRUE, Buffer, &IoStatus));
    IS(Buffer[9], 63);
    IS(Buffer[10], 0); // what was cut off does not come back
    // Behind the valid data there is nothing to read.
    Sizes.FileSize = At(4 * PAGE_SIZE);
    CcSetFileSizes(File, &Sizes);
    Reads = 0;
    Offset = At(2 * PAGE_SIZE);
    OK(CcCopyRead(File, &Offset, PAGE_SIZE, TRUE, Buffer, &IoStatus));
    IS(Reads, 0);
    IS(Buffer[0], 0);
    End();
}

static void TestZero(void)
{
    LARGE_INTEGER Start = At(100), Stop = At(PAGE_SIZE + 100);
    IO_STATUS_BLOCK IoStatus;
    UCHAR Byte = 1;
    Begin();
    OK(!CcZeroData(File, &Start, &Stop, FALSE));
    OK(CcZeroData(File, &Start, &Stop, TRUE));
    OK(CcCopyRead(File, &Start, 1, TRUE, &Byte, &IoStatus));
    IS(Byte, 0);
    IS(Writes, 0);
    CcFlushCache(&Pointers, NULL, 0, &IoStatus);
    IS(Disk[99], (UCHAR)(99 * 7));
    IS(Disk[100], 0);
    IS(Disk[PAGE_SIZE + 99], 0);
    OK(Disk[PAGE_SIZE + 100] != 0);
    End();
    // A file that is not cached.
    Writes = 0;
    Start = At(0);
    Stop = At(512);
    OK(CcZeroData(File, &Start, &Stop, TRUE));
    IS(Writes, 1);
    IS(Disk[0] | Disk[511], 0);
}

static void TestMdl(void)
{
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = At(PAGE_SIZE - 4);
    PMDL Mdl = NULL;
    Begin();
    CcMdlRead(File, &Offset, 8, &Mdl, &IoStatus);
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, 8);
    OK(Mdl != NULL);
    IS(MmGetMdlByteCount(Mdl), 8);
    PUCHAR Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    OK(Mapped != NULL && RtlEqualMemory(Mapped, Disk + PAGE_SIZE - 4, 8));
    CcMdlReadComplete(File, Mdl);

    Mdl = NULL;
    CcPrepareMdlWrite(File, &Offset, 8, &Mdl, &IoStatus);
    IS(IoStatus.Information, 8);
    Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    RtlFillMemory(Mapped, 8, 0x55);
    IS(Writes, 0);
    File->Flags |= FO_WRITE_THROUGH;
    CcMdlWriteComplete(File, &Offset, Mdl);
    File->Flags &= ~FO_WRITE_THROUGH;
    IS(Writes, 2);
    IS(Disk[PAGE_SIZE - 4], 0x55);
    IS(Disk[PAGE_SIZE + 3], 0x55);
    OK(Disk[PAGE_SIZE - 5] != 0x55 && Disk[PAGE_SIZE + 4] != 0x55);

    // Where it cannot be written the MDL stays the caller's, to try again.
    NTSTATUS Raised = STATUS_SUCCESS;
    Mdl = NULL;
    CcPrepareMdlWrite(File, &Offset, 8, &Mdl, &IoStatus);
    Mapped = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    RtlFillMemory(Mapped, 8, 0x66);
    File->Flags |= FO_WRITE_THROUGH;
    FailWith = STATUS_DISK_FULL;
    __try {
        CcMdlWriteComplete(File, &Offset, Mdl);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Raised = GetExceptionCode();
    }
    IS(Raised, STATUS_DISK_FULL);
    FailWith = STATUS_SUCCESS;
    IS(Mapped[0], 0x66);
    CcMdlWriteComplete(File, &Offset, Mdl);
    File->Flags &= ~FO_WRITE_THROUGH;
    IS(Writes, 4);
    IS(Disk[PAGE_SIZE], 0x66);
    Writes = 2;

    Mdl = NULL;
    CcPrepareMdlWrite(File, &Offset, 8, &Mdl, &IoStatus);
    CcMdlWriteAbort(File, Mdl);
    CcFlushCache(&Pointers, NULL, 0, &IoStatus);
    IS(Writes, 2);
    End();
}

static ULONG Posted;

static VOID NTAPI Post(PVOID Context1, PVOID Context2)
{
    OK(Context1 == &Posted && Context2 == &Disk);
    Posted += 1;
}

static void TestDefer(void)
{
    Begin();
    CcDeferWrite(File, Post, &Posted, &Disk, 100, FALSE);
    IS(Posted, 1); // at once: there is room
    LARGE_INTEGER Offset = At(0), Delay = At(-10000000);
    OK(CcCopyWrite(File, &Offset, 1, TRUE, "Z"));
    OK(!CcCanIWrite(File, 0x7FFFFFFF, FALSE, FALSE)); // too much beside what is there
    CcDeferWrite(File, Post, &Posted, &Disk, 0x7FFFFFFF, FALSE);
    KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    IS(Posted, 2); // the cache has been written meanwhile
    IS(Disk[0], 'Z');
    OK(CcCopyWrite(File, &Offset, 1, TRUE, "Y"));
    OK(CcCanIWrite(File, 0x7FFFFFFF, TRUE, TRUE)); // the cache waits until it is empty
    IS(Disk[0], 'Y');
    End();
}

static void TestClose(void)
{
    File->SectionObjectPointer = NULL;
    ObDereferenceObject(File);
    ZwClose(FileHandle);
    DeleteDevice(Device);
}

TEST_DRIVER(TestOpen, TestRead, TestLarge, TestWrite, TestLazyWriter, TestErrors, TestPurge, TestSizes,
            TestZero, TestMdl, TestDefer, TestClose)
