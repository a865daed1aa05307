// SPDX-License-Identifier: MIT
// Files created and opened by name.
#include "inc/kernel.h"

#define IOP_SYNCHRONOUS (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)

// Of Windows 10's headers; it is no option of a file yet in the DDK's.
#define IOP_SESSION_AWARE 0x00040000
#define IOP_VALID_OPTIONS (FILE_VALID_OPTION_FLAGS | IOP_SESSION_AWARE)

// What FILE_DIRECTORY_FILE may be combined with.
#define IOP_DIRECTORY_OPTIONS                                                                                \
    (FILE_DIRECTORY_FILE | IOP_SYNCHRONOUS | FILE_WRITE_THROUGH | FILE_COMPLETE_IF_OPLOCKED |                \
     FILE_OPEN_FOR_BACKUP_INTENT | FILE_DELETE_ON_CLOSE | FILE_OPEN_FOR_FREE_SPACE_QUERY |                   \
     FILE_OPEN_BY_FILE_ID | FILE_NO_COMPRESSION | FILE_OPEN_REPARSE_POINT | FILE_OPEN_REQUIRING_OPLOCK |     \
     FILE_DISALLOW_EXCLUSIVE | FILE_OPEN_NO_RECALL | IOP_SESSION_AWARE)

static NTSTATUS IopCheckCreateOptions(ACCESS_MASK DesiredAccess, ULONG Disposition, ULONG CreateOptions)
{
    if (CreateOptions & ~(ULONG)IOP_VALID_OPTIONS) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((CreateOptions & IOP_SYNCHRONOUS) &&
        (!(DesiredAccess & SYNCHRONIZE) || (CreateOptions & IOP_SYNCHRONOUS) == IOP_SYNCHRONOUS)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((CreateOptions & FILE_DELETE_ON_CLOSE) && !(DesiredAccess & DELETE)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((CreateOptions & FILE_COMPLETE_IF_OPLOCKED) && (CreateOptions & FILE_RESERVE_OPFILTER)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((CreateOptions & FILE_NO_INTERMEDIATE_BUFFERING) && (DesiredAccess & FILE_APPEND_DATA)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!(CreateOptions & FILE_DIRECTORY_FILE)) {
        return STATUS_SUCCESS;
    }
    if ((CreateOptions & ~(ULONG)IOP_DIRECTORY_OPTIONS) ||
        (Disposition != FILE_CREATE && Disposition != FILE_OPEN && Disposition != FILE_OPEN_IF)) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS IopCheckPipe(ULONG Disposition, ULONG ShareAccess, ULONG CreateOptions,
                             const NAMED_PIPE_CREATE_PARAMETERS *Parameters)
{
    if (Parameters == NULL || Parameters->NamedPipeType > FILE_PIPE_MESSAGE_TYPE ||
        Parameters->ReadMode > FILE_PIPE_MESSAGE_MODE ||
        Parameters->CompletionMode > FILE_PIPE_COMPLETE_OPERATION || (ShareAccess & FILE_SHARE_DELETE) ||
        Disposition < FILE_OPEN || Disposition > FILE_OPEN_IF || (CreateOptions & FILE_DIRECTORY_FILE)) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS IopCheckMailslot(ULONG Disposition, ULONG ShareAccess, ULONG CreateOptions,
                                 const MAILSLOT_CREATE_PARAMETERS *Parameters)
{
    if (Parameters == NULL || (ShareAccess & FILE_SHARE_DELETE) || !(ShareAccess & ~FILE_SHARE_WRITE) ||
        Disposition != FILE_CREATE || (CreateOptions & FILE_DIRECTORY_FILE)) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS IopCheckCreate(ACCESS_MASK DesiredAccess, const IOP_OPEN_PACKET *Packet)
{
    if ((Packet->FileAttributes & ~(ULONG)FILE_ATTRIBUTE_VALID_FLAGS) ||
        (Packet->ShareAccess & ~(ULONG)FILE_SHARE_VALID_FLAGS) ||
        Packet->Disposition > FILE_MAXIMUM_DISPOSITION) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = IopCheckCreateOptions(DesiredAccess, Packet->Disposition, Packet->CreateOptions);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    switch (Packet->CreateFileType) {
    case CreateFileTypeNone: return STATUS_SUCCESS;
    case CreateFileTypeNamedPipe:
        return IopCheckPipe(Packet->Disposition, Packet->ShareAccess, Packet->CreateOptions,
                            Packet->CreateParameters);
    case CreateFileTypeMailslot:
        return IopCheckMailslot(Packet->Disposition, Packet->ShareAccess, Packet->CreateOptions,
                                Packet->CreateParameters);
    default: return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS NTAPI IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset)
{
    PUCHAR Start = (PUCHAR)EaBuffer;
    ULONG Offset = 0;
    while (EaLength <= MAXLONG) {
        PFILE_FULL_EA_INFORMATION Entry = (PVOID)(Start + Offset);
        ULONG Left = EaLength - Offset;
        const ULONG Fixed = FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName);
        if (EaLength < Offset || Left < Fixed ||
            Left < Fixed + Entry->EaNameLength + 1u + Entry->EaValueLength ||
            Entry->EaName[Entry->EaNameLength] != '\0') {
            break;
        }
        ULONG Bytes = Fixed + Entry->EaNameLength + 1u + Entry->EaValueLength;
        if (Entry->NextEntryOffset == 0) {
            return STATUS_SUCCESS;
        }
        if (Entry->NextEntryOffset != ALIGN_UP_BY(Bytes, sizeof(ULONG)) || Entry->NextEntryOffset > Left) {
            break;
        }
        Offset += Entry->NextEntryOffset;
    }
    if (ErrorOffset != NULL) {
        *ErrorOffset = Offset;
    }
    return STATUS_EA_LIST_INCONSISTENT;
}

// Raises.
static VOID IopCaptureEa(PIOP_OPEN_PACKET Packet, PVOID EaBuffer, ULONG EaLength, KPROCESSOR_MODE Mode)
{
    if (EaBuffer == NULL || EaLength == 0) {
        return;
    }
    if (Mode != KernelMode) {
        ProbeForRead(EaBuffer, EaLength, sizeof(ULONG));
    }
    Packet->EaBuffer = ExAllocatePool2(
        POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE | POOL_FLAG_UNINITIALIZED, EaLength, TAG_IO_EA);
    Packet->EaLength = EaLength;
    RtlCopyMemory(Packet->EaBuffer, EaBuffer, EaLength);
}

static NTSTATUS IopCaptureCreate(PIOP_OPEN_PACKET Packet, PHANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                 PLARGE_INTEGER AllocationSize, PVOID EaBuffer, ULONG EaLength,
                                 KPROCESSOR_MODE Mode)
{
    ULONG ErrorOffset = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(FileHandle, sizeof(HANDLE), sizeof(HANDLE));
            IopProbeStatusBlock(IoStatusBlock, Mode);
            if (AllocationSize != NULL) {
                ProbeForRead(AllocationSize, sizeof(*AllocationSize), sizeof(ULONG));
            }
        }
        if (AllocationSize != NULL) {
            Packet->AllocationSize = *AllocationSize;
        }
        IopCaptureEa(Packet, EaBuffer, EaLength, Mode);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (NT_SUCCESS(Status) && Packet->AllocationSize.QuadPart < 0) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status) && Packet->EaBuffer != NULL) {
        Status = IoCheckEaBufferValidity(Packet->EaBuffer, EaLength, &ErrorOffset);
    }
    return Status;
}

static VOID IopReturnOpen(const IOP_OPEN_PACKET *Packet, HANDLE Handle, PHANDLE FileHandle, NTSTATUS *Status,
                          PIO_STATUS_BLOCK IoStatusBlock)
{
    __try {
        if (NT_SUCCESS(*Status)) {
            *FileHandle = Handle;
        }
        IoStatusBlock->Information = Packet->Information;
        IoStatusBlock->Status = *Status;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        if (NT_SUCCESS(*Status)) {
            ObCloseHandle(Handle, KeGetPreviousMode());
        }
        *Status = GetExceptionCode();
    }
}

static NTSTATUS IopCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                              PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                              ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                              CREATE_FILE_TYPE CreateFileType, PVOID CreateParameters, ULONG Options,
                              PDEVICE_OBJECT DeviceHint, PECP_LIST EcpList)
{
    HANDLE Handle = NULL;
    KPROCESSOR_MODE Mode = Options & IO_NO_PARAMETER_CHECKING ? KernelMode : KeGetPreviousMode();
    IOP_OPEN_PACKET Packet = {.Type = IO_TYPE_OPEN_PACKET,
                              .Size = sizeof(Packet),
                              .Options = Options,
                              .CreateOptions = CreateOptions,
                              .Disposition = Disposition,
                              .FileAttributes = FileAttributes,
                              .ShareAccess = ShareAccess,
                              .CreateFileType = CreateFileType,
                              .CreateParameters = CreateParameters,
                              .DeviceHint = DeviceHint,
                              .EcpList = EcpList};
    NTSTATUS Status = IopCheckCreate(DesiredAccess, &Packet);
    if (NT_SUCCESS(Status)) {
        Status =
            IopCaptureCreate(&Packet, FileHandle, IoStatusBlock, AllocationSize, EaBuffer, EaLength, Mode);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObOpenObjectByName(ObjectAttributes, NULL, Mode, NULL, DesiredAccess, &Packet, &Handle);
        if (NT_SUCCESS(Status) && !Packet.Asked) {
            // The name is another object's, which has nothing to do with files.
            ObCloseHandle(Handle, Mode);
            Status = STATUS_OBJECT_TYPE_MISMATCH;
        }
    }
    if (Packet.Asked) {
        if (NT_SUCCESS(Status)) {
            Status = Packet.FinalStatus;
        }
        IopReturnOpen(&Packet, Handle, FileHandle, &Status, IoStatusBlock);
    }
    if (Packet.EaBuffer != NULL) {
        ExFreePoolWithTag(Packet.EaBuffer, TAG_IO_EA);
    }
    return Status;
}

NTSTATUS NTAPI IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                            CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options)
{
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize,
                         FileAttributes, ShareAccess, Disposition, CreateOptions, EaBuffer, EaLength,
                         CreateFileType, InternalParameters, Options, NULL, NULL);
}

