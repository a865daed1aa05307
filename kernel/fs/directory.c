// SPDX-License-Identifier: MIT
// What is in a folder, in each of the documented forms.
#include "inc/kernel.h"
#include "fs/fs.h"

// Where a class has its parts; 0: not at all. All but FileNamesInformation begin as
// FILE_DIRECTORY_INFORMATION does.
static const struct {
    ULONG NameLength, Name, EaSize, FileId, WideFileId;
} FspForms[] = {
    [FileDirectoryInformation] = {FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileNameLength),
                                  FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName), 0, 0, 0},
    [FileFullDirectoryInformation] = {FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileNameLength),
                                      FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName),
                                      FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, EaSize), 0, 0},
    [FileBothDirectoryInformation] = {FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileNameLength),
                                      FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName),
                                      FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, EaSize), 0, 0},
    [FileNamesInformation] = {FIELD_OFFSET(FILE_NAMES_INFORMATION, FileNameLength),
                              FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName), 0, 0, 0},
    [FileIdBothDirectoryInformation] = {FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileNameLength),
                                        FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName),
                                        FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, EaSize),
                                        FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileId), 0},
    [FileIdFullDirectoryInformation] = {FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileNameLength),
                                        FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileName),
                                        FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, EaSize),
                                        FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileId), 0},
    [FileIdExtdDirectoryInformation] = {FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, FileNameLength),
                                        FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, FileName),
                                        FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, EaSize), 0,
                                        FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, FileId)},
    [FileIdExtdBothDirectoryInformation] = {FIELD_OFFSET(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileNameLength),
                                            FIELD_OFFSET(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileName),
                                            FIELD_OFFSET(FILE_ID_EXTD_BOTH_DIR_INFORMATION, EaSize), 0,
                                            FIELD_OFFSET(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileId)},
};

typedef struct _FSP_ENTRY {
    UNICODE_STRING Name;
    FILE_DIRECTORY_INFORMATION Form; // without the name
    ULONG64 Id;
} FSP_ENTRY;

static VOID FspDescribe(FSP_ENTRY *Entry, const KM_FILE_STATUS *Status)
{
    Entry->Form.CreationTime.QuadPart = (LONGLONG)Status->creation_time;
    Entry->Form.LastAccessTime.QuadPart = (LONGLONG)Status->access_time;
    Entry->Form.LastWriteTime.QuadPart = (LONGLONG)Status->write_time;
    Entry->Form.ChangeTime.QuadPart = (LONGLONG)Status->change_time;
    Entry->Form.EndOfFile.QuadPart = (LONGLONG)Status->size;
    Entry->Form.AllocationSize.QuadPart = (LONGLONG)ALIGN_UP_BY(Status->size, FSP_CLUSTER);
    Entry->Form.FileAttributes = FspShownAttributes(FspAttributesOf(Status));
    Entry->Id = Status->id;
}

// What is open is known better here than on the disk.
static VOID FspDescribeOpen(FSP_ENTRY *Entry, const FSP_NODE *Node)
{
    Entry->Form.CreationTime = Node->CreationTime;
    Entry->Form.LastAccessTime = Node->LastAccessTime;
    Entry->Form.LastWriteTime = Node->LastWriteTime;
    Entry->Form.ChangeTime = Node->ChangeTime;
    Entry->Form.EndOfFile = Node->Header.FileSize;
    Entry->Form.AllocationSize = Node->Header.AllocationSize;
    Entry->Form.FileAttributes = FspShownAttributes(Node->Attributes);
}

// The folder's own two. FALSE: the root has none.
static BOOLEAN FspDotEntry(const FSP_NODE *Folder, ULONG Index, FSP_ENTRY *Entry)
{
    if (Folder->Path.Length == sizeof(WCHAR)) {
        return FALSE;
    }
    Entry->Name.Length = Index == 0 ? sizeof(WCHAR) : 2 * sizeof(WCHAR);
    Entry->Name.Buffer[0] = Entry->Name.Buffer[1] = L'.';
    FspDescribeOpen(Entry, Folder);
    Entry->Id = Folder->Id;
    return TRUE;
}

// The next entry that the expression names; Open->NextEntry is its.
static NTSTATUS FspNextEntry(FSP_OPEN *Open, FSP_ENTRY *Entry)
{
    KM_FILE_STATUS FileStatus;
    for (;; Open->NextEntry += 1) {
        RtlZeroMemory(&Entry->Form, sizeof(Entry->Form));
        if (Open->NextEntry < 2) {
            if (!FspDotEntry(Open->Node, Open->NextEntry, Entry)) {
                continue;
            }
        } else {
            UNICODE_STRING Path;
            ULONG Index = Open->NextEntry - 2;
            NTSTATUS Status = FspListOnDisk(Open->Node->File, &Index, &Entry->Name, &FileStatus);
            Open->NextEntry = Index + 2;
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
            FspDescribe(Entry, &FileStatus);
            if (NT_SUCCESS(FspJoinPath(&Open->Node->Path, &Entry->Name, &Path))) {
                const FSP_NODE *Node = FspFindNode(&Path);
                if (Node != NULL) {
                    FspDescribeOpen(Entry, Node);
                }
                FspFreePath(&Path);
            }
        }
        if (Open->Expression.Length == 0 ||
            FsRtlIsNameInExpression(&Open->Expression, &Entry->Name, TRUE, NULL)) {
            return STATUS_SUCCESS;
        }
    }
}

