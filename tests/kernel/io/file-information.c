// SPDX-License-Identifier: MIT
// The services about a file's information, its directory, its locks, its volume: what they ask of a device's
// driver, what they answer themselves, what they refuse.
#include "device.h"

static PDEVICE_OBJECT Device;
static IO_STACK_LOCATION Seen;
static UCHAR SeenBytes[64];
static NTSTATUS AnswerStatus;
static ULONG_PTR AnswerInformation;
static WCHAR SeenName[16];
static LARGE_INTEGER SeenLength;
static ULONG Requests, DirectoryOpens;

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UNREFERENCED_PARAMETER(DeviceObject);
    NTSTATUS Status = AnswerStatus;
    Seen = *Stack;
    Requests += 1;
    Irp->IoStatus.Information = AnswerInformation;
    switch (Stack->MajorFunction) {
    case IRP_MJ_SET_INFORMATION:
    case IRP_MJ_SET_VOLUME_INFORMATION:
        RtlCopyMemory(SeenBytes, Irp->AssociatedIrp.SystemBuffer,
                      min(sizeof(SeenBytes), Stack->Parameters.SetFile.Length));
        break;
    case IRP_MJ_QUERY_INFORMATION:
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
        OK(*(PUCHAR)Irp->AssociatedIrp.SystemBuffer == 0); // handed over as zeroes
        if (Stack->Parameters.QueryFile.FileInformationClass == FileAllInformation) {
            PFILE_ALL_INFORMATION All = Irp->AssociatedIrp.SystemBuffer;
            IS(All->ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
            IS(Irp->IoStatus.Information, AnswerInformation);
            All->StandardInformation.NumberOfLinks = 7;
        } else {
            *(PUCHAR)Irp->AssociatedIrp.SystemBuffer = 0x5a;
        }
        break;
    case IRP_MJ_DIRECTORY_CONTROL:
        if (Stack->MinorFunction == IRP_MN_QUERY_DIRECTORY) {
            PUNICODE_STRING Name = Stack->Parameters.QueryDirectory.FileName;
            RtlZeroMemory(SeenName, sizeof(SeenName));
            if (Name != NULL) {
                RtlCopyMemory(SeenName, Name->Buffer, Name->Length);
            }
            *(PULONG)Irp->UserBuffer = 0x1234;
        }
        break;
    case IRP_MJ_LOCK_CONTROL: SeenLength = *Stack->Parameters.LockControl.Length; break;
    default: break;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI DispatchCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    if (IoGetCurrentIrpStackLocation(Irp)->Flags & SL_OPEN_TARGET_DIRECTORY) {
        DirectoryOpens += 1;
    }
    return SucceedRequest(DeviceObject, Irp);
}

static HANDLE OpenDevice(PCWSTR Path, ACCESS_MASK Access, ULONG Options)
{
    HANDLE Handle = NULL;
    UNICODE_STRING Name;
    IO_STATUS_BLOCK IoStatus;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateFile(&Handle, Access, &Attributes, &IoStatus, NULL, 0, 0, FILE_OPEN, Options, NULL, 0),
       STATUS_SUCCESS);
    return Handle;
}

static void MakeIt(void)
{
    Device = MakeDevice(L"FileInformation", L"\\Device\\FileInformation", 0);
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major += 1) {
        DispatchOf(Device, Major, Dispatch);
    }
    DispatchOf(Device, IRP_MJ_CREATE, DispatchCreate);
    DispatchOf(Device, IRP_MJ_CLEANUP, SucceedRequest);
    DispatchOf(Device, IRP_MJ_CLOSE, SucceedRequest);
}

static void Answer(NTSTATUS Status, ULONG_PTR Information)
{
    AnswerStatus = Status;
    AnswerInformation = Information;
}

