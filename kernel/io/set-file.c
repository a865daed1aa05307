// SPDX-License-Identifier: MIT
// Information about a file, changed by handle; renamed and linked files.
#include "inc/kernel.h"

static const IOP_CLASS IopSetClasses[] = {
    [FileBasicInformation] = {sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES, 0},
    [FileRenameInformation] = {sizeof(FILE_RENAME_INFORMATION), DELETE, 0},
    [FileLinkInformation] = {.Bytes = sizeof(FILE_LINK_INFORMATION)},
    [FileDispositionInformation] = {sizeof(FILE_DISPOSITION_INFORMATION), DELETE, 0},
    [FilePositionInformation] = {sizeof(FILE_POSITION_INFORMATION), 0, FILE_READ_DATA | FILE_WRITE_DATA},
    [FileModeInformation] = {.Bytes = sizeof(FILE_MODE_INFORMATION)},
    [FileAllocationInformation] = {sizeof(FILE_ALLOCATION_INFORMATION), FILE_WRITE_DATA, 0},
    [FileEndOfFileInformation] = {sizeof(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA, 0},
    [FilePipeInformation] = {sizeof(FILE_PIPE_INFORMATION), FILE_WRITE_ATTRIBUTES, 0},
    [FilePipeRemoteInformation] = {sizeof(FILE_PIPE_REMOTE_INFORMATION), FILE_WRITE_ATTRIBUTES, 0},
    [FileMailslotSetInformation] = {.Bytes = sizeof(FILE_MAILSLOT_SET_INFORMATION)},
    [FileValidDataLengthInformation] = {sizeof(FILE_VALID_DATA_LENGTH_INFORMATION), FILE_WRITE_DATA, 0},
    [FileShortNameInformation] = {sizeof(FILE_NAME_INFORMATION), DELETE, 0},
    [FileIoCompletionNotificationInformation] = {.Bytes =
                                                     sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION)},
    [FileIoPriorityHintInformation] = {sizeof(FILE_IO_PRIORITY_HINT_INFORMATION), FILE_READ_DATA, 0},
    [FileDispositionInformationEx] = {sizeof(FILE_DISPOSITION_INFORMATION_EX), DELETE, 0},
    [FileRenameInformationEx] = {sizeof(FILE_RENAME_INFORMATION), DELETE, 0},
    [FileCaseSensitiveInformation] = {sizeof(FILE_CASE_SENSITIVE_INFORMATION), FILE_WRITE_ATTRIBUTES, 0},
    [FileLinkInformationEx] = {.Bytes = sizeof(FILE_LINK_INFORMATION)},
};

#define IOP_SYNCHRONOUS (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)
#define IOP_SET_MODE    (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | IOP_SYNCHRONOUS)

