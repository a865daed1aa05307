// SPDX-License-Identifier: MIT
// Information about files: asked for and changed; information about the volume.
#include "inc/kernel.h"
#include "cc/cc.h"
#include "fs/fs.h"

// ---- Queries: each fills its structure, which is zeroed, in

static VOID FspFillBasic(const FSP_NODE *Node, PFILE_BASIC_INFORMATION Basic)
{
    Basic->CreationTime = Node->CreationTime;
    Basic->LastAccessTime = Node->LastAccessTime;
    Basic->LastWriteTime = Node->LastWriteTime;
    Basic->ChangeTime = Node->ChangeTime;
    Basic->FileAttributes = FspShownAttributes(Node->Attributes);
}

// Without the name that is to be deleted; one that is has been taken off already.
static ULONG FspLinksLeft(const FSP_NODE *Node)
{
    return Node->DeletePending && !Node->Deleted ? Node->Links - 1 : Node->Links;
}

static VOID FspFillStandard(const FSP_NODE *Node, PFILE_STANDARD_INFORMATION Standard)
{
    Standard->AllocationSize = Node->Header.AllocationSize;
    Standard->EndOfFile = Node->Header.FileSize;
    Standard->NumberOfLinks = FspLinksLeft(Node);
    Standard->DeletePending = Node->DeletePending;
    Standard->Directory = FspIsFolder(Node);
}

static VOID FspFillNetworkOpen(const FSP_NODE *Node, PFILE_NETWORK_OPEN_INFORMATION Open)
{
    Open->CreationTime = Node->CreationTime;
    Open->LastAccessTime = Node->LastAccessTime;
    Open->LastWriteTime = Node->LastWriteTime;
    Open->ChangeTime = Node->ChangeTime;
    Open->AllocationSize = Node->Header.AllocationSize;
    Open->EndOfFile = Node->Header.FileSize;
    Open->FileAttributes = FspShownAttributes(Node->Attributes);
}

static VOID FspFillStat(const FSP_NODE *Node, PFILE_STAT_INFORMATION Stat)
{
    Stat->FileId.QuadPart = (LONGLONG)Node->Id;
    Stat->CreationTime = Node->CreationTime;
    Stat->LastAccessTime = Node->LastAccessTime;
    Stat->LastWriteTime = Node->LastWriteTime;
    Stat->ChangeTime = Node->ChangeTime;
    Stat->AllocationSize = Node->Header.AllocationSize;
    Stat->EndOfFile = Node->Header.FileSize;
    Stat->FileAttributes = FspShownAttributes(Node->Attributes);
    Stat->NumberOfLinks = Node->Links;
    Stat->EffectiveAccess = FILE_ALL_ACCESS;
}

// A name as far as it fits behind Fixed bytes. STATUS_BUFFER_OVERFLOW.
static NTSTATUS FspFillName(PCUNICODE_STRING Path, PULONG NameLength, PWCH Name, ULONG Fixed, ULONG Length,
                            PULONG Bytes)
{
    ULONG Room = Length - Fixed, Copied = min((ULONG)Path->Length, Room);
    *NameLength = Path->Length;
    RtlCopyMemory(Name, Path->Buffer, Copied);
    *Bytes = Fixed + Copied;
    return Copied < Path->Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS FspFillAll(PFILE_OBJECT FileObject, const FSP_NODE *Node, PFILE_ALL_INFORMATION All,
                           ULONG Length, PULONG Bytes)
{
    FspFillBasic(Node, &All->BasicInformation);
    FspFillStandard(Node, &All->StandardInformation);
    All->InternalInformation.IndexNumber.QuadPart = (LONGLONG)Node->Id;
    All->PositionInformation.CurrentByteOffset = FileObject->CurrentByteOffset;
    return FspFillName(&Node->Path, &All->NameInformation.FileNameLength, All->NameInformation.FileName,
                       FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation.FileName), Length, Bytes);
}

static NTSTATUS FspFillStream(const FSP_NODE *Node, PFILE_STREAM_INFORMATION Stream, ULONG Length,
                              PULONG Bytes)
{
    static const UNICODE_STRING Data = RTL_CONSTANT_STRING(L"::$DATA");
    if (FspIsFolder(Node)) {
        *Bytes = 0;
        return STATUS_SUCCESS;
    }
    Stream->StreamSize = Node->Header.FileSize;
    Stream->StreamAllocationSize = Node->Header.AllocationSize;
    return FspFillName(&Data, &Stream->StreamNameLength, Stream->StreamName,
                       FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName), Length, Bytes);
}

