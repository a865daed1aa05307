// SPDX-License-Identifier: MIT
// Buffers, and the routines that have to be asked twice.
#include <kmode.h>

VOID NTAPI KmBufferFree(PKM_BUFFER Buffer)
{
    KmFree(Buffer->Allocator, Buffer->Data, Buffer->Capacity);
    KmBufferInit(Buffer, Buffer->Allocator);
}

NTSTATUS NTAPI KmBufferReserve(PKM_BUFFER Buffer, SIZE_T Capacity)
{
    PVOID Data;

    if (Capacity <= Buffer->Capacity) {
        return STATUS_SUCCESS;
    }
    Data = KmRealloc(Buffer->Allocator, Buffer->Data, Buffer->Capacity, Capacity);
    if (Data == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Buffer->Data = Data;
    Buffer->Capacity = Capacity;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmBufferAppend(PKM_BUFFER Buffer, const VOID *Source, SIZE_T Bytes)
{
    SIZE_T Needed;
    ULONG_PTR Offset = (ULONG_PTR)Source - (ULONG_PTR)Buffer->Data;
    BOOLEAN IsOwn = Offset < Buffer->Bytes;
    NTSTATUS Status = STATUS_SUCCESS;

    if (__builtin_add_overflow(Buffer->Bytes, Bytes, &Needed)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Needed > Buffer->Capacity) {
        Status = KmBufferReserve(Buffer, Needed / 2 < Buffer->Capacity ? Buffer->Capacity * 2 : Needed);
    }
    if (NT_SUCCESS(Status) && Bytes != 0 && Buffer->Data != NULL) {
        // What is the buffer's own has moved with it.
        RtlCopyMemory((PUCHAR)Buffer->Data + Buffer->Bytes, IsOwn ? (PUCHAR)Buffer->Data + Offset : Source,
                      Bytes);
        Buffer->Bytes = Needed;
    }
    return Status;
}

VOID NTAPI KmBufferMove(PKM_BUFFER To, PKM_BUFFER From)
{
    KM_BUFFER Moved = *From;

    if (To != From) {
        KmBufferFree(To);
        *To = Moved;
        KmBufferInit(From, Moved.Allocator);
    }
}

// Other memory for a buffer that is empty: nothing is copied. What there was is kept until there is other.
static NTSTATUS Enlarge(PKM_BUFFER Buffer, ULONG Capacity)
{
    PVOID Data = KmAllocUninitialized(Buffer->Allocator, Capacity);

    if (Data == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KmFree(Buffer->Allocator, Buffer->Data, Buffer->Capacity);
    Buffer->Data = Data;
    Buffer->Capacity = Capacity;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmBufferQuery(PKM_BUFFER Buffer, PKM_QUERY Query, PVOID Context, ULONG FirstBytes)
{
    ULONG64 Capacity = max(FirstBytes, 1);
    ULONG Bytes, Needed, Try;
    NTSTATUS Status = STATUS_BUFFER_TOO_SMALL, Enlarged;

    Buffer->Bytes = 0;
    for (Try = 0; Try < KM_BUFFER_TRIES && Capacity <= MAXULONG; Try += 1) {
        if (Capacity > Buffer->Capacity) {
            Enlarged = Enlarge(Buffer, (ULONG)Capacity);
            if (!NT_SUCCESS(Enlarged)) {
                return Enlarged;
            }
        }
        Bytes = (ULONG)min(Buffer->Capacity, MAXULONG);
        Needed = 0;
        Status = Query(Buffer->Data, Bytes, &Needed, Context);
        if (NT_SUCCESS(Status)) {
            Buffer->Bytes = Needed == 0 ? Bytes : min(Needed, Bytes);
            return Status;
        }
        if (Status != STATUS_INFO_LENGTH_MISMATCH && Status != STATUS_BUFFER_TOO_SMALL &&
            Status != STATUS_BUFFER_OVERFLOW) {
            return Status;
        }
        // The first answer may be taken at its word; what grows while it is asked is not caught up with so.
        Capacity = Needed > Bytes ? (ULONG64)Needed + Needed / 8 : (ULONG64)Bytes * 2;
        if (Capacity > MAXULONG && Bytes != MAXULONG) {
            Capacity = MAXULONG;
        }
    }
    return Status;
}
