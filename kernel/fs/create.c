// SPDX-License-Identifier: MIT
// Opening and creating.
#include "inc/kernel.h"
#include "fs/fs.h"

#define FSP_WRITE_ACCESS (FILE_WRITE_DATA | FILE_APPEND_DATA)

typedef struct _FSP_CREATE {
    PFILE_OBJECT FileObject;
    ULONG Disposition, Options, ShareAccess, FileAttributes;
    ACCESS_MASK Access;
    BOOLEAN CaseSensitive, TargetDirectory;
    UNICODE_STRING Path; // as asked for, without a separator at its end; from pool
    UNICODE_STRING Name; // of the target, within Path, where its directory is opened
    ULONG_PTR Information;
    FSP_OPLOCK_CHECK Oplocks;
} FSP_CREATE;

static const struct {
    BOOLEAN OpensOld, MakesNew, Empties;
    ULONG Old; // IO_STATUS_BLOCK.Information
} FspDispositions[] = {
    [FILE_SUPERSEDE] = {TRUE, TRUE, TRUE, FILE_SUPERSEDED},
    [FILE_OPEN] = {TRUE, FALSE, FALSE, FILE_OPENED},
    [FILE_CREATE] = {FALSE, TRUE, FALSE, FILE_EXISTS},
    [FILE_OPEN_IF] = {TRUE, TRUE, FALSE, FILE_OPENED},
    [FILE_OVERWRITE] = {TRUE, FALSE, TRUE, FILE_OVERWRITTEN},
    [FILE_OVERWRITE_IF] = {TRUE, TRUE, TRUE, FILE_OVERWRITTEN},
};

// The path that a file object's name means. STATUS_OBJECT_NAME_INVALID, what FspJoinPath says.
static NTSTATUS FspPathOf(FSP_CREATE *Create)
{
    static const UNICODE_STRING Nothing = {0};
    UNICODE_STRING Name = Create->FileObject->FileName;
    PFILE_OBJECT Related = Create->FileObject->RelatedFileObject;
    BOOLEAN Trailing = FALSE;
    if (Name.Length > sizeof(WCHAR) && Name.Buffer[Name.Length / sizeof(WCHAR) - 1] == L'\\') {
        Name.Length -= sizeof(WCHAR);
        Trailing = TRUE;
    }
    if (Trailing && (Create->Options & FILE_NON_DIRECTORY_FILE)) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    NTSTATUS Status;
    if (Related != NULL) {
        const FSP_NODE *Parent = FspNodeOf(Related);
        if (Parent == NULL || Parent->Volume || (Name.Length != 0 && Name.Buffer[0] == L'\\')) {
            return STATUS_OBJECT_NAME_INVALID;
        }
        if (Name.Length == 0) {
            UNICODE_STRING Folder, Last;
            FspSplitPath(&Parent->Path, &Folder, &Last);
            Status = FspJoinPath(&Folder, &Last, &Create->Path);
        } else if (!FspIsFolder(Parent)) {
            return STATUS_OBJECT_PATH_NOT_FOUND;
        } else {
            Status = FspJoinPath(&Parent->Path, &Name, &Create->Path);
        }
    } else {
        if (Name.Length == 0 || Name.Buffer[0] != L'\\') {
            return STATUS_OBJECT_NAME_INVALID;
        }
        Name.Buffer += 1;
        Name.Length -= sizeof(WCHAR);
        Status = FspJoinPath(&Nothing, &Name, &Create->Path);
    }
    if (NT_SUCCESS(Status) && !FspIsPathLegal(&Create->Path)) {
        Status = STATUS_OBJECT_NAME_INVALID;
    }
    return Status;
}

// What is there says no, or STATUS_SUCCESS.
static NTSTATUS FspCheckOld(const FSP_CREATE *Create, const FSP_NODE *Node)
{
    BOOLEAN Folder = FspIsFolder(Node);
    if (Node->DeletePending) {
        return STATUS_DELETE_PENDING;
    }
    if (!FspDispositions[Create->Disposition].OpensOld) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    if (Folder && (Create->Options & FILE_NON_DIRECTORY_FILE)) {
        return STATUS_FILE_IS_A_DIRECTORY;
    }
    if (!Folder && (Create->Options & FILE_DIRECTORY_FILE)) {
        return STATUS_NOT_A_DIRECTORY;
    }
    if (FspDispositions[Create->Disposition].Empties) {
        if (Folder) {
            return STATUS_OBJECT_NAME_COLLISION;
        }
        if ((Node->Attributes & FILE_ATTRIBUTE_READONLY) || !FspMayOverwrite(Node, Create->FileAttributes)) {
            return STATUS_ACCESS_DENIED;
        }
    }
    if (!Folder && (Node->Attributes & FILE_ATTRIBUTE_READONLY) && (Create->Access & FSP_WRITE_ACCESS)) {
        return STATUS_ACCESS_DENIED;
    }
    if ((Create->Options & FILE_DELETE_ON_CLOSE) &&
        ((Node->Attributes & FILE_ATTRIBUTE_READONLY) || Node->Path.Length == sizeof(WCHAR))) {
        return STATUS_CANNOT_DELETE;
    }
    return STATUS_SUCCESS;
}

