// SPDX-License-Identifier: MIT
// Queries whose answer's size is not known.
#include "runtime/query.h"

#define LARGEST_ANSWER (256u << 20)
#define MOST_TRIES     40

NTSTATUS KmpQuery(PKM_ALLOCATOR Allocator, KMP_QUERY *Query, PVOID Context, ULONG FirstBytes, PVOID *Memory,
                  PULONG Bytes, PULONG Used)
{
    ULONG Room = FirstBytes, Needed, Tries = 0;
    NTSTATUS Status;
    PVOID Buffer;

    *Memory = NULL;
    *Bytes = 0;
    for (;;) {
        Buffer = KmAlloc(Allocator, Room);
        if (Buffer == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Needed = 0;
        Status = Query(Context, Buffer, Room, &Needed);
        if (NT_SUCCESS(Status)) {
            *Memory = Buffer;
            *Bytes = Room;
            if (Used != NULL) {
                *Used = Needed;
            }
            return Status;
        }
        KmFree(Allocator, Buffer, Room);
        if (Status != STATUS_INFO_LENGTH_MISMATCH && Status != STATUS_BUFFER_OVERFLOW &&
            Status != STATUS_BUFFER_TOO_SMALL) {
            return Status;
        }
        if (Room >= LARGEST_ANSWER || Needed > LARGEST_ANSWER) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        if (++Tries == MOST_TRIES) {
            return Status;
        }
        // What lists the system's processes may have grown by the next call; what is one structure wants room
        // for exactly that; and some routines say nothing.
        Room = Needed > Room ? Needed + Needed / 8 : Needed != 0 && Needed < Room ? Needed : Room * 2;
    }
}
