// SPDX-License-Identifier: MIT
// The files of a file sink: written, and given their next names when one is full.
#include <ntifs.h>
#include "file.h"

static NTSTATUS Open(HANDLE *Handle, PUNICODE_STRING Path, ACCESS_MASK Access, ULONG Disposition)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;

    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateFile(Handle, Access | SYNCHRONIZE, &Attributes, &IoStatus, NULL, FILE_ATTRIBUTE_NORMAL,
                        FILE_SHARE_READ | FILE_SHARE_DELETE, Disposition,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
}

static NTSTATUS OpenCurrent(KMP_LOG_FILES *Files, ULONG Disposition)
{
    FILE_STANDARD_INFORMATION Standard;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status =
        Open(&Files->Handle, &Files->Path, FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | DELETE, Disposition);

    if (!NT_SUCCESS(Status)) {
        Files->Handle = NULL;
        return Status;
    }
    Status = ZwQueryInformationFile(Files->Handle, &IoStatus, &Standard, sizeof(Standard),
                                    FileStandardInformation);
    if (!NT_SUCCESS(Status)) {
        KmpLogCloseFile(Files);
        return Status;
    }
    Files->Bytes = (ULONG64)Standard.EndOfFile.QuadPart;
    return Status;
}

NTSTATUS KmpLogOpenFile(KMP_LOG_FILES *Files)
{
    return OpenCurrent(Files, FILE_OPEN_IF);
}

VOID KmpLogCloseFile(KMP_LOG_FILES *Files)
{
    if (Files->Handle != NULL) {
        ZwClose(Files->Handle);
        Files->Handle = NULL;
    }
}

// Puts ".Number" behind Path, which has room for it; 0 puts nothing. The path ends in a zero then.
static VOID Number(PUNICODE_STRING Path, USHORT Length, ULONG Number)
{
    ULONG Index = Length / sizeof(WCHAR);

    if (Number != 0) {
        Path->Buffer[Index++] = L'.';
        if (Number >= 10) {
            Path->Buffer[Index++] = (WCHAR)(L'0' + Number / 10);
        }
        Path->Buffer[Index++] = (WCHAR)(L'0' + Number % 10);
    }
    Path->Length = (USHORT)(Index * sizeof(WCHAR));
}

// NewPath stands in a FILE_RENAME_INFORMATION, as its name.
static NTSTATUS Rename(HANDLE Handle, const UNICODE_STRING *NewPath)
{
    PFILE_RENAME_INFORMATION Information =
        CONTAINING_RECORD(NewPath->Buffer, FILE_RENAME_INFORMATION, FileName);
    IO_STATUS_BLOCK IoStatus;

    Information->ReplaceIfExists = TRUE;
    Information->RootDirectory = NULL;
    Information->FileNameLength = NewPath->Length;
    return ZwSetInformationFile(Handle, &IoStatus, Information,
                                (ULONG)FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) + NewPath->Length,
                                FileRenameInformation);
}

// Gives each file the next number. The handle of the one that is written is closed; that it keeps its name is
// no reason to stop, as it is emptied then.
static VOID Rotate(KMP_LOG_FILES *Files)
{
    USHORT Length = Files->Path.Length;

    for (ULONG Index = Files->Count - 1; Index-- > 0;) {
        HANDLE Handle = Files->Handle;

        Number(&Files->Path, Length, Index);
        Number(&Files->NewPath, Length, Index + 1);
        if (Index == 0) {
            (void)Rename(Handle, &Files->NewPath);
        } else if (NT_SUCCESS(Open(&Handle, &Files->Path, DELETE, FILE_OPEN))) {
            (void)Rename(Handle, &Files->NewPath);
            ZwClose(Handle);
        }
    }
    Number(&Files->Path, Length, 0);
    KmpLogCloseFile(Files);
}

NTSTATUS KmpLogWriteFile(KMP_LOG_FILES *Files, PCSTR Text, ULONG Length)
{
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER End;
    NTSTATUS Status;

    if (Files->Handle != NULL && Files->MaximumBytes != 0 && Files->Bytes != 0 &&
        Files->Bytes + Length > Files->MaximumBytes) {
        Rotate(Files);
    }
    if (Files->Handle == NULL) {
        Status = OpenCurrent(Files, Files->MaximumBytes != 0 ? FILE_OVERWRITE_IF : FILE_OPEN_IF);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    End.LowPart = FILE_WRITE_TO_END_OF_FILE;
    End.HighPart = -1;
    Status =
        ZwWriteFile(Files->Handle, NULL, NULL, NULL, &IoStatus, (PVOID)(ULONG_PTR)Text, Length, &End, NULL);
    if (NT_SUCCESS(Status)) {
        Files->Bytes += Length;
    }
    return Status;
}