// A program that runs is neither written nor deleted. (ntifs, MmFlushImageSection)
static NTSTATUS FspCheckImage(const FSP_CREATE *Create, FSP_NODE *Node)
{
    const BOOLEAN Delete = (Create->Options & FILE_DELETE_ON_CLOSE) != 0;
    if (!(Create->Access & FSP_WRITE_ACCESS) && !Delete && !FspDispositions[Create->Disposition].Empties) {
        return STATUS_SUCCESS;
    }
    if (MmFlushImageSection(&Node->Sections, MmFlushForWrite)) {
        return STATUS_SUCCESS;
    }
    return Delete ? STATUS_CANNOT_DELETE : STATUS_SHARING_VIOLATION;
}

// What others must share with this open. Superseding a file deletes it, overwriting it writes it.
// (ZwCreateFile)
static ACCESS_MASK FspSharedAccess(const FSP_CREATE *Create)
{
    if (!FspDispositions[Create->Disposition].Empties) {
        return Create->Access;
    }
    return Create->Access | (Create->Disposition == FILE_SUPERSEDE ? DELETE : FILE_WRITE_DATA);
}

// Makes FileObject one of Node's. The node's reference of this open is there.
static NTSTATUS FspAttachOpen(FSP_CREATE *Create, FSP_NODE *Node)
{
    PFILE_OBJECT FileObject = Create->FileObject;
    FSP_OPEN *Open = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Open), TAG_FS);
    if (Open == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Node->Handles != 0) {
        NTSTATUS Status =
            IoCheckShareAccess(Create->Access, Create->ShareAccess, FileObject, &Node->ShareAccess, TRUE);
        if (!NT_SUCCESS(Status)) {
            ExFreePoolWithTag(Open, TAG_FS);
            return Status;
        }
    } else {
        IoSetShareAccess(Create->Access, Create->ShareAccess, FileObject, &Node->ShareAccess);
    }
    Open->Node = Node;
    Open->DeleteOnClose = (Create->Options & FILE_DELETE_ON_CLOSE) != 0;
    FileObject->FsContext = Node;
    FileObject->FsContext2 = Open;
    FileObject->Vpb = FspVpb;
    FileObject->SectionObjectPointer = FspIsFolder(Node) || Node->Volume ? NULL : &Node->Sections;
    if (!(Create->Options & FILE_NO_INTERMEDIATE_BUFFERING)) {
        FileObject->Flags |= FO_CACHE_SUPPORTED;
    }
    if (Open->DeleteOnClose) {
        FileObject->Flags |= FO_DELETE_ON_CLOSE;
    }
    if (Node->Volume) {
        FileObject->Flags |= FO_VOLUME_OPEN;
    }
    Node->Handles += 1;
    // A key that comes with the open is the file object's from here on.
    return FsRtlCheckOplockEx(&Node->Header.Oplock, Create->Oplocks.Irp, OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY,
                              NULL, NULL, NULL);
}

// Undoes FspAttachOpen, as far as that has come.
static VOID FspDetachOpen(FSP_CREATE *Create, FSP_NODE *Node)
{
    PFILE_OBJECT FileObject = Create->FileObject;
    if (FileObject->FsContext2 == NULL) {
        return;
    }
    Node->Handles -= 1;
    IoRemoveShareAccess(FileObject, &Node->ShareAccess);
    ExFreePoolWithTag(FileObject->FsContext2, TAG_FS);
    FileObject->FsContext = FileObject->FsContext2 = NULL;
    FileObject->SectionObjectPointer = NULL;
}

