// SPDX-License-Identifier: MIT
// Names and paths: which are legal, and how the disk spells them.
#include "inc/kernel.h"
#include "fs/fs.h"

BOOLEAN FspIsNameLegal(PCUNICODE_STRING Name)
{
    ULONG Count = Name->Length / sizeof(WCHAR);
    if (Count == 0 || Name->Length > FSP_NAME_BYTES) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        WCHAR Character = Name->Buffer[Index];
        if (Character < L' ' || Character == L'"' || Character == L'*' || Character == L'/' ||
            Character == L':' || Character == L'<' || Character == L'>' || Character == L'?' ||
            Character == L'\\' || Character == L'|') {
            return FALSE;
        }
    }
    // To the disk these two are no names.
    return !(Name->Buffer[0] == L'.' && (Count == 1 || (Count == 2 && Name->Buffer[1] == L'.')));
}

BOOLEAN FspIsPathLegal(PCUNICODE_STRING Path)
{
    if (Path->Length == sizeof(WCHAR) && Path->Buffer[0] == L'\\') {
        return TRUE;
    }
    UNICODE_STRING First, Rest = *Path;
    if (Path->Length == 0 || Path->Buffer[0] != L'\\') {
        return FALSE;
    }
    do {
        // FsRtlDissectName takes one separator off; a second one is an empty component.
        UNICODE_STRING Left = Rest;
        FsRtlDissectName(Left, &First, &Rest);
        if (!FspIsNameLegal(&First) || (Rest.Length != 0 && Rest.Buffer[0] == L'\\')) {
            return FALSE;
        }
    } while (Rest.Length != 0);
    return TRUE;
}

VOID FspFreePath(PUNICODE_STRING Path)
{
    if (Path->Buffer != NULL) {
        ExFreePoolWithTag(Path->Buffer, TAG_FS);
        Path->Buffer = NULL;
    }
}

NTSTATUS FspJoinPath(PCUNICODE_STRING Folder, PCUNICODE_STRING Name, PUNICODE_STRING Joined)
{
    ULONG Length = Folder->Length;
    while (Length != 0 && Folder->Buffer[Length / sizeof(WCHAR) - 1] == L'\\') {
        Length -= sizeof(WCHAR);
    }
    ULONG Bytes = Length + sizeof(WCHAR) + Name->Length;
    if (Bytes > UNICODE_STRING_MAX_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    PWCH Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, TAG_FS);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Buffer, Folder->Buffer, Length);
    Buffer[Length / sizeof(WCHAR)] = L'\\';
    RtlCopyMemory(Buffer + Length / sizeof(WCHAR) + 1, Name->Buffer, Name->Length);
    *Joined = (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, Buffer};
    return STATUS_SUCCESS;
}

VOID FspSplitPath(PCUNICODE_STRING Path, PUNICODE_STRING Folder, PUNICODE_STRING Name)
{
    ULONG Count = Path->Length / sizeof(WCHAR);
    while (Count != 0 && Path->Buffer[Count - 1] != L'\\') {
        Count -= 1;
    }
    USHORT Start = (USHORT)(Count * sizeof(WCHAR));
    *Name = (UNICODE_STRING){(USHORT)(Path->Length - Start), (USHORT)(Path->Length - Start),
                             Path->Buffer + Count};
    // The root's is its separator.
    USHORT Length = Count > 1 ? (USHORT)(Start - sizeof(WCHAR)) : Start;
    *Folder = (UNICODE_STRING){Length, Length, Path->Buffer};
}

static NTSTATUS FspProbePath(PCUNICODE_STRING Path)
{
    KM_DISK_OPERATION Operation;
    NTSTATUS Status = FspOpenOnDisk(Path, KM_DISK_NO_WRITE, &Operation);
    if (NT_SUCCESS(Status)) {
        FspCloseOnDisk(Operation.file);
    }
    return Status;
}

// Folder is on the disk: Name in it, in whatever case. STATUS_OBJECT_NAME_NOT_FOUND.
static NTSTATUS FspFindInFolder(PCUNICODE_STRING Folder, PCUNICODE_STRING Name, PUNICODE_STRING Found)
{
    KM_DISK_OPERATION Operation;
    KM_FILE_STATUS FileStatus;
    PWCH Buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, FSP_NAME_BYTES, TAG_FS);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = FspOpenOnDisk(Folder, KM_DISK_FOLDER, &Operation);
    if (NT_SUCCESS(Status)) {
        UNICODE_STRING Entry = {0, FSP_NAME_BYTES, Buffer};
        for (ULONG Index = 0;; Index += 1) {
            Status = FspListOnDisk(Operation.file, &Index, &Entry, &FileStatus);
            if (!NT_SUCCESS(Status)) {
                Status = Status == STATUS_NO_MORE_FILES ? STATUS_OBJECT_NAME_NOT_FOUND : Status;
                break;
            }
            if (RtlEqualUnicodeString(&Entry, Name, TRUE)) {
                Status = FspJoinPath(Folder, &Entry, Found);
                break;
            }
        }
        FspCloseOnDisk(Operation.file);
    }
    ExFreePoolWithTag(Buffer, TAG_FS);
    return Status;
}

// One component further. STATUS_OBJECT_NAME_NOT_FOUND: *Longer has the name as it was given.
static NTSTATUS FspFindComponent(PCUNICODE_STRING Folder, PCUNICODE_STRING Name, BOOLEAN CaseSensitive,
                                 PUNICODE_STRING Longer)
{
    NTSTATUS Status = FspJoinPath(Folder, Name, Longer);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = FspProbePath(Longer);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND && !CaseSensitive) {
        UNICODE_STRING Other;
        Status = FspFindInFolder(Folder, Name, &Other);
        if (NT_SUCCESS(Status)) {
            FspFreePath(Longer);
            *Longer = Other;
        }
    }
    if (!NT_SUCCESS(Status) && Status != STATUS_OBJECT_NAME_NOT_FOUND) {
        FspFreePath(Longer);
    }
    return Status;
}

NTSTATUS FspFindPath(PCUNICODE_STRING Path, BOOLEAN CaseSensitive, PUNICODE_STRING Found)
{
    static const UNICODE_STRING Nothing = {0};
    UNICODE_STRING First, Rest = *Path, So, Longer;
    NTSTATUS Status = FspProbePath(Path);
    if (NT_SUCCESS(Status)) {
        UNICODE_STRING Root = {0, 0, Path->Buffer};
        UNICODE_STRING Below = {(USHORT)(Path->Length - sizeof(WCHAR)),
                                (USHORT)(Path->Length - sizeof(WCHAR)), Path->Buffer + 1};
        return FspJoinPath(&Root, &Below, Found);
    }
    Status = FspJoinPath(&Nothing, &Nothing, &So);
    while (NT_SUCCESS(Status) && Rest.Length != 0) {
        UNICODE_STRING Left = Rest;
        FsRtlDissectName(Left, &First, &Rest);
        Status = FspFindComponent(&So, &First, CaseSensitive, &Longer);
        if (NT_SUCCESS(Status) || (Status == STATUS_OBJECT_NAME_NOT_FOUND && Rest.Length == 0)) {
            FspFreePath(&So);
            So = Longer;
            continue;
        }
        if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
            FspFreePath(&Longer);
            Status = STATUS_OBJECT_PATH_NOT_FOUND;
        } else if (Status == STATUS_NOT_A_DIRECTORY) {
            Status = STATUS_OBJECT_PATH_NOT_FOUND;
        }
        FspFreePath(&So);
    }
    *Found = So;
    return Status;
}
