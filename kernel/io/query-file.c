// SPDX-License-Identifier: MIT
// Information about a file, asked for by handle.
#include "inc/kernel.h"

static const IOP_CLASS IopQueryClasses[] = {
    [FileBasicInformation] = {sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [FileStandardInformation] = {.Bytes = sizeof(FILE_STANDARD_INFORMATION)},
    [FileInternalInformation] = {.Bytes = sizeof(FILE_INTERNAL_INFORMATION)},
    [FileEaInformation] = {.Bytes = sizeof(FILE_EA_INFORMATION)},
    [FileAccessInformation] = {.Bytes = sizeof(FILE_ACCESS_INFORMATION)},
    [FileNameInformation] = {.Bytes = sizeof(FILE_NAME_INFORMATION)},
    [FilePositionInformation] = {sizeof(FILE_POSITION_INFORMATION), 0, FILE_READ_DATA | FILE_WRITE_DATA},
    [FileModeInformation] = {.Bytes = sizeof(FILE_MODE_INFORMATION)},
    [FileAlignmentInformation] = {.Bytes = sizeof(FILE_ALIGNMENT_INFORMATION)},
    [FileAllInformation] = {sizeof(FILE_ALL_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [FileAlternateNameInformation] = {.Bytes = sizeof(FILE_NAME_INFORMATION)},
    [FileStreamInformation] = {.Bytes = sizeof(FILE_STREAM_INFORMATION)},
    [FilePipeInformation] = {sizeof(FILE_PIPE_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [FilePipeLocalInformation] = {sizeof(FILE_PIPE_LOCAL_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [FilePipeRemoteInformation] = {sizeof(FILE_PIPE_REMOTE_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [FileMailslotQueryInformation] = {.Bytes = sizeof(FILE_MAILSLOT_QUERY_INFORMATION)},
    [FileCompressionInformation] = {.Bytes = sizeof(FILE_COMPRESSION_INFORMATION)},
    [FileNetworkOpenInformation] = {sizeof(FILE_NETWORK_OPEN_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [FileAttributeTagInformation] = {sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [FileIoCompletionNotificationInformation] = {.Bytes =
                                                     sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION)},
    [FileIoPriorityHintInformation] = {sizeof(FILE_IO_PRIORITY_HINT_INFORMATION), FILE_READ_DATA, 0},
    [FileSfioReserveInformation] = {.Bytes = sizeof(FILE_SFIO_RESERVE_INFORMATION)},
    [FileHardLinkInformation] = {.Bytes = sizeof(FILE_LINKS_INFORMATION)},
    [FileNormalizedNameInformation] = {.Bytes = sizeof(FILE_NAME_INFORMATION)},
    [FileNetworkPhysicalNameInformation] = {.Bytes = sizeof(FILE_NETWORK_PHYSICAL_NAME_INFORMATION)},
    [FileIsRemoteDeviceInformation] = {.Bytes = sizeof(FILE_IS_REMOTE_DEVICE_INFORMATION)},
    [FileStandardLinkInformation] = {.Bytes = sizeof(FILE_STANDARD_LINK_INFORMATION)},
    [FileRemoteProtocolInformation] = {.Bytes = sizeof(FILE_REMOTE_PROTOCOL_INFORMATION)},
    [FileIdInformation] = {.Bytes = sizeof(FILE_ID_INFORMATION)},
    [FileStatInformation] = {sizeof(FILE_STAT_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [FileCaseSensitiveInformation] = {sizeof(FILE_CASE_SENSITIVE_INFORMATION), FILE_READ_ATTRIBUTES, 0},
    [IOP_KNOWN_FOLDER_INFORMATION] = {.Bytes = sizeof(ULONG)},
};

static ULONG IopModeOf(const FILE_OBJECT *FileObject)
{
    ULONG Mode = 0;
    if (FileObject->Flags & FO_SYNCHRONOUS_IO) {
        Mode |=
            FileObject->Flags & FO_ALERTABLE_IO ? FILE_SYNCHRONOUS_IO_ALERT : FILE_SYNCHRONOUS_IO_NONALERT;
    }
    Mode |= FileObject->Flags & FO_NO_INTERMEDIATE_BUFFERING ? FILE_NO_INTERMEDIATE_BUFFERING : 0;
    Mode |= FileObject->Flags & FO_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0;
    Mode |= FileObject->Flags & FO_SEQUENTIAL_ONLY ? FILE_SEQUENTIAL_ONLY : 0;
    return Mode | (FileObject->Flags & FO_DELETE_ON_CLOSE ? FILE_DELETE_ON_CLOSE : 0);
}

static ULONG IopNotificationModeOf(const FILE_OBJECT *FileObject)
{
    return (FileObject->Flags & FO_SKIP_COMPLETION_PORT ? FILE_SKIP_COMPLETION_PORT_ON_SUCCESS : 0) |
           (FileObject->Flags & FO_SKIP_SET_EVENT ? FILE_SKIP_SET_EVENT_ON_HANDLE : 0) |
           (FileObject->Flags & FO_SKIP_SET_FAST_IO ? FILE_SKIP_SET_USER_EVENT_ON_FAST_IO : 0);
}

typedef union _IOP_OWN_ANSWER {
    FILE_ACCESS_INFORMATION Access;
    FILE_MODE_INFORMATION Mode;
    FILE_ALIGNMENT_INFORMATION Alignment;
    FILE_POSITION_INFORMATION Position;
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION Notification;
    FILE_IO_PRIORITY_HINT_INFORMATION PriorityHint;
    FILE_IS_REMOTE_DEVICE_INFORMATION Remote;
} IOP_OWN_ANSWER;

// What no driver is asked: how the file was opened. FALSE: a driver is to be asked.
static BOOLEAN IopAnswersItself(const IOP_SERVICE *Service, ULONG Class, IOP_OWN_ANSWER *Answer)
{
    const FILE_OBJECT *FileObject = Service->FileObject;
    switch (Class) {
    case FileAccessInformation: Answer->Access.AccessFlags = Service->GrantedAccess; return TRUE;
    case FileModeInformation: Answer->Mode.Mode = IopModeOf(FileObject); return TRUE;
    case FileAlignmentInformation:
        Answer->Alignment.AlignmentRequirement = Service->DeviceObject->AlignmentRequirement;
        return TRUE;
    case FilePositionInformation:
        // Of a file that is opened for asynchronous I/O there is none here.
        Answer->Position.CurrentByteOffset = FileObject->CurrentByteOffset;
        return Service->Synchronous;
    case FileIoCompletionNotificationInformation:
        Answer->Notification.Flags = IopNotificationModeOf(FileObject);
        return TRUE;
    case FileIoPriorityHintInformation:
        Answer->PriorityHint.PriorityHint = ((const IOP_FILE *)FileObject)->Extension.PriorityHint;
        return TRUE;
    case FileIsRemoteDeviceInformation:
        Answer->Remote.IsRemote = (FileObject->DeviceObject->Characteristics & FILE_REMOTE_DEVICE) != 0;
        return TRUE;
    default: return FALSE;
    }
}

#define IOP_HAS_FAST(Fast, Routine)                                                                          \
    ((Fast) != NULL && (Fast)->SizeOfFastIoDispatch > FIELD_OFFSET(FAST_IO_DISPATCH, Routine) &&             \
     (Fast)->Routine != NULL)

// TRUE: the file system has answered without an IRP; the answer is in Information.
static BOOLEAN IopTryFastQuery(const IOP_SERVICE *Service, ULONG Class, PVOID Information,
                               PIO_STATUS_BLOCK Answer)
{
    BOOLEAN Done = FALSE;
    PFAST_IO_DISPATCH Fast = Service->DeviceObject->DriverObject->FastIoDispatch;
    KeEnterCriticalRegion();
    if (Class == FileBasicInformation && IOP_HAS_FAST(Fast, FastIoQueryBasicInfo)) {
        Done = Fast->FastIoQueryBasicInfo(Service->FileObject, Service->Synchronous, Information, Answer,
                                          Service->DeviceObject);
    } else if (Class == FileStandardInformation && IOP_HAS_FAST(Fast, FastIoQueryStandardInfo)) {
        Done = Fast->FastIoQueryStandardInfo(Service->FileObject, Service->Synchronous, Information, Answer,
                                             Service->DeviceObject);
    } else if (Class == FileNetworkOpenInformation && IOP_HAS_FAST(Fast, FastIoQueryNetworkOpenInfo)) {
        Done = Fast->FastIoQueryNetworkOpenInfo(Service->FileObject, Service->Synchronous, Information,
                                                Answer, Service->DeviceObject);
    }
    KeLeaveCriticalRegion();
    return Done;
}

NTSTATUS IopQueryFile(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request)
{
    IOP_OWN_ANSWER Own;
    IO_STATUS_BLOCK Fast = {0};
    union {
        FILE_BASIC_INFORMATION Basic;
        FILE_STANDARD_INFORMATION Standard;
        FILE_NETWORK_OPEN_INFORMATION NetworkOpen;
    } Information = {0};
    PIRP Irp;
    if (IopAnswersItself(Service, Request->Class, &Own)) {
        return IopAnswerQuery(Service, Request, &Own, IopQueryClasses[Request->Class].Bytes);
    }
    if (IopTryFastQuery(Service, Request->Class, &Information, &Fast)) {
        if (!NT_SUCCESS(Fast.Status)) {
            return IopAnswerService(Service, Request->IoStatusBlock, &Fast);
        }
        return IopAnswerQuery(Service, Request, &Information, IopQueryClasses[Request->Class].Bytes);
    }
    NTSTATUS Status = IopMakeClassIrp(Service, Request, &Irp);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Request->Class == FileAllInformation) {
        // The parts that only we know are there before the file system adds its own.
        PFILE_ALL_INFORMATION All = Irp->AssociatedIrp.SystemBuffer;
        All->AccessInformation.AccessFlags = Service->GrantedAccess;
        All->ModeInformation.Mode = IopModeOf(Service->FileObject);
        All->AlignmentInformation.AlignmentRequirement = Service->DeviceObject->AlignmentRequirement;
        Irp->IoStatus.Information = sizeof(FILE_ACCESS_INFORMATION) + sizeof(FILE_MODE_INFORMATION) +
                                    sizeof(FILE_ALIGNMENT_INFORMATION);
    }
    return IopSendRequest(Service, Irp, TRUE);
}

NTSTATUS NTAPI NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                      PVOID FileInformation, ULONG Length,
                                      FILE_INFORMATION_CLASS FileInformationClass)
{
    IOP_SERVICE Service;
    IOP_CLASS_REQUEST Request = {IRP_MJ_QUERY_INFORMATION, FileInformationClass, FileInformation, Length,
                                 IoStatusBlock};
    NTSTATUS Status = IopCheckClassRequest(&Request, IopQueryClasses, RTL_NUMBER_OF(IopQueryClasses));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    const IOP_CLASS *Class = &IopQueryClasses[Request.Class];
    Status = IopBeginService(&Service, FileHandle, Class->AllOf, Class->AnyOf, NULL);
    return Status == STATUS_SUCCESS ? IopQueryFile(&Service, &Request) : Status;
}

KI_DEFINE_ZW(QueryInformationFile,
             (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
              FILE_INFORMATION_CLASS FileInformationClass),
             (FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass))

NTSTATUS NTAPI IoQueryFileInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass,
                                      ULONG Length, PVOID FileInformation, PULONG ReturnedLength)
{
    IOP_SERVICE Service;
    IO_STATUS_BLOCK IoStatus = {0};
    IOP_CLASS_REQUEST Request = {IRP_MJ_QUERY_INFORMATION, FileInformationClass, FileInformation, Length,
                                 &IoStatus};
    if (Request.Class >= RTL_NUMBER_OF(IopQueryClasses) || IopQueryClasses[Request.Class].Bytes == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < IopQueryClasses[Request.Class].Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS Status = IopBeginOwnService(&Service, FileObject);
    if (Status == STATUS_SUCCESS) {
        Status = IopQueryFile(&Service, &Request);
    }
    *ReturnedLength = (ULONG)IoStatus.Information;
    return Status;
}
