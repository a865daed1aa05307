// SPDX-License-Identifier: MIT
// Buffers, and the routines that have to be asked twice.
#include <kmode.h>

#define LARGEST_ANSWER (256u << 20)

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
    // Zeroed: what a query does not write, and says nothing of, is nobody else's.
    PVOID Data = KmAlloc(Buffer->Allocator, Capacity);

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
    ULONG Room = max(max(FirstBytes, 1), (ULONG)min(Buffer->Capacity, LARGEST_ANSWER));
    ULONG Needed, Try;
    NTSTATUS Status = STATUS_BUFFER_TOO_SMALL;

    Buffer->Bytes = 0;
    for (Try = 0; Try < KM_BUFFER_TRIES; Try += 1) {
        if (Room > Buffer->Capacity && !NT_SUCCESS(Enlarge(Buffer, Room))) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Needed = 0;
        Status = Query(Buffer->Data, Room, &Needed, Context);
        if (NT_SUCCESS(Status)) {
            Buffer->Bytes = Needed == 0 ? Room : min(Needed, Room);
            return Status;
        }
        if (Status != STATUS_INFO_LENGTH_MISMATCH && Status != STATUS_BUFFER_TOO_SMALL &&
            Status != STATUS_BUFFER_OVERFLOW) {
            return Status;
        }
        if (Room >= LARGEST_ANSWER || Needed > LARGEST_ANSWER) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        // The first answer may be taken at its word; what grows while it is asked is not caught up with so.
        Room = Needed > Room ? Needed + Needed / 8 : Needed != 0 && Needed < Room ? Needed : Room * 2;
    }
    return Status;
}
