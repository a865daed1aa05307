// SPDX-License-Identifier: MIT
// New names for files: instead of the old one, or beside it.
#include "inc/kernel.h"
#include "fs/fs.h"

// What the new name is, from pool. Target: the folder that it is in, opened for that; NULL: the file's own.
static NTSTATUS FspNewPath(const FSP_NODE *Node, PFILE_OBJECT Target, PFILE_RENAME_INFORMATION Rename,
                           PUNICODE_STRING Path)
{
    UNICODE_STRING Folder, Old;
    UNICODE_STRING Name = {(USHORT)Rename->FileNameLength, (USHORT)Rename->FileNameLength, Rename->FileName};
    FspSplitPath(&Node->Path, &Folder, &Old);
    if (Target != NULL) {
        const FSP_NODE *Parent = FspNodeOf(Target);
        if (Parent == NULL || !FspIsFolder(Parent)) {
            return STATUS_INVALID_PARAMETER;
        }
        Folder = Parent->Path;
        Name = Target->FileName;
    }
    return FspIsNameLegal(&Name) ? FspJoinPath(&Folder, &Name, Path) : STATUS_OBJECT_NAME_INVALID;
}

static BOOLEAN FspMayReplace(ULONG Attributes, ULONG Flags)
{
    if (Attributes & FILE_ATTRIBUTE_DIRECTORY) {
        return FALSE;
    }
    return !(Attributes & FILE_ATTRIBUTE_READONLY) || (Flags & FILE_RENAME_IGNORE_READONLY_ATTRIBUTE) != 0;
}

// What is open may be replaced by POSIX's rules alone, a program that runs not at all.
static BOOLEAN FspMayReplaceOpen(FSP_NODE *Other, ULONG Flags)
{
    const BOOLEAN Posix = (Flags & FILE_RENAME_POSIX_SEMANTICS) != 0;
    return FspMayReplace(Other->Attributes, Flags) && (Posix || Other->Handles == 0) &&
           MmFlushImageSection(&Other->Sections, Posix ? MmFlushForWrite : MmFlushForDelete);
}

// Whether what has the new name already may go. It does on the disk when the file takes its place. *Replaced:
// its node, if it is open.
static NTSTATUS FspCheckReplaced(const FSP_NODE *Node, PCUNICODE_STRING Path, ULONG Flags,
                                 FSP_NODE **Replaced)
{
    KM_DISK_OPERATION Operation;
    FSP_NODE *Other = FspFindNode(Path);
    if (Other == Node) {
        return STATUS_SUCCESS; // its own, in another case
    }
    if (!(Flags & FILE_RENAME_REPLACE_IF_EXISTS)) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    if (Other != NULL) {
        *Replaced = Other;
        return FspMayReplaceOpen(Other, Flags) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    }
    NTSTATUS Status = FspOpenOnDisk(Path, KM_DISK_NO_WRITE, &Operation);
    if (NT_SUCCESS(Status)) {
        FspCloseOnDisk(Operation.file);
        if (!FspMayReplace(FspAttributesOf(&Operation.status), Flags)) {
            Status = STATUS_ACCESS_DENIED;
        }
    }
    return Status;
}

static VOID FspReportRename(FSP_NODE *Node, PCUNICODE_STRING Old, PCUNICODE_STRING New)
{
    UNICODE_STRING OldFolder, NewFolder, Name;
    ULONG Filter = FspIsFolder(Node) ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
    FspSplitPath(Old, &OldFolder, &Name);
    FspSplitPath(New, &NewFolder, &Name);
    BOOLEAN Same = RtlEqualUnicodeString(&OldFolder, &NewFolder, FALSE);
    FspReport(Old, Filter, Same ? FILE_ACTION_RENAMED_OLD_NAME : FILE_ACTION_REMOVED);
    FspReport(New, Filter, Same ? FILE_ACTION_RENAMED_NEW_NAME : FILE_ACTION_ADDED);
}

// Takes a name out of the way on the disk. *Replaced: the node of it; NULL from then on.
static NTSTATUS FspRemoveReplaced(PCUNICODE_STRING Existing, FSP_NODE **Replaced)
{
    NTSTATUS Status = FspRemoveOnDisk(Existing, FALSE);
    if (NT_SUCCESS(Status) && *Replaced != NULL) {
        FspNoteRemoved(*Replaced);
        *Replaced = NULL;
    }
    return Status;
}

static NTSTATUS FspMove(FSP_NODE *Node, PUNICODE_STRING New, PUNICODE_STRING Existing, ULONG Flags,
                        BOOLEAN Link)
{
    NTSTATUS Status;
    FSP_NODE *Replaced = NULL;
    BOOLEAN Exists = Existing->Buffer != NULL;
    if (Exists) {
        Status = FspCheckReplaced(Node, Existing, Flags, &Replaced);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        if (RtlEqualUnicodeString(Existing, New, FALSE) && RtlEqualUnicodeString(New, &Node->Path, FALSE)) {
            return STATUS_SUCCESS; // it has that name
        }
    }
    if (Link) {
        if (Exists) {
            Status = FspRemoveReplaced(Existing, &Replaced);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
        }
        Status = FspMoveOnDisk(KM_DISK_LINK, &Node->Path, New, FALSE);
        if (NT_SUCCESS(Status)) {
            Node->Links += 1;
            FspReport(New, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
        }
        return Status;
    }
    // To the disk a name in another case is another one, whose file must be taken out of the way.
    if (Exists && !RtlEqualUnicodeString(Existing, New, FALSE) &&
        !RtlEqualUnicodeString(Existing, &Node->Path, FALSE)) {
        Status = FspRemoveReplaced(Existing, &Replaced);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Status = FspMoveOnDisk(KM_DISK_RENAME, &Node->Path, New, (Flags & FILE_RENAME_REPLACE_IF_EXISTS) != 0);
    if (NT_SUCCESS(Status)) {
        if (Replaced != NULL) {
            FspNoteRemoved(Replaced);
        }
        UNICODE_STRING Old = Node->Path;
        Node->Path = *New;
        New->Buffer = NULL; // the node's
        FspReportRename(Node, &Old, &Node->Path);
        FspFreePath(&Old);
    }
    return Status;
}

NTSTATUS FspRename(PIO_STACK_LOCATION Stack, PFILE_RENAME_INFORMATION Rename, ULONG Flags, BOOLEAN Link)
{
    UNICODE_STRING New, Existing;
    FSP_NODE *Node = FspNodeOf(Stack->FileObject);
    if (Node->Deleted) {
        return STATUS_FILE_DELETED;
    }
    if (Node->DeletePending) {
        return STATUS_DELETE_PENDING;
    }
    if (Link && FspIsFolder(Node)) {
        return STATUS_FILE_IS_A_DIRECTORY;
    }
    if (Node->Path.Length == sizeof(WCHAR)) {
        return STATUS_ACCESS_DENIED;
    }
    if (FspIsFolder(Node) && FspHasNodesBelow(&Node->Path)) {
        return STATUS_ACCESS_DENIED; // as on Windows: something in it is open
    }
    NTSTATUS Status = FspNewPath(Node, Stack->Parameters.SetFile.FileObject, Rename, &New);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = FspFindPath(&New, (Stack->FileObject->Flags & FO_OPENED_CASE_SENSITIVE) != 0, &Existing);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        FspFreePath(&Existing);
        Status = STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status)) {
        Status = FspMove(Node, &New, &Existing, Flags, Link);
        FspFreePath(&Existing);
    }
    FspFreePath(&New);
    return Status;
}