static void TestQuery(void)
{
    MakeIt();
    IO_STATUS_BLOCK IoStatus;
    UCHAR Buffer[256];
    HANDLE File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_READ_DATA | SYNCHRONIZE,
                             FILE_SYNCHRONOUS_IO_NONALERT);
    Answer(STATUS_SUCCESS, sizeof(FILE_STANDARD_INFORMATION));
    RtlFillMemory(Buffer, sizeof(Buffer), 0xcc);
    IS(ZwQueryInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileStandardInformation),
       STATUS_SUCCESS);
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(IoStatus.Information, sizeof(FILE_STANDARD_INFORMATION));
    IS(Buffer[0], 0x5a);
    IS(Buffer[1], 0);
    IS(Buffer[sizeof(FILE_STANDARD_INFORMATION)], 0xcc); // no more than the driver has said
    IS(Seen.MajorFunction, IRP_MJ_QUERY_INFORMATION);
    IS(Seen.Parameters.QueryFile.Length, sizeof(Buffer));
    IS(Seen.Parameters.QueryFile.FileInformationClass, FileStandardInformation);

    IS(ZwQueryInformationFile(File, &IoStatus, Buffer, sizeof(FILE_STANDARD_INFORMATION) - 1,
                              FileStandardInformation),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQueryInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileDirectoryInformation),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileRenameInformation),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), (FILE_INFORMATION_CLASS)1000),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryInformationFile(NULL, &IoStatus, Buffer, sizeof(Buffer), FileStandardInformation),
       STATUS_INVALID_HANDLE);

    Answer(STATUS_BUFFER_OVERFLOW, 4);
    IS(ZwQueryInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileNameInformation),
       STATUS_BUFFER_OVERFLOW);
    IS(IoStatus.Information, 4);
    Answer(STATUS_INVALID_PARAMETER, 0);
    IS(ZwQueryInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileNameInformation),
       STATUS_INVALID_PARAMETER);

    Answer(STATUS_SUCCESS, sizeof(FILE_ALL_INFORMATION));
    PFILE_ALL_INFORMATION All = (PVOID)Buffer;
    IS(ZwQueryInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileAllInformation), STATUS_SUCCESS);
    IS(All->StandardInformation.NumberOfLinks, 7);
    IS(All->ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
    IS(All->AccessInformation.AccessFlags, FILE_READ_DATA | SYNCHRONIZE);
    ZwClose(File);
}

