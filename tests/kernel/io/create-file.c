// SPDX-License-Identifier: MIT
// Files opened by IoCreateFile and IoCreateFileSpecifyDeviceObjectHint: what may be combined, what the driver
// is asked, whom it is that is asked; stream file objects.
#include "device.h"

static PDEVICE_OBJECT Lower, Upper;
static ULONG Requests[IRP_MJ_MAXIMUM_FUNCTION + 1], UpperRequests;
static struct {
    ULONG Options;
    USHORT FileAttributes, ShareAccess;
    UCHAR Flags;
    ACCESS_MASK Access;
    LONGLONG AllocationSize;
    PFILE_OBJECT FileObject;
} Seen;

static NTSTATUS NTAPI Request(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (DeviceObject == Upper) {
        UpperRequests += 1;
        IoSkipCurrentIrpStackLocation(Irp);
        return IoCallDriver(Lower, Irp);
    }
    Requests[Stack->MajorFunction] += 1;
    Seen.FileObject = Stack->FileObject;
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_CREATE) {
        Seen.Options = Stack->Parameters.Create.Options;
        Seen.FileAttributes = Stack->Parameters.Create.FileAttributes;
        Seen.ShareAccess = Stack->Parameters.Create.ShareAccess;
        Seen.Flags = Stack->Flags;
        Seen.Access = Stack->Parameters.Create.SecurityContext->DesiredAccess;
        Seen.AllocationSize = Irp->Overlay.AllocationSize.QuadPart;
        Irp->IoStatus.Information = FILE_CREATED;
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static void Setup(void)
{
    Lower = MakeDevice(L"KmodeCreate", L"\\Device\\KmodeCreate", 0);
    Upper = MakeDevice(L"KmodeCreateFilter", NULL, 0);
    const UCHAR Functions[] = {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Functions); Index += 1) {
        DispatchOf(Lower, Functions[Index], Request);
        DispatchOf(Upper, Functions[Index], Request);
    }
    OK(IoAttachDeviceToDeviceStack(Upper, Lower) == Lower);
}

typedef struct {
    ACCESS_MASK Access;
    ULONG Attributes, Share, Disposition, Options;
    LONGLONG AllocationSize;
} ASKED;

static NTSTATUS Create(PCWSTR Path, const ASKED *Asked, ULONG IoOptions, PIO_STATUS_BLOCK Io)
{
    HANDLE Handle;
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Size = {.QuadPart = Asked->AllocationSize};
    RtlZeroMemory(Requests, sizeof(Requests));
    RtlZeroMemory(&Seen, sizeof(Seen));
    UpperRequests = 0;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status =
        IoCreateFile(&Handle, Asked->Access, &Attributes, Io, &Size, Asked->Attributes, Asked->Share,
                     Asked->Disposition, Asked->Options, NULL, 0, CreateFileTypeNone, NULL, IoOptions);
    if (NT_SUCCESS(Status)) {
        OK((LONG_PTR)Handle < 0);
        ZwClose(Handle);
    }
    return Status;
}

static void TestPassedOn(void)
{
    IO_STATUS_BLOCK Io = {0};
    const ASKED Asked = {.Access = FILE_READ_DATA | SYNCHRONIZE,
                         .Attributes = FILE_ATTRIBUTE_HIDDEN,
                         .Share = FILE_SHARE_READ | FILE_SHARE_DELETE,
                         .Disposition = FILE_OPEN_IF,
                         .Options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_WRITE_THROUGH,
                         .AllocationSize = 0x12345678A};
    IS(Create(L"\\Device\\KmodeCreate\\a", &Asked, 0, &Io), STATUS_SUCCESS);
    IS(Io.Information, FILE_CREATED);
    IS(Seen.Options, FILE_OPEN_IF << 24 | FILE_SYNCHRONOUS_IO_NONALERT | FILE_WRITE_THROUGH);
    IS(Seen.FileAttributes, FILE_ATTRIBUTE_HIDDEN);
    IS(Seen.ShareAccess, FILE_SHARE_READ | FILE_SHARE_DELETE);
    IS(Seen.Access, FILE_READ_DATA | SYNCHRONIZE);
    IS(Seen.AllocationSize, 0x12345678A);
    IS(Seen.Flags, SL_CASE_SENSITIVE);
    IS(Requests[IRP_MJ_CREATE], 1);
    IS(Requests[IRP_MJ_CLEANUP], 1);
    IS(Requests[IRP_MJ_CLOSE], 1);
    IS(UpperRequests, 3);
    IS(Create(L"\\Device\\KmodeCreate\\a", &Asked,
              IO_FORCE_ACCESS_CHECK | IO_OPEN_TARGET_DIRECTORY | IO_NO_PARAMETER_CHECKING, &Io),
       STATUS_SUCCESS);
    IS(Seen.Flags, SL_CASE_SENSITIVE | SL_FORCE_ACCESS_CHECK | SL_OPEN_TARGET_DIRECTORY);
}

