// SPDX-License-Identifier: MIT
// Reading, writing, and sizes of open files.
#include <ntifs.h>
#include <kmode.h>

NTSTATUS NTAPI KmFileRead(HANDLE File, LONGLONG Offset, PVOID Buffer, ULONG Bytes, PULONG Done)
{
    IO_STATUS_BLOCK IoStatus = {.Information = 0};
    LARGE_INTEGER At = {.QuadPart = Offset};
    NTSTATUS Status = ZwReadFile(File, NULL, NULL, NULL, &IoStatus, Buffer, Bytes,
                                 Offset != KM_FILE_POSITION ? &At : NULL, NULL);

    if (Done != NULL) {
        *Done = NT_SUCCESS(Status) ? (ULONG)IoStatus.Information : 0;
    }
    return Status;
}

static NTSTATUS Write(HANDLE File, PLARGE_INTEGER At, const VOID *Buffer, ULONG Bytes)
{
    IO_STATUS_BLOCK IoStatus = {.Information = 0};
    NTSTATUS Status = ZwWriteFile(File, NULL, NULL, NULL, &IoStatus, (PVOID)Buffer, Bytes, At, NULL);

    return NT_SUCCESS(Status) && IoStatus.Information != Bytes ? STATUS_DISK_FULL : Status;
}

NTSTATUS NTAPI KmFileWrite(HANDLE File, LONGLONG Offset, const VOID *Buffer, ULONG Bytes)
{
    LARGE_INTEGER At = {.QuadPart = Offset};

    return Write(File, Offset != KM_FILE_POSITION ? &At : NULL, Buffer, Bytes);
}

NTSTATUS NTAPI KmFileAppend(HANDLE File, const VOID *Buffer, ULONG Bytes)
{
    LARGE_INTEGER At = {.LowPart = FILE_WRITE_TO_END_OF_FILE, .HighPart = -1};

    return Write(File, &At, Buffer, Bytes);
}

NTSTATUS NTAPI KmFileSize(HANDLE File, PULONGLONG Bytes)
{
    FILE_STANDARD_INFORMATION Standard;
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status =
        ZwQueryInformationFile(File, &IoStatus, &Standard, sizeof(Standard), FileStandardInformation);

    *Bytes = NT_SUCCESS(Status) ? (ULONGLONG)Standard.EndOfFile.QuadPart : 0;
    return Status;
}

NTSTATUS NTAPI KmFileSetSize(HANDLE File, ULONGLONG Bytes)
{
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = (LONGLONG)Bytes};
    IO_STATUS_BLOCK IoStatus;

    return ZwSetInformationFile(File, &IoStatus, &End, sizeof(End), FileEndOfFileInformation);
}
