// SPDX-License-Identifier: MIT
// Pages of physical memory from anywhere, mapped as one range.
#include "alloc/physical.h"
#include "runtime/mapping-priority.h"

#define KMP_MOST_BYTES (0x100000000u - PAGE_SIZE)

NTSTATUS NTAPI KmPagesAlloc(PKM_PAGES Pages, SIZE_T Bytes, const KM_PHYSICAL_LIMITS *Limits)
{
    PHYSICAL_ADDRESS NoSkip = {.QuadPart = 0};
    KM_PHYSICAL_LIMITS Any;

    RtlZeroMemory(Pages, sizeof(*Pages));
    if (Limits == NULL) {
        KmPhysicalLimitsInit(&Any);
        Limits = &Any;
    }
    if (Bytes == 0 || Bytes > KMP_MOST_BYTES || !KmpArePhysicalLimits(Limits)) {
        return STATUS_INVALID_PARAMETER;
    }
    Pages->Bytes = (Bytes + PAGE_SIZE - 1) & ~(SIZE_T)(PAGE_SIZE - 1);
    Pages->Mdl = MmAllocatePagesForMdlEx(Limits->Lowest, Limits->Highest, NoSkip, Pages->Bytes,
                                         Limits->CacheType, MM_ALLOCATE_FULLY_REQUIRED);
    if (Pages->Mdl == NULL) {
        goto Fail;
    }
    Pages->Address = MmMapLockedPagesSpecifyCache(Pages->Mdl, KernelMode, Limits->CacheType, NULL, FALSE,
                                                  KmpMappingPriority());
    if (Pages->Address == NULL) {
        goto FreePages;
    }
    return STATUS_SUCCESS;
FreePages:
    MmFreePagesFromMdl(Pages->Mdl);
    ExFreePool(Pages->Mdl);
Fail:
    RtlZeroMemory(Pages, sizeof(*Pages));
    return STATUS_INSUFFICIENT_RESOURCES;
}

VOID NTAPI KmPagesFree(PKM_PAGES Pages)
{
    if (Pages->Mdl != NULL) {
        MmUnmapLockedPages(Pages->Address, Pages->Mdl);
        MmFreePagesFromMdl(Pages->Mdl);
        ExFreePool(Pages->Mdl);
        RtlZeroMemory(Pages, sizeof(*Pages));
    }
}