static const ASKED Refused[] = {
    {.Disposition = FILE_MAXIMUM_DISPOSITION + 1},
    {.Disposition = FILE_OPEN, .Share = 8},
    {.Disposition = FILE_OPEN, .Attributes = 0x80000000},
    {.Disposition = FILE_OPEN, .AllocationSize = -1},
    {.Disposition = FILE_OPEN, .Options = 0x80000000},
    // Synchronous it takes SYNCHRONIZE, and one of the two kinds.
    {.Disposition = FILE_OPEN, .Options = FILE_SYNCHRONOUS_IO_ALERT, .Access = FILE_READ_DATA},
    {.Disposition = FILE_OPEN, .Options = FILE_SYNCHRONOUS_IO_NONALERT, .Access = FILE_READ_DATA},
    {.Disposition = FILE_OPEN,
     .Options = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT,
     .Access = SYNCHRONIZE},
    // Deleted at the end it takes DELETE.
    {.Disposition = FILE_OPEN, .Options = FILE_DELETE_ON_CLOSE, .Access = FILE_READ_DATA},
    {.Disposition = FILE_OPEN, .Options = FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER},
    {.Disposition = FILE_OPEN, .Options = FILE_NO_INTERMEDIATE_BUFFERING, .Access = FILE_APPEND_DATA},
    // A directory is created or opened, not overwritten, and is no data file.
    {.Disposition = FILE_OVERWRITE, .Options = FILE_DIRECTORY_FILE},
    {.Disposition = FILE_OVERWRITE_IF, .Options = FILE_DIRECTORY_FILE},
    {.Disposition = FILE_SUPERSEDE, .Options = FILE_DIRECTORY_FILE},
    {.Disposition = FILE_OPEN, .Options = FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE},
    {.Disposition = FILE_OPEN, .Options = FILE_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY},
    {.Disposition = FILE_OPEN, .Options = FILE_DIRECTORY_FILE | FILE_NO_INTERMEDIATE_BUFFERING},
};

static const ASKED Accepted[] = {
    {.Disposition = FILE_SUPERSEDE},
    {.Disposition = FILE_CREATE, .Options = FILE_DIRECTORY_FILE | FILE_WRITE_THROUGH},
    {.Disposition = FILE_OPEN, .Options = FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT},
    {.Disposition = FILE_OPEN_IF, .Options = FILE_DIRECTORY_FILE | FILE_OPEN_BY_FILE_ID},
    {.Disposition = FILE_OPEN, .Options = FILE_DELETE_ON_CLOSE, .Access = DELETE},
    {.Disposition = FILE_OVERWRITE_IF, .Options = FILE_RESERVE_OPFILTER},
    {.Disposition = FILE_OVERWRITE, .Options = FILE_SEQUENTIAL_ONLY | FILE_RANDOM_ACCESS},
};

