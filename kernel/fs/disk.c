// SPDX-License-Identifier: MIT
// The machine's disk as the file system uses it.
#include "inc/kernel.h"
#include "fs/fs.h"

static const NTSTATUS FspStatuses[] = {
    [KM_DISK_OK] = STATUS_SUCCESS,
    [KM_DISK_NOT_FOUND] = STATUS_OBJECT_NAME_NOT_FOUND,
    [KM_DISK_NO_PATH] = STATUS_OBJECT_PATH_NOT_FOUND,
    [KM_DISK_EXISTS] = STATUS_OBJECT_NAME_COLLISION,
    [KM_DISK_NOT_EMPTY] = STATUS_DIRECTORY_NOT_EMPTY,
    [KM_DISK_REFUSED] = STATUS_ACCESS_DENIED,
    [KM_DISK_FULL] = STATUS_DISK_FULL,
    [KM_DISK_TOO_LONG] = STATUS_OBJECT_NAME_INVALID,
    [KM_DISK_NO_MEMORY] = STATUS_INSUFFICIENT_RESOURCES,
    [KM_DISK_NO_MORE] = STATUS_NO_MORE_FILES,
    [KM_DISK_UNSUITABLE] = STATUS_NOT_A_DIRECTORY,
    [KM_DISK_ERROR] = STATUS_UNEXPECTED_IO_ERROR,
};

NTSTATUS FspUseDisk(KM_DISK_OPERATION *Operation)
{
    ULONG Code = KeMachine->use_disk(Operation);
    return Code < RTL_NUMBER_OF(FspStatuses) ? FspStatuses[Code] : STATUS_UNEXPECTED_IO_ERROR;
}

NTSTATUS FspEncodePath(PCUNICODE_STRING Path, PCHAR *Encoded, PULONG Bytes)
{
    ULONG Skip = Path->Length != 0 && Path->Buffer[0] == L'\\' ? 1 : 0;
    ULONG Room = Path->Length * 3 + 1;
    PCHAR Text = ExAllocatePool2(POOL_FLAG_NON_PAGED, Room, TAG_FS);
    if (Text == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    *Bytes = 0;
    if (Path->Length > Skip * sizeof(WCHAR)) {
        Status = RtlUnicodeToUTF8N(Text, Room, Bytes, Path->Buffer + Skip,
                                   Path->Length - Skip * (ULONG)sizeof(WCHAR));
    }
    if (Status != STATUS_SUCCESS) {
        // Half of a surrogate pair cannot be a name on the disk.
        ExFreePoolWithTag(Text, TAG_FS);
        return STATUS_OBJECT_NAME_INVALID;
    }
    for (ULONG Index = 0; Index < *Bytes; Index += 1) {
        if (Text[Index] == '\\') {
            Text[Index] = '/';
        }
    }
    *Encoded = Text;
    return STATUS_SUCCESS;
}

NTSTATUS FspOpenOnDisk(PCUNICODE_STRING Path, ULONG Flags, KM_DISK_OPERATION *Operation)
{
    PCHAR Text;
    ULONG Bytes;
    NTSTATUS Status = FspEncodePath(Path, &Text, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Operation = (KM_DISK_OPERATION){
        .operation = KM_DISK_OPEN, .flags = Flags, .path = (ULONG64)Text, .path_bytes = Bytes};
    Status = FspUseDisk(Operation);
    ExFreePoolWithTag(Text, TAG_FS);
    return Status;
}

VOID FspCloseOnDisk(ULONG64 File)
{
    KM_DISK_OPERATION Operation = {.operation = KM_DISK_CLOSE, .file = File};
    FspUseDisk(&Operation);
}

NTSTATUS FspMoveOnDisk(ULONG Kind, PCUNICODE_STRING From, PCUNICODE_STRING To, BOOLEAN Replace)
{
    PCHAR Old, New;
    ULONG OldBytes, NewBytes;
    NTSTATUS Status = FspEncodePath(From, &Old, &OldBytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = FspEncodePath(To, &New, &NewBytes);
    if (NT_SUCCESS(Status)) {
        KM_DISK_OPERATION Operation = {.operation = Kind,
                                       .flags = Replace ? KM_DISK_REPLACE : 0,
                                       .path = (ULONG64)Old,
                                       .path_bytes = OldBytes,
                                       .new_path = (ULONG64)New,
                                       .new_path_bytes = NewBytes};
        Status = FspUseDisk(&Operation);
        ExFreePoolWithTag(New, TAG_FS);
    }
    ExFreePoolWithTag(Old, TAG_FS);
    return Status;
}

NTSTATUS FspRemoveOnDisk(PCUNICODE_STRING Path, BOOLEAN Folder)
{
    PCHAR Text;
    ULONG Bytes;
    NTSTATUS Status = FspEncodePath(Path, &Text, &Bytes);
    if (NT_SUCCESS(Status)) {
        KM_DISK_OPERATION Operation = {.operation = KM_DISK_REMOVE,
                                       .flags = Folder ? KM_DISK_FOLDER : 0,
                                       .path = (ULONG64)Text,
                                       .path_bytes = Bytes};
        Status = FspUseDisk(&Operation);
        ExFreePoolWithTag(Text, TAG_FS);
    }
    return Status;
}

NTSTATUS FspResizeOnDisk(ULONG64 File, LONGLONG Size)
{
    KM_DISK_OPERATION Operation = {.operation = KM_DISK_RESIZE, .file = File, .offset = (ULONG64)Size};
    return FspUseDisk(&Operation);
}

NTSTATUS FspTransferOnDisk(ULONG64 File, BOOLEAN Write, LONGLONG Offset, PVOID Buffer, PULONG Bytes)
{
    KM_DISK_OPERATION Operation = {.operation = Write ? KM_DISK_WRITE : KM_DISK_READ,
                                   .file = File,
                                   .offset = (ULONG64)Offset,
                                   .buffer = (ULONG64)Buffer,
                                   .bytes = *Bytes};
    NTSTATUS Status = FspUseDisk(&Operation);
    *Bytes = NT_SUCCESS(Status) ? (ULONG)Operation.bytes : 0;
    return Status;
}

NTSTATUS FspListOnDisk(ULONG64 File, PULONG Index, PUNICODE_STRING Name, KM_FILE_STATUS *Status)
{
    CHAR Text[KM_FILE_NAME_BYTES];
    ULONG Bytes;
    for (;; *Index += 1) {
        KM_DISK_OPERATION Operation = {.operation = KM_DISK_LIST,
                                       .file = File,
                                       .offset = *Index,
                                       .buffer = (ULONG64)Text,
                                       .bytes = sizeof(Text)};
        ULONG Code = KeMachine->use_disk(&Operation);
        if (Code == KM_DISK_NOT_FOUND || Code == KM_DISK_TOO_LONG) {
            continue;
        }
        if (Code != KM_DISK_OK) {
            return Code < RTL_NUMBER_OF(FspStatuses) ? FspStatuses[Code] : STATUS_UNEXPECTED_IO_ERROR;
        }
        // A name that is not UTF-8, or that no file of NT's can have, cannot be opened, and is not shown.
        if (RtlUTF8ToUnicodeN(Name->Buffer, FSP_NAME_BYTES, &Bytes, Text, (ULONG)Operation.bytes) !=
            STATUS_SUCCESS) {
            continue;
        }
        Name->Length = (USHORT)Bytes;
        Name->MaximumLength = FSP_NAME_BYTES;
        if (FspIsNameLegal(Name)) {
            *Status = Operation.status;
            return STATUS_SUCCESS;
        }
    }
}
