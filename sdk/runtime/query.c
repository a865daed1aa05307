// SPDX-License-Identifier: MIT
// Queries whose answer's size is not known.
#include "runtime/query.h"

NTSTATUS KmpQuery(PKM_ALLOCATOR Allocator, PKM_QUERY Query, PVOID Context, ULONG FirstBytes, PVOID *Memory,
                  PULONG Bytes, PULONG Used)
{
    KM_BUFFER Buffer = KM_BUFFER_INIT(Allocator);
    NTSTATUS Status = KmBufferQuery(&Buffer, Query, Context, FirstBytes);

    if (!NT_SUCCESS(Status)) {
        KmBufferFree(&Buffer);
    }
    *Memory = Buffer.Data;
    *Bytes = (ULONG)Buffer.Capacity;
    if (Used != NULL) {
        *Used = (ULONG)Buffer.Bytes;
    }
    return Status;
}