// Whether a file is synchronous is decided when it is opened; how it waits may be changed.
static NTSTATUS IopSetMode(PFILE_OBJECT FileObject, ULONG Mode)
{
    BOOLEAN Synchronous = (FileObject->Flags & FO_SYNCHRONOUS_IO) != 0;
    if ((Mode & ~(ULONG)IOP_SET_MODE) || Synchronous != ((Mode & IOP_SYNCHRONOUS) != 0) ||
        (Mode & IOP_SYNCHRONOUS) == IOP_SYNCHRONOUS) {
        return STATUS_INVALID_PARAMETER;
    }
    // What was opened without buffers between stays as it is.
    if (!(FileObject->Flags & FO_NO_INTERMEDIATE_BUFFERING)) {
        FileObject->Flags &= ~(ULONG)FO_WRITE_THROUGH;
        FileObject->Flags |= Mode & FILE_WRITE_THROUGH ? FO_WRITE_THROUGH : 0;
    }
    FileObject->Flags &= ~(ULONG)(FO_SEQUENTIAL_ONLY | FO_ALERTABLE_IO);
    FileObject->Flags |= (Mode & FILE_SEQUENTIAL_ONLY ? FO_SEQUENTIAL_ONLY : 0) |
                         (Mode & FILE_SYNCHRONOUS_IO_ALERT ? FO_ALERTABLE_IO : 0);
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetPosition(const IOP_SERVICE *Service, LARGE_INTEGER Position)
{
    PFILE_OBJECT FileObject = Service->FileObject;
    ULONG SectorSize = Service->DeviceObject->SectorSize;
    if (Position.QuadPart < 0 || ((FileObject->Flags & FO_NO_INTERMEDIATE_BUFFERING) && SectorSize != 0 &&
                                  Position.QuadPart % SectorSize != 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    FileObject->CurrentByteOffset = Position;
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetNotificationMode(PFILE_OBJECT FileObject, ULONG Mode)
{
    if (Mode & ~(ULONG)(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE |
                        FILE_SKIP_SET_USER_EVENT_ON_FAST_IO)) {
        return STATUS_INVALID_PARAMETER;
    }
    // What has been set is never taken back.
    FileObject->Flags |= (Mode & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS ? FO_SKIP_COMPLETION_PORT : 0) |
                         (Mode & FILE_SKIP_SET_EVENT_ON_HANDLE ? FO_SKIP_SET_EVENT : 0) |
                         (Mode & FILE_SKIP_SET_USER_EVENT_ON_FAST_IO ? FO_SKIP_SET_FAST_IO : 0);
    return STATUS_SUCCESS;
}

typedef union _IOP_OWN_CHANGE {
    FILE_MODE_INFORMATION Mode;
    FILE_POSITION_INFORMATION Position;
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION Notification;
    FILE_IO_PRIORITY_HINT_INFORMATION PriorityHint;
} IOP_OWN_CHANGE;

static BOOLEAN IopChangesItself(const IOP_SERVICE *Service, ULONG Class)
{
    return Class == FileModeInformation || Class == FileIoCompletionNotificationInformation ||
           Class == FileIoPriorityHintInformation ||
           (Class == FilePositionInformation && Service->Synchronous);
}

// What is the I/O manager's own, without a driver.
static NTSTATUS IopChange(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request)
{
    IO_STATUS_BLOCK Answer = {0};
    IOP_OWN_CHANGE Change;
    __try {
        RtlCopyMemory(&Change, Request->Buffer, IopSetClasses[Request->Class].Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Answer.Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Answer.Status)) {
        switch (Request->Class) {
        case FileModeInformation: Answer.Status = IopSetMode(Service->FileObject, Change.Mode.Mode); break;
        case FilePositionInformation:
            Answer.Status = IopSetPosition(Service, Change.Position.CurrentByteOffset);
            break;
        case FileIoCompletionNotificationInformation:
            Answer.Status = IopSetNotificationMode(Service->FileObject, Change.Notification.Flags);
            break;
        default:
            if ((ULONG)Change.PriorityHint.PriorityHint >= MaxIoPriorityTypes) {
                Answer.Status = STATUS_INVALID_PARAMETER;
            } else {
                ((PIOP_FILE)Service->FileObject)->Extension.PriorityHint = Change.PriorityHint.PriorityHint;
            }
        }
    }
    if (!NT_SUCCESS(Answer.Status)) {
        IopEndService(Service);
        return Answer.Status;
    }
    return IopAnswerService(Service, Request->IoStatusBlock, &Answer);
}

// ---- New names. Rename and link information have the same layout.

C_ASSERT(FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) == FIELD_OFFSET(FILE_LINK_INFORMATION, FileName));

static BOOLEAN IopNamesTarget(ULONG Class)
{
    return Class == FileRenameInformation || Class == FileRenameInformationEx ||
           Class == FileLinkInformation || Class == FileLinkInformationEx;
}

// Opens the directory that the new name is in, as *Target, which Handle keeps open; NULL for a name alone,
// which stays in its directory.
static NTSTATUS IopOpenTarget(const IOP_SERVICE *Service, PFILE_RENAME_INFORMATION Rename, ULONG Length,
                              PHANDLE Handle, PFILE_OBJECT *Target)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    PVOID Object;
    const ULONG Fixed = FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName);
    if (Rename->FileNameLength == 0 || Rename->FileNameLength % sizeof(WCHAR) != 0 ||
        Rename->FileNameLength > UNICODE_STRING_MAX_BYTES || Rename->FileNameLength > Length - Fixed) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Rename->RootDirectory == NULL && Rename->FileName[0] != OBJ_NAME_PATH_SEPARATOR) {
        return STATUS_SUCCESS;
    }
    UNICODE_STRING Name = {(USHORT)Rename->FileNameLength, (USHORT)Rename->FileNameLength, Rename->FileName};
    InitializeObjectAttributes(
        &Attributes, &Name,
        (Service->FileObject->Flags & FO_OPENED_CASE_SENSITIVE ? 0 : OBJ_CASE_INSENSITIVE) |
            (Service->Mode == KernelMode ? OBJ_KERNEL_HANDLE : 0),
        Rename->RootDirectory, NULL);
    NTSTATUS Status = IoCreateFile(Handle, FILE_ADD_FILE | SYNCHRONIZE, &Attributes, &IoStatus, NULL, 0,
                                   FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT,
                                   NULL, 0, CreateFileTypeNone, NULL,
                                   IO_NO_PARAMETER_CHECKING | IO_OPEN_TARGET_DIRECTORY |
                                       (Service->Mode != KernelMode ? IO_FORCE_ACCESS_CHECK : 0));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(*Handle, 0, IoFileObjectType, KernelMode, &Object, NULL);
    if (NT_SUCCESS(Status)) {
        *Target = Object;
        if (((PFILE_OBJECT)Object)->DeviceObject == Service->FileObject->DeviceObject) {
            return STATUS_SUCCESS;
        }
        Status = STATUS_NOT_SAME_DEVICE;
        ObfDereferenceObject(Object);
    }
    ObCloseHandle(*Handle, KernelMode);
    *Target = NULL;
    return Status;
}