static void TestOwnAnswers(void)
{
    IO_STATUS_BLOCK IoStatus;
    union {
        FILE_ACCESS_INFORMATION Access;
        FILE_MODE_INFORMATION Mode;
        FILE_ALIGNMENT_INFORMATION Alignment;
        FILE_POSITION_INFORMATION Position;
        FILE_IS_REMOTE_DEVICE_INFORMATION Remote;
        FILE_IO_PRIORITY_HINT_INFORMATION Hint;
    } Out;
    HANDLE File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_READ_DATA | SYNCHRONIZE,
                             FILE_SYNCHRONOUS_IO_ALERT | FILE_WRITE_THROUGH);
    ULONG Before = Requests;
    IS(ZwQueryInformationFile(File, &IoStatus, &Out, sizeof(Out), FileAccessInformation), STATUS_SUCCESS);
    IS(IoStatus.Information, sizeof(ULONG));
    IS(Out.Access.AccessFlags, FILE_READ_DATA | SYNCHRONIZE);
    IS(ZwQueryInformationFile(File, &IoStatus, &Out, sizeof(Out), FileModeInformation), STATUS_SUCCESS);
    IS(Out.Mode.Mode, FILE_SYNCHRONOUS_IO_ALERT | FILE_WRITE_THROUGH);
    Device->AlignmentRequirement = FILE_LONG_ALIGNMENT;
    IS(ZwQueryInformationFile(File, &IoStatus, &Out, sizeof(Out), FileAlignmentInformation), STATUS_SUCCESS);
    IS(Out.Alignment.AlignmentRequirement, FILE_LONG_ALIGNMENT);
    IS(ZwQueryInformationFile(File, &IoStatus, &Out, sizeof(Out), FileIsRemoteDeviceInformation),
       STATUS_SUCCESS);
    OK(!Out.Remote.IsRemote);

    FILE_POSITION_INFORMATION Position = {.CurrentByteOffset.QuadPart = 77};
    IS(ZwSetInformationFile(File, &IoStatus, &Position, sizeof(Position), FilePositionInformation),
       STATUS_SUCCESS);
    IS(ZwQueryInformationFile(File, &IoStatus, &Out, sizeof(Out), FilePositionInformation), STATUS_SUCCESS);
    IS(Out.Position.CurrentByteOffset.QuadPart, 77);
    Position.CurrentByteOffset.QuadPart = -1;
    IS(ZwSetInformationFile(File, &IoStatus, &Position, sizeof(Position), FilePositionInformation),
       STATUS_INVALID_PARAMETER);

    FILE_MODE_INFORMATION Mode = {FILE_SYNCHRONOUS_IO_NONALERT | FILE_SEQUENTIAL_ONLY};
    IS(ZwSetInformationFile(File, &IoStatus, &Mode, sizeof(Mode), FileModeInformation), STATUS_SUCCESS);
    IS(ZwQueryInformationFile(File, &IoStatus, &Out, sizeof(Out), FileModeInformation), STATUS_SUCCESS);
    IS(Out.Mode.Mode, FILE_SYNCHRONOUS_IO_NONALERT | FILE_SEQUENTIAL_ONLY);
    Mode.Mode = 0; // it was opened synchronous and stays so
    IS(ZwSetInformationFile(File, &IoStatus, &Mode, sizeof(Mode), FileModeInformation),
       STATUS_INVALID_PARAMETER);
    Mode.Mode = FILE_DELETE_ON_CLOSE | FILE_SYNCHRONOUS_IO_ALERT;
    IS(ZwSetInformationFile(File, &IoStatus, &Mode, sizeof(Mode), FileModeInformation),
       STATUS_INVALID_PARAMETER);

    FILE_IO_PRIORITY_HINT_INFORMATION Hint = {IoPriorityLow};
    IS(ZwSetInformationFile(File, &IoStatus, &Hint, sizeof(Hint), FileIoPriorityHintInformation),
       STATUS_SUCCESS);
    IS(ZwQueryInformationFile(File, &IoStatus, &Out, sizeof(Out), FileIoPriorityHintInformation),
       STATUS_SUCCESS);
    IS(Out.Hint.PriorityHint, IoPriorityLow);
    Hint.PriorityHint = MaxIoPriorityTypes;
    IS(ZwSetInformationFile(File, &IoStatus, &Hint, sizeof(Hint), FileIoPriorityHintInformation),
       STATUS_INVALID_PARAMETER);
    IS(Requests, Before); // no driver has been asked
    ZwClose(File);

    // Asynchronous: its position is the driver's business, if anybody's.
    File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_READ_DATA, 0);
    Before = Requests;
    Answer(STATUS_SUCCESS, sizeof(Position));
    IS(ZwQueryInformationFile(File, &IoStatus, &Out, sizeof(Out), FilePositionInformation), STATUS_SUCCESS);
    IS(IoStatus.Information, sizeof(Position));
    IS(Requests, Before + 1);
    ZwClose(File);
}

