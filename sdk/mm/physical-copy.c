// SPDX-License-Identifier: MIT
// Physical memory read and written.
#include "mm/copy-memory.h"
#include "runtime/irql.h"
#include "runtime/system-routine.h"

static KMP_SYSTEM_ROUTINE CopyMemory = KMP_SYSTEM_ROUTINE_INIT(L"MmCopyMemory");

static NTSTATUS CopyPage(ULONG64 Address, PUCHAR Buffer, SIZE_T Bytes, BOOLEAN Write)
{
    PHYSICAL_ADDRESS Physical;
    PVOID Mapping;

    Physical.QuadPart = (LONGLONG)Address;
    // As the system itself maps memory: other caching of the same page is not allowed.
    Mapping = MmMapIoSpace(Physical, Bytes, MmCached);
    if (Mapping == NULL) {
        return STATUS_ACCESS_DENIED;
    }
    if (Write) {
        RtlCopyMemory(Mapping, Buffer, Bytes);
    } else {
        RtlCopyMemory(Buffer, Mapping, Bytes);
    }
    MmUnmapIoSpace(Mapping, Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS CopyByMapping(ULONG64 Address, PUCHAR Buffer, SIZE_T Bytes, BOOLEAN Write, PSIZE_T Done)
{
    PPHYSICAL_MEMORY_RANGE Ranges;
    ULONG Count;
    NTSTATUS Status;

    *Done = 0;
    // The ranges are to be had at PASSIVE_LEVEL alone.
    if (KmpGetCurrentIrql() != PASSIVE_LEVEL) {
        return STATUS_NOT_SUPPORTED;
    }
    Status = KmPhysicalRanges(&Ranges, &Count);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    while (*Done < Bytes && NT_SUCCESS(Status)) {
        SIZE_T Part = min(Bytes - *Done, PAGE_SIZE - (SIZE_T)(Address % PAGE_SIZE));

        Status = KmPhysicalIsMemory(Ranges, Count, Address, Part)
                     ? CopyPage(Address, Buffer + *Done, Part, Write)
                     : STATUS_INVALID_ADDRESS;
        if (NT_SUCCESS(Status)) {
            *Done += Part;
            Address += Part;
        }
    }
    ExFreePool(Ranges);
    return Status;
}

NTSTATUS NTAPI KmPhysicalRead(ULONG64 Address, PVOID Buffer, SIZE_T Bytes, PSIZE_T Done)
{
    KMP_COPY_MEMORY Routine = (KMP_COPY_MEMORY)(ULONG_PTR)KmpFindSystemRoutine(&CopyMemory);
    MM_COPY_ADDRESS Source;

    if (Routine == NULL) {
        return CopyByMapping(Address, (PUCHAR)Buffer, Bytes, FALSE, Done);
    }
    *Done = 0;
    if (Bytes == 0) {
        return STATUS_SUCCESS;
    }
    Source.PhysicalAddress.QuadPart = (LONGLONG)Address;
    return Routine(Buffer, Source, Bytes, MM_COPY_MEMORY_PHYSICAL, Done);
}

NTSTATUS NTAPI KmPhysicalWrite(ULONG64 Address, const VOID *Data, SIZE_T Bytes, PSIZE_T Done)
{
    return CopyByMapping(Address, (PUCHAR)(ULONG_PTR)Data, Bytes, TRUE, Done);
}