// Writes Entry at Buffer, as much as Room has place for. STATUS_BUFFER_OVERFLOW: not the whole name.
static NTSTATUS FspWriteEntry(ULONG Class, const FSP_ENTRY *Entry, PUCHAR Buffer, ULONG Room, PULONG Bytes)
{
    ULONG Fixed = FspForms[Class].Name;
    ULONG Copied = min((ULONG)Entry->Name.Length, Room - Fixed);
    RtlZeroMemory(Buffer, Fixed);
    if (Class != FileNamesInformation) {
        RtlCopyMemory(Buffer, &Entry->Form, FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileNameLength));
    }
    *(PULONG)(Buffer + FspForms[Class].NameLength) = Entry->Name.Length;
    if (FspForms[Class].FileId != 0) {
        *(PULONG64)(Buffer + FspForms[Class].FileId) = Entry->Id;
    }
    if (FspForms[Class].WideFileId != 0) {
        RtlCopyMemory(Buffer + FspForms[Class].WideFileId, &Entry->Id, sizeof(Entry->Id));
    }
    RtlCopyMemory(Buffer + Fixed, Entry->Name.Buffer, Copied);
    *Bytes = Fixed + Copied;
    return Copied < Entry->Name.Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

// The expression of a handle is that of its first search.
static NTSTATUS FspBeginSearch(FSP_OPEN *Open, PIO_STACK_LOCATION Stack, BOOLEAN *First)
{
    PUNICODE_STRING Name = Stack->Parameters.QueryDirectory.FileName;
    *First = !Open->Searched;
    if (!Open->Searched) {
        if (Name != NULL && Name->Length != 0 &&
            !(Name->Length == sizeof(WCHAR) && Name->Buffer[0] == L'*')) {
            PWCH Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, Name->Length, TAG_FS);
            if (Buffer == NULL) {
                return STATUS_INSUFFICIENT_RESOURCES;
            }
            Open->Expression = (UNICODE_STRING){Name->Length, Name->Length, Buffer};
            RtlUpcaseUnicodeString(&Open->Expression, Name, FALSE);
        }
        Open->Searched = TRUE;
    }
    if (Stack->Flags & SL_RESTART_SCAN) {
        Open->NextEntry = 0;
        *First = TRUE;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS FspFillEntries(FSP_OPEN *Open, PIO_STACK_LOCATION Stack, FSP_ENTRY *Entry, PUCHAR Buffer,
                               BOOLEAN First, PULONG_PTR Information)
{
    ULONG Class = (ULONG)Stack->Parameters.QueryDirectory.FileInformationClass;
    ULONG Length = Stack->Parameters.QueryDirectory.Length, Offset = 0, Bytes = 0;
    PULONG Previous = NULL;
    for (;;) {
        NTSTATUS Status = FspNextEntry(Open, Entry);
        if (!NT_SUCCESS(Status)) {
            if (Previous != NULL) {
                return STATUS_SUCCESS;
            }
            return Status == STATUS_NO_MORE_FILES && First ? STATUS_NO_SUCH_FILE : Status;
        }
        if (Previous != NULL &&
            (Offset > Length || Length - Offset < FspForms[Class].Name + Entry->Name.Length)) {
            return STATUS_SUCCESS; // the next call's first
        }
        if (Length < FspForms[Class].Name) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        Status = FspWriteEntry(Class, Entry, Buffer + Offset, Length - Offset, &Bytes);
        if (Previous != NULL) {
            *Previous = (ULONG)(Buffer + Offset - (PUCHAR)Previous);
        }
        *Information = Offset + Bytes;
        if (Status != STATUS_SUCCESS) {
            return Status; // the name has been cut; the entry is given again
        }
        Open->NextEntry += 1;
        Previous = (PULONG)(Buffer + Offset);
        Offset = (ULONG)ALIGN_UP_BY(Offset + Bytes, sizeof(ULONG64));
        if (Stack->Flags & SL_RETURN_SINGLE_ENTRY) {
            return STATUS_SUCCESS;
        }
    }
}

NTSTATUS FspQueryDirectory(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    BOOLEAN First;
    FSP_ENTRY Entry = {0};
    FSP_OPEN *Open = FspOpenOf(Stack->FileObject);
    ULONG Class = (ULONG)Stack->Parameters.QueryDirectory.FileInformationClass;
    if (!FspIsFolder(Open->Node)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Class >= RTL_NUMBER_OF(FspForms) || FspForms[Class].Name == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Stack->Flags & SL_INDEX_SPECIFIED) {
        return STATUS_NOT_IMPLEMENTED;
    }
    PUCHAR Buffer = FspBufferOf(Irp, Stack->Parameters.QueryDirectory.Length, TRUE);
    Entry.Name =
        (UNICODE_STRING){0, FSP_NAME_BYTES, ExAllocatePool2(POOL_FLAG_NON_PAGED, FSP_NAME_BYTES, TAG_FS)};
    if (Entry.Name.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status;
    ExAcquireResourceExclusiveLite(&FspLock, TRUE);
    __try {
        Status = FspBeginSearch(Open, Stack, &First);
        if (NT_SUCCESS(Status)) {
            Status = FspFillEntries(Open, Stack, &Entry, Buffer, First, &Irp->IoStatus.Information);
        }
    } __finally {
        ExReleaseResourceLite(&FspLock);
        FspFreePath(&Entry.Name);
    }
    return Status;
}