static void TestSet(void)
{
    IO_STATUS_BLOCK IoStatus;
    HANDLE File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_WRITE_DATA | DELETE, 0);
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = 0x1122334455};
    Answer(STATUS_SUCCESS, 0);
    IS(ZwSetInformationFile(File, &IoStatus, &End, sizeof(End), FileEndOfFileInformation), STATUS_SUCCESS);
    IS(Seen.MajorFunction, IRP_MJ_SET_INFORMATION);
    IS(Seen.Parameters.SetFile.FileInformationClass, FileEndOfFileInformation);
    OK(!Seen.Parameters.SetFile.AdvanceOnly);
    IS(*(PULONG64)SeenBytes, 0x1122334455);
    IS(ZwSetInformationFile(File, &IoStatus, &End, 4, FileEndOfFileInformation), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwSetInformationFile(File, &IoStatus, &End, sizeof(End), FileInternalInformation),
       STATUS_INVALID_INFO_CLASS);

    struct {
        FILE_RENAME_INFORMATION Rename;
        WCHAR More[32];
    } New = {.Rename = {.ReplaceIfExists = TRUE, .FileNameLength = 4}};
    RtlCopyMemory(New.Rename.FileName, L"bc", 4);
    DirectoryOpens = 0;
    IS(ZwSetInformationFile(File, &IoStatus, &New, sizeof(New), FileRenameInformation), STATUS_SUCCESS);
    OK(Seen.Parameters.SetFile.FileObject == NULL); // a name alone
    OK(Seen.Parameters.SetFile.ReplaceIfExists);
    IS(DirectoryOpens, 0);
    New.Rename.FileNameLength = 0;
    IS(ZwSetInformationFile(File, &IoStatus, &New, sizeof(New), FileRenameInformation),
       STATUS_INVALID_PARAMETER);
    New.Rename.FileNameLength = 500;
    IS(ZwSetInformationFile(File, &IoStatus, &New, sizeof(New), FileRenameInformation),
       STATUS_INVALID_PARAMETER);

    New.Rename.FileNameLength = 56;
    New.Rename.ReplaceIfExists = FALSE;
    RtlCopyMemory(New.Rename.FileName, L"\\Device\\FileInformation\\d\\ef", 56);
    IS(ZwSetInformationFile(File, &IoStatus, &New, sizeof(New), FileRenameInformation), STATUS_SUCCESS);
    IS(DirectoryOpens, 1);
    OK(Seen.Parameters.SetFile.FileObject != NULL);
    OK(!Seen.Parameters.SetFile.ReplaceIfExists);
    ZwClose(File);
}

static void TestByFileObject(void)
{
    PVOID Object;
    ULONG Returned = 0;
    FILE_STANDARD_INFORMATION Standard;
    FILE_FS_DEVICE_INFORMATION DeviceInformation;
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = 5};
    HANDLE File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_READ_DATA, 0);
    IS(ObReferenceObjectByHandle(File, 0, *IoFileObjectType, KernelMode, &Object, NULL), STATUS_SUCCESS);
    Answer(STATUS_SUCCESS, sizeof(Standard));
    IS(IoQueryFileInformation(Object, FileStandardInformation, sizeof(Standard), &Standard, &Returned),
       STATUS_SUCCESS);
    IS(Returned, sizeof(Standard));
    IS(*(PUCHAR)&Standard, 0x5a);
    IS(IoQueryVolumeInformation(Object, FileFsDeviceInformation, sizeof(DeviceInformation),
                                &DeviceInformation, &Returned),
       STATUS_SUCCESS);
    IS(Returned, sizeof(DeviceInformation));
    IS(DeviceInformation.DeviceType, FILE_DEVICE_UNKNOWN);
    Answer(STATUS_SUCCESS, 0);
    IS(IoSetInformation(Object, FileEndOfFileInformation, sizeof(End), &End), STATUS_SUCCESS);
    IS(*(PULONG64)SeenBytes, 5);
    Answer(STATUS_DISK_FULL, 0);
    IS(IoSetInformation(Object, FileEndOfFileInformation, sizeof(End), &End), STATUS_DISK_FULL);
    ObDereferenceObject(Object);
    ZwClose(File);
}

