// SPDX-License-Identifier: MIT
// System information of any class.
#include "runtime/native.h"
#include "runtime/query.h"

// Large enough for the classes of one structure, small enough for a pool page.
#define FIRST_BYTES 1024

static NTSTATUS NTAPI QuerySystem(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    return ZwQuerySystemInformation(*(PULONG)Context, Data, Bytes, Needed);
}

NTSTATUS NTAPI KmSystemQuery(ULONG Class, PKM_ALLOCATOR Allocator, PVOID *Information, PULONG Bytes,
                             PULONG Used)
{
    return KmpQuery(Allocator, QuerySystem, &Class, FIRST_BYTES, Information, Bytes, Used);
}