// The file is as good as new.
static NTSTATUS FspEmpty(FSP_CREATE *Create, FSP_NODE *Node)
{
    LARGE_INTEGER Nothing = {.QuadPart = 0};
    if (Node->Header.FileSize.QuadPart != 0 && !MmCanFileBeTruncated(&Node->Sections, &Nothing)) {
        return STATUS_USER_MAPPED_FILE;
    }
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Node->Resource, TRUE);
    NTSTATUS Status = FspSetSize(Create->FileObject, Node, 0);
    if (NT_SUCCESS(Status)) {
        FspNoteWrite(Node, FspOpenOf(Create->FileObject));
        FspSetAttributes(Node, FILE_ATTRIBUTE_ARCHIVE | Create->FileAttributes |
                                   (Create->Disposition == FILE_SUPERSEDE ? 0 : Node->Attributes));
    }
    ExReleaseResourceLite(&Node->Resource);
    KeLeaveCriticalRegion();
    return Status;
}

// Path is on the disk, and becomes the node's or is freed.
static NTSTATUS FspOpenOld(FSP_CREATE *Create, PUNICODE_STRING Path)
{
    KM_DISK_OPERATION Operation;
    FSP_NODE *Node = FspFindNode(Path);
    if (Node != NULL) {
        FspFreePath(Path);
    } else {
        NTSTATUS Status = FspOpenOnDisk(Path, 0, &Operation);
        if (!NT_SUCCESS(Status)) {
            FspFreePath(Path);
            return Status;
        }
        Node = FspCreateNode(Path, &Operation);
        if (Node == NULL) {
            FspCloseOnDisk(Operation.file);
            FspFreePath(Path);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    Node->References += 1;
    NTSTATUS Status = FspCheckOld(Create, Node);
    if (NT_SUCCESS(Status)) {
        Status = FspCheckImage(Create, Node);
    }
    if (NT_SUCCESS(Status)) {
        Status = FspCheckOpen(&Create->Oplocks, Node, FspSharedAccess(Create), Create->ShareAccess);
    }
    if (Status == STATUS_SUCCESS) {
        Status = FspAttachOpen(Create, Node);
    }
    if (Status == STATUS_SUCCESS) {
        Status = FspReserveOplock(Create->Oplocks.Irp, Node);
    }
    if (Status != STATUS_SUCCESS) {
        FspDetachOpen(Create, Node);
        FspReleaseNode(Node);
        return Status;
    }
    Create->Information = FspDispositions[Create->Disposition].Old;
    if (!FspDispositions[Create->Disposition].Empties) {
        return STATUS_SUCCESS;
    }
    Status = FspEmpty(Create, Node);
    if (!NT_SUCCESS(Status)) {
        FspDetachOpen(Create, Node);
        FspReleaseNode(Node);
        return Status;
    }
    FspReport(&Node->Path, FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, FILE_ACTION_MODIFIED);
    return STATUS_SUCCESS;
}

// Path is not on the disk but for the folder that it is in, and becomes the node's or is freed.
static NTSTATUS FspMakeNew(FSP_CREATE *Create, PUNICODE_STRING Path)
{
    KM_DISK_OPERATION Operation;
    BOOLEAN Folder = (Create->Options & FILE_DIRECTORY_FILE) != 0;
    NTSTATUS Status = STATUS_SUCCESS;
    if (!FspDispositions[Create->Disposition].MakesNew) {
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if ((Create->Options & FILE_DELETE_ON_CLOSE) &&
               (Create->FileAttributes & FILE_ATTRIBUTE_READONLY)) {
        Status = STATUS_CANNOT_DELETE;
    } else if (Folder && !FspMayHaveAttributes(Create->FileAttributes, TRUE)) {
        Status = STATUS_INVALID_PARAMETER;
    } else {
        Status = FspOpenOnDisk(Path, KM_DISK_CREATE | (Folder ? KM_DISK_FOLDER : 0), &Operation);
    }
    if (!NT_SUCCESS(Status)) {
        FspFreePath(Path);
        return Status;
    }
    FSP_NODE *Node = FspCreateNode(Path, &Operation);
    if (Node == NULL) {
        FspCloseOnDisk(Operation.file);
        FspRemoveOnDisk(Path, Folder);
        FspFreePath(Path);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // The disk's clock is another one.
    KeQuerySystemTime(&Node->CreationTime);
    Node->LastAccessTime = Node->LastWriteTime = Node->ChangeTime = Node->CreationTime;
    FspSetAttributes(Node, Create->FileAttributes | (Folder ? 0 : FILE_ATTRIBUTE_ARCHIVE));
    Node->AttributesChanged = Node->TimesChanged = TRUE;
    Node->References += 1;
    Status = FspAttachOpen(Create, Node);
    if (NT_SUCCESS(Status)) {
        Status = FspReserveOplock(Create->Oplocks.Irp, Node);
    }
    if (!NT_SUCCESS(Status)) {
        FspDetachOpen(Create, Node);
        FspRemoveOnDisk(&Node->Path, Folder);
        FspReleaseNode(Node);
        return Status;
    }
    Create->Information = FILE_CREATED;
    FspReport(&Node->Path, Folder ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME,
              FILE_ACTION_ADDED);
    return STATUS_SUCCESS;
}

// Opens the folder of a name that a file is to be given; the file object keeps the name alone.
static NTSTATUS FspOpenTarget(FSP_CREATE *Create)
{
    UNICODE_STRING Folder, Name, Found, Target;
    FspSplitPath(&Create->Path, &Folder, &Name);
    if (Name.Length == 0) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    NTSTATUS Status = FspFindPath(&Create->Path, Create->CaseSensitive, &Target);
    BOOLEAN Exists = NT_SUCCESS(Status);
    if (!Exists && Status != STATUS_OBJECT_NAME_NOT_FOUND) {
        return Status;
    }
    FspFreePath(&Target);
    Status = FspFindPath(&Folder, Create->CaseSensitive, &Found);
    if (!NT_SUCCESS(Status)) {
        if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
            FspFreePath(&Found);
        }
        return STATUS_OBJECT_PATH_NOT_FOUND;
    }
    Create->Options = FILE_DIRECTORY_FILE;
    Create->Disposition = FILE_OPEN;
    Status = FspOpenOld(Create, &Found);
    if (NT_SUCCESS(Status)) {
        // Its own buffer is long enough: the name is a part of what is there.
        PUNICODE_STRING FileName = &Create->FileObject->FileName;
        RtlMoveMemory(FileName->Buffer, Name.Buffer, Name.Length);
        FileName->Length = Name.Length;
        Create->Information = Exists ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
    }
    return Status;
}

static NTSTATUS FspOpenVolume(FSP_CREATE *Create)
{
    KM_DISK_OPERATION Operation = {0};
    UNICODE_STRING Nothing = {0};
    if (Create->Options & FILE_DIRECTORY_FILE) {
        return STATUS_NOT_A_DIRECTORY;
    }
    if (!FspDispositions[Create->Disposition].OpensOld || FspDispositions[Create->Disposition].Empties) {
        return STATUS_ACCESS_DENIED;
    }
    FSP_NODE *Node = FspCreateNode(&Nothing, &Operation);
    if (Node == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Node->Volume = TRUE;
    Node->References += 1;
    NTSTATUS Status = FspAttachOpen(Create, Node);
    if (!NT_SUCCESS(Status)) {
        FspDetachOpen(Create, Node);
        FspReleaseNode(Node);
    }
    Create->Information = FILE_OPENED;
    return Status;
}

static NTSTATUS FspOpenPath(FSP_CREATE *Create)
{
    UNICODE_STRING Found;
    NTSTATUS Status = FspPathOf(Create);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Create->TargetDirectory) {
        return FspOpenTarget(Create);
    }
    Status = FspFindPath(&Create->Path, Create->CaseSensitive, &Found);
    if (NT_SUCCESS(Status)) {
        return FspOpenOld(Create, &Found);
    }
    return Status == STATUS_OBJECT_NAME_NOT_FOUND ? FspMakeNew(Create, &Found) : Status;
}

NTSTATUS FspCreate(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    FSP_CREATE Create = {
        .FileObject = Stack->FileObject,
        .Disposition = Stack->Parameters.Create.Options >> 24,
        .Options = Stack->Parameters.Create.Options & 0xffffff,
        .ShareAccess = Stack->Parameters.Create.ShareAccess,
        .FileAttributes = Stack->Parameters.Create.FileAttributes,
        .Access = Stack->Parameters.Create.SecurityContext->DesiredAccess,
        .CaseSensitive = (Stack->Flags & SL_CASE_SENSITIVE) != 0,
        .TargetDirectory = (Stack->Flags & SL_OPEN_TARGET_DIRECTORY) != 0,
        .Oplocks = {.Irp = Irp},
    };
    RtlMapGenericMask(&Create.Access, IoGetFileObjectGenericMapping());
    if (Create.Access & MAXIMUM_ALLOWED) {
        Create.Access |= FILE_ALL_ACCESS;
    }
    if (Stack->Parameters.Create.EaLength != 0) {
        return STATUS_EAS_NOT_SUPPORTED;
    }
    if (Create.Options & FILE_OPEN_BY_FILE_ID) {
        return STATUS_NOT_SUPPORTED;
    }
    NTSTATUS Status;
    for (;;) {
        ExAcquireResourceExclusiveLite(&FspLock, TRUE);
        Status = Create.FileObject->FileName.Length == 0 && Create.FileObject->RelatedFileObject == NULL
                     ? FspOpenVolume(&Create)
                     : FspOpenPath(&Create);
        FspFreePath(&Create.Path);
        ExReleaseResourceLite(&FspLock);
        if (Create.Oplocks.Blocked == NULL) {
            break;
        }
        Status = FspWaitForOplock(&Create.Oplocks);
        if (!NT_SUCCESS(Status)) {
            break;
        }
    }
    Irp->IoStatus.Information = NT_SUCCESS(Status) ? Create.Information : 0;
    if (Create.Oplocks.BreakInProgress) {
        // Only an open that does not wait comes here with one.
        if (Status == STATUS_SUCCESS) {
            Status = STATUS_OPLOCK_BREAK_IN_PROGRESS;
        } else if (Status == STATUS_SHARING_VIOLATION) {
            Irp->IoStatus.Information = FILE_OPBATCH_BREAK_UNDERWAY;
        }
    }
    return Status;
}

// ---- The end of an open

// The last handle of a file that is to be deleted goes, or the one that has deleted it for all.
static VOID FspDelete(PFILE_OBJECT FileObject, FSP_NODE *Node)
{
    BOOLEAN Folder = FspIsFolder(Node);
    if (!NT_SUCCESS(FspRemoveOnDisk(&Node->Path, Folder))) {
        // Something has come into the folder meanwhile, or Linux refuses: it stays.
        Node->DeletePending = FALSE;
        return;
    }
    FspNoteRemoved(Node);
    // What nobody can reach any more need not be written.
    if (!Folder && Node->Orphan && Node->Handles == 0) {
        ExAcquireResourceExclusiveLite(&Node->Resource, TRUE);
        FspSetSize(FileObject, Node, 0);
        ExReleaseResourceLite(&Node->Resource);
    }
    FspReport(&Node->Path, Folder ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME,
              FILE_ACTION_REMOVED);
}

static VOID FspCleanupFile(PIRP Irp, PFILE_OBJECT FileObject, FSP_NODE *Node)
{
    FsRtlFastUnlockAll(&Node->FileLock, FileObject, IoGetRequestorProcess(Irp), NULL);
    if (!Node->Orphan) {
        // What is written lasts beyond the handle, and the machine may stop at any time after.
        CcFlushCache(&Node->Sections, NULL, 0, NULL);
    }
    LARGE_INTEGER Nothing = {0};
    CcUninitializeCacheMap(FileObject, Node->Orphan && Node->Handles == 0 ? &Nothing : NULL, NULL);
}

NTSTATUS FspCleanup(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PFILE_OBJECT FileObject = Stack->FileObject;
    FSP_NODE *Node = FspNodeOf(FileObject);
    FSP_OPEN *Open = FspOpenOf(FileObject);
    if (Open == NULL) {
        return STATUS_SUCCESS; // a stream file object
    }
    ExAcquireResourceExclusiveLite(&FspLock, TRUE);
    FsRtlCheckOplock(&Node->Header.Oplock, Irp, NULL, NULL, NULL);
    if (FspIsFolder(Node)) {
        FsRtlNotifyCleanup(FspNotifySync, &FspNotifyList, Open);
    }
    if (Open->DeleteOnClose && !(FspIsFolder(Node) && !NT_SUCCESS(FspCheckEmpty(Node)))) {
        Node->DeletePending = TRUE;
    }
    Node->Handles -= 1;
    if ((Node->Handles == 0 || Open->DeleteAtCleanup) && Node->DeletePending && !Node->Deleted) {
        FspDelete(FileObject, Node);
    }
    if (!FspIsFolder(Node) && !Node->Volume) {
        FspCleanupFile(Irp, FileObject, Node);
    }
    if (!Node->Volume) {
        FspWriteTimes(Node);
    }
    IoRemoveShareAccess(FileObject, &Node->ShareAccess);
    ExReleaseResourceLite(&FspLock);
    return STATUS_SUCCESS;
}

NTSTATUS FspClose(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    FSP_OPEN *Open = FspOpenOf(Stack->FileObject);
    UNREFERENCED_PARAMETER(Irp);
    if (Open == NULL) {
        return STATUS_SUCCESS;
    }
    ExAcquireResourceExclusiveLite(&FspLock, TRUE);
    FspReleaseNode(Open->Node);
    ExReleaseResourceLite(&FspLock);
    FspFreePath(&Open->Expression);
    ExFreePoolWithTag(Open, TAG_FS);
    return STATUS_SUCCESS;
}