static void TestDirectory(void)
{
    IO_STATUS_BLOCK IoStatus;
    ULONG Buffer[64] = {0};
    UNICODE_STRING Expression = RTL_CONSTANT_STRING(L"*.sys");
    HANDLE File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_LIST_DIRECTORY | SYNCHRONIZE,
                             FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    Answer(STATUS_SUCCESS, 4);
    IS(ZwQueryDirectoryFile(File, NULL, NULL, NULL, &IoStatus, Buffer, sizeof(Buffer),
                            FileBothDirectoryInformation, TRUE, &Expression, FALSE),
       STATUS_SUCCESS);
    IS(Buffer[0], 0x1234);
    IS(IoStatus.Information, 4);
    IS(Seen.MinorFunction, IRP_MN_QUERY_DIRECTORY);
    IS(Seen.Flags, SL_RETURN_SINGLE_ENTRY);
    IS(Seen.Parameters.QueryDirectory.FileInformationClass, FileBothDirectoryInformation);
    OK(RtlCompareMemory(SeenName, L"*.sys", 12) == 12);
    IS(ZwQueryDirectoryFile(File, NULL, NULL, NULL, &IoStatus, Buffer, sizeof(Buffer), FileNamesInformation,
                            FALSE, NULL, TRUE),
       STATUS_SUCCESS);
    IS(Seen.Flags, SL_RESTART_SCAN);
    IS(SeenName[0], 0);
    IS(ZwQueryDirectoryFile(File, NULL, NULL, NULL, &IoStatus, Buffer, 8, FileNamesInformation, FALSE, NULL,
                            FALSE),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQueryDirectoryFile(File, NULL, NULL, NULL, &IoStatus, Buffer, sizeof(Buffer), FileBasicInformation,
                            FALSE, NULL, FALSE),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwQueryDirectoryFileEx(File, NULL, NULL, NULL, &IoStatus, Buffer, sizeof(Buffer), FileNamesInformation,
                              0x80, NULL),
       STATUS_INVALID_PARAMETER);
    ZwClose(File);
}

static void TestLockAndFlush(void)
{
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = {.QuadPart = 100}, Length = {.QuadPart = 200};
    HANDLE File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_READ_DATA | SYNCHRONIZE,
                             FILE_SYNCHRONOUS_IO_NONALERT);
    Answer(STATUS_SUCCESS, 0);
    IS(ZwLockFile(File, NULL, NULL, NULL, &IoStatus, &Offset, &Length, 9, TRUE, TRUE), STATUS_SUCCESS);
    IS(Seen.MajorFunction, IRP_MJ_LOCK_CONTROL);
    IS(Seen.MinorFunction, IRP_MN_LOCK);
    IS(Seen.Flags, SL_FAIL_IMMEDIATELY | SL_EXCLUSIVE_LOCK);
    IS(Seen.Parameters.LockControl.ByteOffset.QuadPart, 100);
    IS(SeenLength.QuadPart, 200);
    IS(Seen.Parameters.LockControl.Key, 9);
    IS(ZwUnlockFile(File, &IoStatus, &Offset, &Length, 9), STATUS_SUCCESS);
    IS(Seen.MinorFunction, IRP_MN_UNLOCK_SINGLE);
    Answer(STATUS_LOCK_NOT_GRANTED, 0);
    IS(ZwLockFile(File, NULL, NULL, NULL, &IoStatus, &Offset, &Length, 9, TRUE, FALSE),
       STATUS_LOCK_NOT_GRANTED);

    Answer(STATUS_SUCCESS, 0);
    IS(ZwFlushBuffersFile(File, &IoStatus), STATUS_SUCCESS);
    IS(Seen.MajorFunction, IRP_MJ_FLUSH_BUFFERS);
    IS(ZwFlushBuffersFileEx(File, FLUSH_FLAGS_NO_SYNC, NULL, 0, &IoStatus), STATUS_SUCCESS);
    IS(Seen.MinorFunction, 3);
    IS(ZwFlushBuffersFileEx(File, 8, NULL, 0, &IoStatus), STATUS_INVALID_PARAMETER);
    ZwClose(File);
}

