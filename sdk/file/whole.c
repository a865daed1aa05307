// SPDX-License-Identifier: MIT
// Whole files.
#include <ntifs.h>
#include <kmode.h>

// An empty file has a byte.
static SIZE_T RoomFor(ULONG Bytes)
{
    return Bytes != 0 ? Bytes : 1;
}

static NTSTATUS ReadOpened(HANDLE File, PKM_ALLOCATOR Allocator, ULONG MaximumBytes, PVOID *Data,
                           PULONG Bytes)
{
    ULONGLONG Size;
    ULONG Done = 0, All = 0;
    PUCHAR Buffer;
    NTSTATUS Status = KmFileSize(File, &Size);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Size > MaximumBytes) {
        return STATUS_FILE_TOO_LARGE;
    }
    Buffer = (PUCHAR)KmAlloc(Allocator, RoomFor((ULONG)Size));
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    while (NT_SUCCESS(Status) && All < Size) {
        Status = KmFileRead(File, All, Buffer + All, (ULONG)Size - All, &Done);
        All += Done;
    }
    if (!NT_SUCCESS(Status)) {
        KmFree(Allocator, Buffer, RoomFor((ULONG)Size));
        return Status;
    }
    *Data = Buffer;
    *Bytes = (ULONG)Size;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmFileReadAll(PCWSTR Path, PKM_ALLOCATOR Allocator, ULONG MaximumBytes, PVOID *Data,
                             PULONG Bytes)
{
    HANDLE File;
    NTSTATUS Status = KmFileOpen(Path, GENERIC_READ, FILE_OPEN, &File);

    *Data = NULL;
    *Bytes = 0;
    if (NT_SUCCESS(Status)) {
        Status = ReadOpened(File, Allocator, MaximumBytes, Data, Bytes);
        (VOID) ZwClose(File);
    }
    return Status;
}

VOID NTAPI KmFileFreeData(PKM_ALLOCATOR Allocator, PVOID Data, ULONG Bytes)
{
    KmFree(Allocator, Data, RoomFor(Bytes));
}

NTSTATUS NTAPI KmFileWriteAll(PCWSTR Path, const VOID *Data, ULONG Bytes)
{
    HANDLE File;
    NTSTATUS Status = KmFileOpen(Path, GENERIC_WRITE, FILE_OVERWRITE_IF, &File);

    if (NT_SUCCESS(Status)) {
        if (Bytes != 0) {
            Status = KmFileWrite(File, 0, Data, Bytes);
        }
        (VOID) ZwClose(File);
    }
    return Status;
}