NTSTATUS IopSetFile(PIOP_SERVICE Service, const IOP_CLASS_REQUEST *Request)
{
    PIRP Irp;
    HANDLE Handle = NULL;
    PFILE_OBJECT Target = NULL;
    if (IopChangesItself(Service, Request->Class)) {
        return IopChange(Service, Request);
    }
    NTSTATUS Status = IopMakeClassIrp(Service, Request, &Irp);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    if (IopNamesTarget(Request->Class)) {
        PFILE_RENAME_INFORMATION Rename = Irp->AssociatedIrp.SystemBuffer;
        Status = IopOpenTarget(Service, Rename, Request->Length, &Handle, &Target);
        if (!NT_SUCCESS(Status)) {
            IopAbandonServiceIrp(Service, Irp);
            return Status;
        }
        Stack->Parameters.SetFile.FileObject = Target;
        // The Ex classes have flags there, whose first is the same.
        Stack->Parameters.SetFile.ReplaceIfExists = (Rename->ReplaceIfExists & 1) != 0;
    } else if (Request->Class == FileEndOfFileInformation) {
        Stack->Parameters.SetFile.AdvanceOnly = FALSE;
    }
    Status = IopSendRequest(Service, Irp, TRUE);
    if (Target != NULL) {
        ObfDereferenceObject(Target);
        ObCloseHandle(Handle, KernelMode);
    }
    return Status;
}

NTSTATUS NTAPI NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                    ULONG Length, FILE_INFORMATION_CLASS FileInformationClass)
{
    IOP_SERVICE Service;
    IOP_CLASS_REQUEST Request = {IRP_MJ_SET_INFORMATION, FileInformationClass, FileInformation, Length,
                                 IoStatusBlock};
    NTSTATUS Status = IopCheckClassRequest(&Request, IopSetClasses, RTL_NUMBER_OF(IopSetClasses));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    const IOP_CLASS *Class = &IopSetClasses[Request.Class];
    Status = IopBeginService(&Service, FileHandle, Class->AllOf, Class->AnyOf, NULL);
    return Status == STATUS_SUCCESS ? IopSetFile(&Service, &Request) : Status;
}

KI_DEFINE_ZW(SetInformationFile,
             (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
              FILE_INFORMATION_CLASS FileInformationClass),
             (FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass))

NTSTATUS NTAPI IoSetInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass,
                                ULONG Length, PVOID FileInformation)
{
    IOP_SERVICE Service;
    IO_STATUS_BLOCK IoStatus;
    IOP_CLASS_REQUEST Request = {IRP_MJ_SET_INFORMATION, FileInformationClass, FileInformation, Length,
                                 &IoStatus};
    if (Request.Class >= RTL_NUMBER_OF(IopSetClasses) || IopSetClasses[Request.Class].Bytes == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < IopSetClasses[Request.Class].Bytes) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS Status = IopBeginOwnService(&Service, FileObject);
    return Status == STATUS_SUCCESS ? IopSetFile(&Service, &Request) : Status;
}