static void TestVolume(void)
{
    IO_STATUS_BLOCK IoStatus;
    UCHAR Buffer[128];
    HANDLE File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_READ_DATA, 0);
    Answer(STATUS_SUCCESS, sizeof(FILE_FS_SIZE_INFORMATION));
    IS(ZwQueryVolumeInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileFsSizeInformation),
       STATUS_SUCCESS);
    IS(Seen.MajorFunction, IRP_MJ_QUERY_VOLUME_INFORMATION);
    IS(Seen.Parameters.QueryVolume.FsInformationClass, FileFsSizeInformation);
    IS(Buffer[0], 0x5a);
    IS(ZwQueryVolumeInformationFile(File, &IoStatus, Buffer, 3, FileFsSizeInformation),
       STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQueryVolumeInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileFsLabelInformation),
       STATUS_INVALID_INFO_CLASS);
    IS(ZwSetVolumeInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileFsSizeInformation),
       STATUS_INVALID_INFO_CLASS);
    Answer(STATUS_SUCCESS, 0);
    IS(ZwSetVolumeInformationFile(File, &IoStatus, Buffer, sizeof(Buffer), FileFsLabelInformation),
       STATUS_SUCCESS);
    IS(Seen.MajorFunction, IRP_MJ_SET_VOLUME_INFORMATION);
    ZwClose(File);
}

// ---- By name, and cancelled

static void TestByName(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\FileInformation\\x");
    OBJECT_ATTRIBUTES Attributes;
    FILE_NETWORK_OPEN_INFORMATION Information;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Answer(STATUS_SUCCESS, sizeof(Information));
    IS(ZwQueryFullAttributesFile(&Attributes, &Information), STATUS_SUCCESS);
    IS(*(PUCHAR)&Information, 0x5a);
    IS(Seen.Parameters.QueryFile.FileInformationClass, FileNetworkOpenInformation);
    IS(ZwDeleteFile(&Attributes), STATUS_SUCCESS);
    Name.Length -= 4;
    Name.Buffer = L"\\Device\\NoSuchDeviceHere";
    IS(ZwDeleteFile(&Attributes), STATUS_OBJECT_NAME_NOT_FOUND);
}

static VOID NTAPI CancelRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI PendRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, CancelRead);
    return STATUS_PENDING;
}

static void TestCancel(void)
{
    ULONG Value;
    LARGE_INTEGER Offset = {0};
    IO_STATUS_BLOCK First = {0}, Second = {0}, IoStatus;
    DispatchOf(Device, IRP_MJ_READ, PendRead);
    HANDLE File = OpenDevice(L"\\Device\\FileInformation\\a", FILE_READ_DATA, 0);
    IS(ZwCancelIoFileEx(File, NULL, &IoStatus), STATUS_NOT_FOUND);
    IS(ZwReadFile(File, NULL, NULL, NULL, &First, &Value, 4, &Offset, NULL), STATUS_PENDING);
    IS(ZwReadFile(File, NULL, NULL, NULL, &Second, &Value, 4, &Offset, NULL), STATUS_PENDING);
    IS(ZwCancelIoFileEx(File, &Second, &IoStatus), STATUS_SUCCESS);
    IS(Second.Status, STATUS_CANCELLED);
    IS(First.Status, 0);
    IS(ZwCancelIoFile(File, &IoStatus), STATUS_SUCCESS);
    IS(First.Status, STATUS_CANCELLED);
    IS(ZwCancelIoFile(File, &IoStatus), STATUS_SUCCESS);
    ZwClose(File);
    DeleteDevice(Device);
}

static void TestGenericMapping(void)
{
    PGENERIC_MAPPING Mapping = IoGetFileObjectGenericMapping();
    IS(Mapping->GenericRead, FILE_GENERIC_READ);
    IS(Mapping->GenericWrite, FILE_GENERIC_WRITE);
    IS(Mapping->GenericExecute, FILE_GENERIC_EXECUTE);
    IS(Mapping->GenericAll, FILE_ALL_ACCESS);
    ACCESS_MASK Access = GENERIC_READ | DELETE;
    RtlMapGenericMask(&Access, Mapping);
    IS(Access, FILE_GENERIC_READ | DELETE);
}

TEST_DRIVER(TestQuery, TestOwnAnswers, TestSet, TestByFileObject, TestDirectory, TestLockAndFlush, TestVolume,
            TestByName, TestCancel, TestGenericMapping)