NTSTATUS NTAPI IoCreateFileSpecifyDeviceObjectHint(
    PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
    ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength, CREATE_FILE_TYPE CreateFileType,
    PVOID InternalParameters, ULONG Options, PVOID DeviceObject)
{
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize,
                         FileAttributes, ShareAccess, Disposition, CreateOptions, EaBuffer, EaLength,
                         CreateFileType, InternalParameters, Options | IO_NO_PARAMETER_CHECKING, DeviceObject,
                         NULL);
}

NTSTATUS NTAPI IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                              PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                              ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                              CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options,
                              PIO_DRIVER_CREATE_CONTEXT DriverContext)
{
    static IO_DRIVER_CREATE_CONTEXT Nothing = {.Size = sizeof(Nothing)};
    PIO_DRIVER_CREATE_CONTEXT Context = DriverContext != NULL ? DriverContext : &Nothing;
    if (Context->Size < (CSHORT)sizeof(*Context)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Context->TxnParameters != NULL) {
        return STATUS_NOT_SUPPORTED;
    }
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize,
                         FileAttributes, ShareAccess, Disposition, CreateOptions, EaBuffer, EaLength,
                         CreateFileType, InternalParameters, Options | IO_NO_PARAMETER_CHECKING,
                         Context->DeviceObjectHint, Context->ExtraCreateParameter);
}

NTSTATUS NTAPI NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength)
{
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize,
                         FileAttributes, ShareAccess, CreateDisposition, CreateOptions, EaBuffer, EaLength,
                         CreateFileTypeNone, NULL, 0, NULL, NULL);
}

KI_DEFINE_ZW(CreateFile,
             (PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
              ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer,
              ULONG EaLength),
             (FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes,
              ShareAccess, CreateDisposition, CreateOptions, EaBuffer, EaLength))

NTSTATUS NTAPI NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions)
{
    return IopCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0, ShareAccess,
                         FILE_OPEN, OpenOptions, NULL, 0, CreateFileTypeNone, NULL, 0, NULL, NULL);
}

KI_DEFINE_ZW(OpenFile,
             (PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions),
             (FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, ShareAccess, OpenOptions))
