// SPDX-License-Identifier: MIT
// MmCopyMemory: from wherever, without a fault.
#include "inc/kernel.h"

// Pages that are mapped at a time.
#define MI_COPY_PAGES 16

static BOOLEAN MiReadByte(ULONG_PTR Address)
{
    __try {
        (void)*(volatile const UCHAR *)Address;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

// The physical address behind Address; KM_PHYSICAL_NONE if it can't be read. A user address is brought in.
static ULONG64 MiFindReadable(ULONG_PTR Address)
{
    KM_PAGE Page;
    if ((KeMachine->query_memory(Address, &Page) & KM_PROTECT_READ) == 0 &&
        (Address >= (ULONG_PTR)MmUserProbeAddress || !MiReadByte(Address) ||
         (KeMachine->query_memory(Address, &Page) & KM_PROTECT_READ) == 0)) {
        return KM_PHYSICAL_NONE;
    }
    return Page.physical == KM_PHYSICAL_NONE ? KM_PHYSICAL_NONE : Page.physical + BYTE_OFFSET(Address);
}

// Bytes of RAM at Physical, through Window, MI_COPY_PAGES of address space.
static NTSTATUS MiCopyPhysical(PUCHAR Target, ULONG64 Physical, SIZE_T Bytes, ULONG_PTR Window,
                               PSIZE_T Copied)
{
    for (SIZE_T Done = 0, Piece; Done < Bytes; Done += Piece) {
        const ULONG Offset = BYTE_OFFSET(Physical + Done);
        const ULONG64 First = (Physical + Done) / PAGE_SIZE;
        SIZE_T Pages = 0;
        while (Pages < MI_COPY_PAGES && Pages * PAGE_SIZE < Offset + Bytes - Done &&
               MiIsPhysicalMemory(First + Pages)) {
            Pages += 1;
        }
        Piece = min(Bytes - Done, Pages * PAGE_SIZE - Offset);
        if (Pages == 0) {
            return STATUS_INVALID_ADDRESS;
        }
        if (!KeMachine->map_memory(Window, Pages * PAGE_SIZE, First * PAGE_SIZE, KM_PROTECT_READ)) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(Target + Done, (PVOID)(Window + Offset), Piece);
        KeMachine->unmap_memory(Window, Pages * PAGE_SIZE);
        *Copied += Piece;
    }
    return STATUS_SUCCESS;
}

// By what is behind the addresses, as somebody else may unmap them meanwhile.
static NTSTATUS MiCopyVirtual(PUCHAR Target, ULONG_PTR Address, SIZE_T Bytes, ULONG_PTR Window,
                              PSIZE_T Copied)
{
    for (SIZE_T Done = 0, Piece; Done < Bytes; Done += Piece) {
        Piece = min(Bytes - Done, PAGE_SIZE - BYTE_OFFSET(Address + Done));
        ULONG64 Physical = MiFindReadable(Address + Done);
        NTSTATUS Status = Physical == KM_PHYSICAL_NONE
                              ? STATUS_INVALID_ADDRESS
                              : MiCopyPhysical(Target + Done, Physical, Piece, Window, Copied);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    return STATUS_SUCCESS;
}

// IRQL <= APC_LEVEL. STATUS_INVALID_PARAMETER_4: not one of the two flags. STATUS_INVALID_ADDRESS: nothing
// that can be read is there, or a device. *NumberOfBytesTransferred tells how far it came.
NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes,
                            ULONG Flags, PSIZE_T NumberOfBytesTransferred)
{
    *NumberOfBytesTransferred = 0;
    if (Flags != MM_COPY_MEMORY_PHYSICAL && Flags != MM_COPY_MEMORY_VIRTUAL) {
        return STATUS_INVALID_PARAMETER_4;
    }
    PMI_SYSTEM_RANGE Range = MiReserveSystemRange(MI_COPY_PAGES, MiWindowRange, 0);
    if (Range == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = Flags == MM_COPY_MEMORY_PHYSICAL
                          ? MiCopyPhysical(TargetAddress, (ULONG64)SourceAddress.PhysicalAddress.QuadPart,
                                           NumberOfBytes, Range->Base, NumberOfBytesTransferred)
                          : MiCopyVirtual(TargetAddress, (ULONG_PTR)SourceAddress.VirtualAddress,
                                          NumberOfBytes, Range->Base, NumberOfBytesTransferred);
    MiReleaseSystemRange(Range);
    return Status;
}
