// SPDX-License-Identifier: MIT
// Copying files.
#include <ntifs.h>
#include <kmode.h>

#define PIECE 0x10000

static NTSTATUS CopyBytes(HANDLE Source, HANDLE Target, PVOID Buffer)
{
    LONGLONG Offset = 0;
    ULONG Done;
    NTSTATUS Status;

    while (NT_SUCCESS(Status = KmFileRead(Source, Offset, Buffer, PIECE, &Done))) {
        Status = KmFileWrite(Target, Offset, Buffer, Done);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Offset += Done;
    }
    return Status == STATUS_END_OF_FILE ? STATUS_SUCCESS : Status;
}

NTSTATUS NTAPI KmFileCopy(PCWSTR From, PCWSTR To, BOOLEAN Replace, PKM_ALLOCATOR Allocator)
{
    FILE_DISPOSITION_INFORMATION Delete = {TRUE};
    IO_STATUS_BLOCK IoStatus;
    HANDLE Source, Target;
    PVOID Buffer = KmAllocUninitialized(Allocator, PIECE);
    NTSTATUS Status;

    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = KmFileOpen(From, GENERIC_READ, FILE_OPEN, &Source);
    if (!NT_SUCCESS(Status)) {
        goto FreeBuffer;
    }
    Status = KmFileOpen(To, GENERIC_WRITE | DELETE, Replace ? FILE_OVERWRITE_IF : FILE_CREATE, &Target);
    if (!NT_SUCCESS(Status)) {
        goto CloseSource;
    }
    Status = CopyBytes(Source, Target, Buffer);
    if (!NT_SUCCESS(Status)) {
        (VOID) ZwSetInformationFile(Target, &IoStatus, &Delete, sizeof(Delete), FileDispositionInformation);
    }
    (VOID) ZwClose(Target);
CloseSource:
    (VOID) ZwClose(Source);
FreeBuffer:
    KmFree(Allocator, Buffer, PIECE);
    return Status;
}
