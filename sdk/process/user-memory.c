// SPDX-License-Identifier: MIT
// Memory of the process that the current thread is in.
#include <ntifs.h>
#include "process/user-memory.h"

static NTSTATUS CopyPiece(PVOID Target, const VOID *Source, SIZE_T Bytes)
{
    __try {
        RtlCopyMemory(Target, Source, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// How much of what is left may be tried at once: to the end of the page, and of user mode's addresses.
static SIZE_T PieceAt(ULONG_PTR Address, SIZE_T Left)
{
    ULONG_PTR End = (ULONG_PTR)MM_HIGHEST_USER_ADDRESS + 1;
    SIZE_T Piece = PAGE_SIZE - Address % PAGE_SIZE;

    if (Address >= End) {
        return 0;
    }
    return min(min(Piece, Left), End - Address);
}

NTSTATUS KmpCopyFromUser(PVOID Buffer, const VOID *Address, SIZE_T Bytes, PSIZE_T Done)
{
    NTSTATUS Status = STATUS_SUCCESS;

    *Done = 0;
    while (*Done < Bytes) {
        const UCHAR *Source = (const UCHAR *)Address + *Done;
        SIZE_T Piece = PieceAt((ULONG_PTR)Source, Bytes - *Done);

        Status = Piece != 0 ? CopyPiece((PUCHAR)Buffer + *Done, Source, Piece) : STATUS_ACCESS_VIOLATION;
        if (!NT_SUCCESS(Status)) {
            break;
        }
        *Done += Piece;
    }
    return Status;
}

NTSTATUS KmpCopyToUser(PVOID Address, const VOID *Buffer, SIZE_T Bytes, PSIZE_T Done)
{
    NTSTATUS Status = STATUS_SUCCESS;

    *Done = 0;
    while (*Done < Bytes) {
        PUCHAR Target = (PUCHAR)Address + *Done;
        SIZE_T Piece = PieceAt((ULONG_PTR)Target, Bytes - *Done);

        Status =
            Piece != 0 ? CopyPiece(Target, (const UCHAR *)Buffer + *Done, Piece) : STATUS_ACCESS_VIOLATION;
        if (!NT_SUCCESS(Status)) {
            break;
        }
        *Done += Piece;
    }
    return Status;
}