static void TestCombinations(void)
{
    IO_STATUS_BLOCK Io;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Refused); Index += 1) {
        IS(Create(L"\\Device\\KmodeCreate\\a", &Refused[Index], 0, &Io), STATUS_INVALID_PARAMETER);
        IS(Requests[IRP_MJ_CREATE], 0);
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Accepted); Index += 1) {
        IS(Create(L"\\Device\\KmodeCreate\\a", &Accepted[Index], 0, &Io), STATUS_SUCCESS);
        IS(Seen.Options, Accepted[Index].Disposition << 24 | Accepted[Index].Options);
    }
    const ASKED Open = {.Disposition = FILE_OPEN};
    IS(Create(L"\\Device\\KmodeNobody", &Open, 0, &Io), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Create(L"\\Device", &Open, 0, &Io), STATUS_OBJECT_TYPE_MISMATCH);
    IS(Create(L"Device", &Open, 0, &Io), STATUS_OBJECT_PATH_SYNTAX_BAD);
}

static NTSTATUS CreateWithHint(PVOID DeviceObject)
{
    HANDLE Handle;
    IO_STATUS_BLOCK Io;
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KmodeCreate\\a");
    RtlZeroMemory(Requests, sizeof(Requests));
    UpperRequests = 0;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status =
        IoCreateFileSpecifyDeviceObjectHint(&Handle, FILE_READ_DATA, &Attributes, &Io, NULL, 0, 0, FILE_OPEN,
                                            0, NULL, 0, CreateFileTypeNone, NULL, 0, DeviceObject);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

// Those above the device that is named are not asked, neither about the end.
static void TestHint(void)
{
    IS(CreateWithHint(NULL), STATUS_SUCCESS);
    IS(UpperRequests, 3);
    IS(CreateWithHint(Upper), STATUS_SUCCESS);
    IS(UpperRequests, 3);
    IS(CreateWithHint(Lower), STATUS_SUCCESS);
    IS(UpperRequests, 0);
    IS(Requests[IRP_MJ_CREATE], 1);
    IS(Requests[IRP_MJ_CLEANUP], 1);
    IS(Requests[IRP_MJ_CLOSE], 1);
    PDEVICE_OBJECT Stranger = MakeDevice(L"KmodeStranger", NULL, 0);
    IS(CreateWithHint(Stranger), STATUS_INVALID_DEVICE_OBJECT_PARAMETER);
    IS(Requests[IRP_MJ_CREATE], 0);
    DeleteDevice(Stranger);
}

// Nobody opens a stream: its maker has it, and its stack sees how it ends.
static void TestStream(void)
{
    RtlZeroMemory(Requests, sizeof(Requests));
    PFILE_OBJECT Stream = IoCreateStreamFileObject(NULL, Lower);
    OK(Stream->DeviceObject == Lower);
    IS(Stream->Type, 5); // IO_TYPE_FILE
    IS(Stream->Flags & FO_STREAM_FILE, FO_STREAM_FILE);
    IS(Requests[IRP_MJ_CREATE], 0);
    IS(Requests[IRP_MJ_CLEANUP], 1);
    OK(Seen.FileObject == Stream);
    IS(Requests[IRP_MJ_CLOSE], 0);
    IS(Lower->ReferenceCount, 1);
    // Of another file, whatever device is named.
    PFILE_OBJECT Other = IoCreateStreamFileObjectLite(Stream, NULL);
    OK(Other->DeviceObject == Lower);
    IS(Other->Flags & FO_STREAM_FILE, FO_STREAM_FILE);
    IS(Requests[IRP_MJ_CLEANUP], 1);
    ObDereferenceObject(Other);
    IS(Requests[IRP_MJ_CLOSE], 1);
    HANDLE Handle;
    Other = IoCreateStreamFileObjectEx(Stream, Upper, &Handle);
    OK(Other->DeviceObject == Lower);
    IS(Requests[IRP_MJ_CLEANUP], 1);
    ZwClose(Handle);
    IS(Requests[IRP_MJ_CLEANUP], 2);
    ObDereferenceObject(Other);
    IS(Requests[IRP_MJ_CLOSE], 2);
    ObDereferenceObject(Stream);
    IS(Requests[IRP_MJ_CLOSE], 3);
    IS(Lower->ReferenceCount, 0);
}

static void Teardown(void)
{
    IoDetachDevice(Lower);
    DeleteDevice(Upper);
    DeleteDevice(Lower);
}

TEST_DRIVER(Setup, TestPassedOn, TestCombinations, TestHint, TestStream, Teardown)
