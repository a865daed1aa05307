// SPDX-License-Identifier: MIT
// Renaming and deleting files and directories.
#include <ntifs.h>
#include <kmode.h>

// Files and directories alike, whatever others do with them.
static NTSTATUS OpenEither(PCWSTR Path, ACCESS_MASK Access, PHANDLE File)
{
    UNICODE_STRING Name;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Name, Path);

    *File = NULL;
    return NT_SUCCESS(Status)
               ? KmFileOpenEx(NULL, &Name, Access, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                              FILE_OPEN, FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT, File, NULL)
               : Status;
}

NTSTATUS NTAPI KmFileDelete(PCWSTR Path)
{
    FILE_DISPOSITION_INFORMATION Delete = {TRUE};
    IO_STATUS_BLOCK IoStatus;
    HANDLE File;
    NTSTATUS Status = OpenEither(Path, DELETE, &File);

    if (NT_SUCCESS(Status)) {
        Status = ZwSetInformationFile(File, &IoStatus, &Delete, sizeof(Delete), FileDispositionInformation);
        (VOID) ZwClose(File);
    }
    return Status;
}

// The target's full path, as the file system wants it.
static NTSTATUS MakeInformation(PCUNICODE_STRING To, BOOLEAN Replace, PKM_ALLOCATOR Allocator,
                                PFILE_RENAME_INFORMATION *Information, PULONG Bytes)
{
    static const UNICODE_STRING DosDevices = RTL_CONSTANT_STRING(L"\\??\\"), Nothing = {0, 0, NULL};
    PCUNICODE_STRING Prefix =
        To->Length >= 2 * sizeof(WCHAR) && To->Buffer[1] == L':' ? &DosDevices : &Nothing;
    ULONG Length = (ULONG)Prefix->Length + To->Length;

    *Bytes = FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) + Length;
    *Bytes = max(*Bytes, (ULONG)sizeof(FILE_RENAME_INFORMATION));
    *Information = (PFILE_RENAME_INFORMATION)KmAlloc(Allocator, *Bytes);
    if (*Information == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (*Information)->ReplaceIfExists = Replace;
    (*Information)->FileNameLength = Length;
    RtlCopyMemory((*Information)->FileName, Prefix->Buffer, Prefix->Length);
    RtlCopyMemory((PUCHAR)(*Information)->FileName + Prefix->Length, To->Buffer, To->Length);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmFileRename(PCWSTR From, PCWSTR To, BOOLEAN Replace, PKM_ALLOCATOR Allocator)
{
    PFILE_RENAME_INFORMATION Information;
    IO_STATUS_BLOCK IoStatus;
    UNICODE_STRING Target;
    HANDLE File;
    ULONG Bytes;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Target, To);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MakeInformation(&Target, Replace, Allocator, &Information, &Bytes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = OpenEither(From, DELETE, &File);
    if (NT_SUCCESS(Status)) {
        Status = ZwSetInformationFile(File, &IoStatus, Information, Bytes, FileRenameInformation);
        (VOID) ZwClose(File);
    }
    KmFree(Allocator, Information, Bytes);
    return Status;
}