static NTSTATUS FspFill(PFILE_OBJECT FileObject, const FSP_NODE *Node, ULONG Class, PVOID Buffer,
                        ULONG Length, PULONG Bytes)
{
    switch (Class) {
    case FileBasicInformation:
        FspFillBasic(Node, Buffer);
        *Bytes = sizeof(FILE_BASIC_INFORMATION);
        return STATUS_SUCCESS;
    case FileStandardInformation:
        FspFillStandard(Node, Buffer);
        *Bytes = sizeof(FILE_STANDARD_INFORMATION);
        return STATUS_SUCCESS;
    case FileNetworkOpenInformation:
        FspFillNetworkOpen(Node, Buffer);
        *Bytes = sizeof(FILE_NETWORK_OPEN_INFORMATION);
        return STATUS_SUCCESS;
    case FileStatInformation:
        FspFillStat(Node, Buffer);
        *Bytes = sizeof(FILE_STAT_INFORMATION);
        return STATUS_SUCCESS;
    case FileInternalInformation:
        ((PFILE_INTERNAL_INFORMATION)Buffer)->IndexNumber.QuadPart = (LONGLONG)Node->Id;
        *Bytes = sizeof(FILE_INTERNAL_INFORMATION);
        return STATUS_SUCCESS;
    case FileIdInformation:
        ((PFILE_ID_INFORMATION)Buffer)->VolumeSerialNumber = FSP_SERIAL;
        RtlCopyMemory(((PFILE_ID_INFORMATION)Buffer)->FileId.Identifier, &Node->Id, sizeof(Node->Id));
        *Bytes = sizeof(FILE_ID_INFORMATION);
        return STATUS_SUCCESS;
    case FileEaInformation: // there are none
        *Bytes = sizeof(FILE_EA_INFORMATION);
        return STATUS_SUCCESS;
    case FilePositionInformation:
        ((PFILE_POSITION_INFORMATION)Buffer)->CurrentByteOffset = FileObject->CurrentByteOffset;
        *Bytes = sizeof(FILE_POSITION_INFORMATION);
        return STATUS_SUCCESS;
    case FileAttributeTagInformation:
        ((PFILE_ATTRIBUTE_TAG_INFORMATION)Buffer)->FileAttributes = FspShownAttributes(Node->Attributes);
        *Bytes = sizeof(FILE_ATTRIBUTE_TAG_INFORMATION);
        return STATUS_SUCCESS;
    case FileStandardLinkInformation: {
        PFILE_STANDARD_LINK_INFORMATION Links = Buffer;
        Links->TotalNumberOfLinks = Node->Links;
        Links->NumberOfAccessibleLinks = FspLinksLeft(Node);
        Links->DeletePending = Node->DeletePending;
        Links->Directory = FspIsFolder(Node);
        *Bytes = sizeof(FILE_STANDARD_LINK_INFORMATION);
        return STATUS_SUCCESS;
    }
    case IOP_KNOWN_FOLDER_INFORMATION: // KnownFolderNone
        *Bytes = sizeof(ULONG);
        return STATUS_SUCCESS;
    case FileNameInformation:
    case FileNormalizedNameInformation: {
        PFILE_NAME_INFORMATION Name = Buffer;
        return FspFillName(&Node->Path, &Name->FileNameLength, Name->FileName,
                           FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), Length, Bytes);
    }
    case FileAllInformation: return FspFillAll(FileObject, Node, Buffer, Length, Bytes);
    case FileStreamInformation: return FspFillStream(Node, Buffer, Length, Bytes);
    case FileAlternateNameInformation: return STATUS_OBJECT_NAME_NOT_FOUND; // no file has a short name
    default: return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS FspQueryInformation(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG Bytes = 0;
    FSP_NODE *Node = FspNodeOf(Stack->FileObject);
    if (Node->Volume) {
        return STATUS_INVALID_PARAMETER;
    }
    ExAcquireResourceSharedLite(&FspLock, TRUE);
    ExAcquireResourceSharedLite(&Node->Resource, TRUE);
    NTSTATUS Status = FspFill(Stack->FileObject, Node, Stack->Parameters.QueryFile.FileInformationClass,
                              Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.QueryFile.Length, &Bytes);
    ExReleaseResourceLite(&Node->Resource);
    ExReleaseResourceLite(&FspLock);
    Irp->IoStatus.Information = Bytes;
    return Status;
}

// ---- Changes

// A time as it is given: 0 leaves it, -1 also from now on while the handle is open, -2 takes that back.
static BOOLEAN FspSetTime(PLARGE_INTEGER Time, BOOLEAN *Keep, LONGLONG Value)
{
    if (Value == 0) {
        return FALSE;
    }
    if (Value < 0) {
        *Keep = Value == -1;
        return FALSE;
    }
    *Keep = TRUE; // set by the caller, it is not to be overtaken
    Time->QuadPart = Value;
    return TRUE;
}

static NTSTATUS FspSetBasic(FSP_NODE *Node, FSP_OPEN *Open, const FILE_BASIC_INFORMATION *Basic)
{
    BOOLEAN Ignored, Changed = FALSE;
    ULONG Attributes = Basic->FileAttributes;
    if (!FspMayHaveAttributes(Attributes, FspIsFolder(Node))) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Basic->CreationTime.QuadPart < -2 || Basic->LastAccessTime.QuadPart < -2 ||
        Basic->LastWriteTime.QuadPart < -2 || Basic->ChangeTime.QuadPart < -2) {
        return STATUS_INVALID_PARAMETER;
    }
    if (FspSetTime(&Node->CreationTime, &Ignored, Basic->CreationTime.QuadPart)) {
        Changed = Node->AttributesChanged = TRUE;
    }
    Changed |= FspSetTime(&Node->LastAccessTime, &Open->KeepAccessTime, Basic->LastAccessTime.QuadPart);
    Changed |= FspSetTime(&Node->LastWriteTime, &Open->KeepWriteTime, Basic->LastWriteTime.QuadPart);
    Changed |= FspSetTime(&Node->ChangeTime, &Open->KeepChangeTime, Basic->ChangeTime.QuadPart);
    if (Attributes != 0) {
        FspSetAttributes(Node, Attributes);
        Changed = TRUE;
    }
    if (Changed) {
        Node->TimesChanged = TRUE;
        FspWriteTimes(Node);
        FspReport(&Node->Path,
                  FILE_NOTIFY_CHANGE_ATTRIBUTES | FILE_NOTIFY_CHANGE_LAST_WRITE |
                      FILE_NOTIFY_CHANGE_CREATION | FILE_NOTIFY_CHANGE_LAST_ACCESS,
                  FILE_ACTION_MODIFIED);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS FspSetDisposition(PFILE_OBJECT FileObject, FSP_NODE *Node, ULONG Flags)
{
    if (Node->Deleted) {
        return STATUS_FILE_DELETED;
    }
    if (!(Flags & FILE_DISPOSITION_DELETE)) {
        Node->DeletePending = FALSE;
        FileObject->DeletePending = FALSE;
        return STATUS_SUCCESS;
    }
    if (Node->Path.Length == sizeof(WCHAR) || ((Node->Attributes & FILE_ATTRIBUTE_READONLY) &&
                                               !(Flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE))) {
        return STATUS_CANNOT_DELETE;
    }
    // A view of its data is no hindrance to whoever lets others use the file on; a program that runs is.
    if (!MmFlushImageSection(&Node->Sections,
                             Flags & FILE_DISPOSITION_POSIX_SEMANTICS ? MmFlushForWrite : MmFlushForDelete)) {
        return STATUS_CANNOT_DELETE;
    }
    if (FspIsFolder(Node)) {
        NTSTATUS Status = FspCheckEmpty(Node);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Node->DeletePending = TRUE;
    FileObject->DeletePending = TRUE;
    FspOpenOf(FileObject)->DeleteAtCleanup = (Flags & FILE_DISPOSITION_POSIX_SEMANTICS) != 0;
    return STATUS_SUCCESS;
}

static NTSTATUS FspSetDispositionEx(PFILE_OBJECT FileObject, FSP_NODE *Node, ULONG Flags)
{
    const ULONG Known = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |
                        FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK | FILE_DISPOSITION_ON_CLOSE |
                        FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;
    if (Flags & ~Known) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Flags & FILE_DISPOSITION_ON_CLOSE) {
        FspOpenOf(FileObject)->DeleteOnClose = (Flags & FILE_DISPOSITION_DELETE) != 0;
        FspOpenOf(FileObject)->DeleteAtCleanup = (Flags & FILE_DISPOSITION_POSIX_SEMANTICS) != 0;
        return STATUS_SUCCESS;
    }
    return FspSetDisposition(FileObject, Node, Flags);
}

static NTSTATUS FspSetEnd(PFILE_OBJECT FileObject, FSP_NODE *Node, LONGLONG Size)
{
    LARGE_INTEGER End = {.QuadPart = Size};
    if (FspIsFolder(Node) || Size < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Size < Node->Header.FileSize.QuadPart && !MmCanFileBeTruncated(&Node->Sections, &End)) {
        return STATUS_USER_MAPPED_FILE;
    }
    ExAcquireResourceExclusiveLite(&Node->Resource, TRUE);
    NTSTATUS Status = FspSetSize(FileObject, Node, Size);
    if (NT_SUCCESS(Status)) {
        FspNoteWrite(Node, FspOpenOf(FileObject));
        FileObject->Flags |= FO_FILE_SIZE_CHANGED;
    }
    ExReleaseResourceLite(&Node->Resource);
    if (NT_SUCCESS(Status)) {
        FspReport(&Node->Path, FILE_NOTIFY_CHANGE_SIZE, FILE_ACTION_MODIFIED);
    }
    return Status;
}

// All of a file is valid up to its end: there is nothing in between to declare so.
static NTSTATUS FspSetValidLength(const FSP_NODE *Node, LONGLONG Length, KPROCESSOR_MODE Mode)
{
    if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_MANAGE_VOLUME_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    return FspIsFolder(Node) || Length <= 0 || Length != Node->Header.FileSize.QuadPart
               ? STATUS_INVALID_PARAMETER
               : STATUS_SUCCESS;
}

// The classes that rename and link. FILE_RENAME_* in the flags, which the others have one of.
static NTSTATUS FspSetName(PIO_STACK_LOCATION Stack, PFILE_RENAME_INFORMATION Rename, BOOLEAN HasFlags,
                           BOOLEAN Link)
{
    // Those behind have to do with storage reserves and what is kept in the cloud, and there is neither.
    const ULONG Known = 0x1FF;
    ULONG Flags = *(const ULONG *)Rename;
    if (!HasFlags) {
        Flags = Stack->Parameters.SetFile.ReplaceIfExists ? FILE_RENAME_REPLACE_IF_EXISTS : 0;
    }
    return Flags & ~Known ? STATUS_INVALID_PARAMETER : FspRename(Stack, Rename, Flags, Link);
}

static NTSTATUS FspSet(PIO_STACK_LOCATION Stack, PVOID Buffer, KPROCESSOR_MODE Mode)
{
    PFILE_OBJECT FileObject = Stack->FileObject;
    FSP_NODE *Node = FspNodeOf(FileObject);
    LARGE_INTEGER *Size = Buffer;
    switch ((ULONG)Stack->Parameters.SetFile.FileInformationClass) {
    case FileBasicInformation: return FspSetBasic(Node, FspOpenOf(FileObject), Buffer);
    case FileDispositionInformation:
        return FspSetDisposition(FileObject, Node,
                                 ((PFILE_DISPOSITION_INFORMATION)Buffer)->DeleteFile ? FILE_DISPOSITION_DELETE
                                                                                     : 0);
    case FileDispositionInformationEx:
        return FspSetDispositionEx(FileObject, Node, ((PFILE_DISPOSITION_INFORMATION_EX)Buffer)->Flags);
    case FileEndOfFileInformation:
        // What is valid is never less than the size: there is nothing to advance.
        return Stack->Parameters.SetFile.AdvanceOnly ? STATUS_SUCCESS
                                                     : FspSetEnd(FileObject, Node, Size->QuadPart);
    case FileAllocationInformation:
        if (FspIsFolder(Node) || Size->QuadPart < 0) {
            return STATUS_INVALID_PARAMETER;
        }
        // Room is had when it is needed; less than the file has cuts it.
        return Size->QuadPart < Node->Header.FileSize.QuadPart ? FspSetEnd(FileObject, Node, Size->QuadPart)
                                                               : STATUS_SUCCESS;
    case FilePositionInformation:
        if (Size->QuadPart < 0) {
            return STATUS_INVALID_PARAMETER;
        }
        FileObject->CurrentByteOffset = *Size;
        return STATUS_SUCCESS;
    case FileValidDataLengthInformation: return FspSetValidLength(Node, Size->QuadPart, Mode);
    case FileShortNameInformation: return STATUS_SHORT_NAMES_NOT_ENABLED_ON_VOLUME;
    case FileRenameInformation: return FspSetName(Stack, Buffer, FALSE, FALSE);
    case FileRenameInformationEx: return FspSetName(Stack, Buffer, TRUE, FALSE);
    case FileLinkInformation: return FspSetName(Stack, Buffer, FALSE, TRUE);
    case FileLinkInformationEx: return FspSetName(Stack, Buffer, TRUE, TRUE);
    default: return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS FspSetInformation(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    if (FspNodeOf(Stack->FileObject)->Volume) {
        return STATUS_INVALID_PARAMETER;
    }
    ExAcquireResourceExclusiveLite(&FspLock, TRUE);
    NTSTATUS Status = FspSet(Stack, Irp->AssociatedIrp.SystemBuffer, Irp->RequestorMode);
    ExReleaseResourceLite(&FspLock);
    return Status;
}

// ---- The volume

static NTSTATUS FspFillLabelled(PFILE_FS_VOLUME_INFORMATION Volume, ULONG Length, PULONG Bytes)
{
    static const UNICODE_STRING Label = RTL_CONSTANT_STRING(L"kmode");
    Volume->VolumeSerialNumber = FSP_SERIAL;
    return FspFillName(&Label, &Volume->VolumeLabelLength, Volume->VolumeLabel,
                       FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel), Length, Bytes);
}

static NTSTATUS FspFillAttributes(PFILE_FS_ATTRIBUTE_INFORMATION Attributes, ULONG Length, PULONG Bytes)
{
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"KMFS");
    Attributes->FileSystemAttributes = FILE_CASE_PRESERVED_NAMES | FILE_CASE_SENSITIVE_SEARCH |
                                       FILE_UNICODE_ON_DISK | FILE_SUPPORTS_HARD_LINKS;
    Attributes->MaximumComponentNameLength = FSP_NAME_BYTES / sizeof(WCHAR);
    return FspFillName(&Name, &Attributes->FileSystemNameLength, Attributes->FileSystemName,
                       FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName), Length, Bytes);
}

static NTSTATUS FspFillSizes(ULONG Class, PVOID Buffer, PULONG Bytes)
{
    PFILE_FS_SIZE_INFORMATION Size = Buffer;
    PFILE_FS_FULL_SIZE_INFORMATION Full = Buffer;
    KM_DISK_OPERATION Operation = {.operation = KM_DISK_VOLUME};
    NTSTATUS Status = FspUseDisk(&Operation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    LONGLONG Total = (LONGLONG)(Operation.offset / FSP_CLUSTER),
             Free = (LONGLONG)(Operation.bytes / FSP_CLUSTER);
    if (Class == FileFsSizeInformation) {
        *Size = (FILE_FS_SIZE_INFORMATION){
            {.QuadPart = Total}, {.QuadPart = Free}, FSP_CLUSTER / FSP_SECTOR, FSP_SECTOR};
        *Bytes = sizeof(*Size);
    } else {
        *Full = (FILE_FS_FULL_SIZE_INFORMATION){{.QuadPart = Total},
                                                {.QuadPart = Free},
                                                {.QuadPart = Free},
                                                FSP_CLUSTER / FSP_SECTOR,
                                                FSP_SECTOR};
        *Bytes = sizeof(*Full);
    }
    return STATUS_SUCCESS;
}

NTSTATUS FspQueryVolume(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG Bytes = 0, Length = Stack->Parameters.QueryVolume.Length;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status;
    switch (Stack->Parameters.QueryVolume.FsInformationClass) {
    case FileFsVolumeInformation: Status = FspFillLabelled(Buffer, Length, &Bytes); break;
    case FileFsAttributeInformation: Status = FspFillAttributes(Buffer, Length, &Bytes); break;
    case FileFsSizeInformation:
    case FileFsFullSizeInformation:
        Status = FspFillSizes(Stack->Parameters.QueryVolume.FsInformationClass, Buffer, &Bytes);
        break;
    case FileFsSectorSizeInformation: {
        PFILE_FS_SECTOR_SIZE_INFORMATION Sectors = Buffer;
        *Sectors = (FILE_FS_SECTOR_SIZE_INFORMATION){.LogicalBytesPerSector = FSP_SECTOR,
                                                     .PhysicalBytesPerSectorForAtomicity = FSP_SECTOR,
                                                     .PhysicalBytesPerSectorForPerformance = FSP_CLUSTER,
                                                     .FileSystemEffectivePhysicalBytesPerSectorForAtomicity =
                                                         FSP_SECTOR};
        Bytes = sizeof(*Sectors);
        Status = STATUS_SUCCESS;
        break;
    }
    default: Status = STATUS_INVALID_PARAMETER;
    }
    Irp->IoStatus.Information = Bytes;
    return Status;
}
