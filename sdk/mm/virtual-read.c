// SPDX-License-Identifier: MIT
// Memory read at an address that may be wrong.
#include "mm/copy-memory.h"
#include "runtime/irql.h"
#include "runtime/system-routine.h"

static KMP_SYSTEM_ROUTINE CopyVirtual = KMP_SYSTEM_ROUTINE_INIT(L"MmCopyMemory");

// By what is behind each page now, which cannot fault whatever becomes of the page meanwhile.
static NTSTATUS ReadByPhysicalAddress(const UCHAR *Address, PUCHAR Buffer, SIZE_T Bytes, PSIZE_T Done)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (KmpGetCurrentIrql() != PASSIVE_LEVEL) {
        return STATUS_NOT_SUPPORTED;
    }
    while (*Done < Bytes && NT_SUCCESS(Status)) {
        SIZE_T Part = min(Bytes - *Done, PAGE_SIZE - BYTE_OFFSET(Address + *Done)), Read = 0;
        ULONG64 Physical;

        Status = KmPhysicalOf(Address + *Done, &Physical);
        if (NT_SUCCESS(Status)) {
            Status = KmPhysicalRead(Physical, Buffer + *Done, Part, &Read);
        }
        *Done += Read;
    }
    return Status;
}

NTSTATUS NTAPI KmVirtualRead(const VOID *Address, PVOID Buffer, SIZE_T Bytes, PSIZE_T Done)
{
    KMP_COPY_MEMORY Routine = (KMP_COPY_MEMORY)(ULONG_PTR)KmpFindSystemRoutine(&CopyVirtual);
    MM_COPY_ADDRESS Source;

    *Done = 0;
    if (Bytes == 0) {
        return STATUS_SUCCESS;
    }
    if (Bytes - 1 > MAXULONG_PTR - (ULONG_PTR)Address) {
        return STATUS_INVALID_ADDRESS;
    }
    if (Routine == NULL) {
        return ReadByPhysicalAddress((const UCHAR *)Address, (PUCHAR)Buffer, Bytes, Done);
    }
    Source.VirtualAddress = (PVOID)Address;
    return Routine(Buffer, Source, Bytes, MM_COPY_MEMORY_VIRTUAL, Done);
}
