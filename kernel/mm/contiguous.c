// SPDX-License-Identifier: MIT
// Contiguous and noncached memory: pages of its own, mapped in a range of its own.
#include "inc/kernel.h"

// Parameter 1 of BAD_POOL_CALLER. (debugger, "Bug Check 0xC2")
#define MI_FREE_NO_CONTIGUOUS_MEMORY 0x60

#define MI_CACHE_MODIFIERS (PAGE_NOCACHE | PAGE_WRITECOMBINE)

// What all the routines below ask for.
typedef struct _MI_CONTIGUOUS {
    SIZE_T Bytes;
    ULONG64 Low, High; // the first and the last physical address that will do
    ULONG64 Boundary;  // 0, or what a multiple of it must not lie within
    NODE_REQUIREMENT Node;
    ULONG Protection;
} MI_CONTIGUOUS;

BOOLEAN MiIsNode(NODE_REQUIREMENT Node)
{
    return Node == 0 || Node == MM_ANY_NODE_OK;
}

// FALSE: nothing can be as it is asked for. Boundary becomes pages.
static BOOLEAN MiIsAskedFor(MI_CONTIGUOUS *Asked)
{
    if (Asked->Bytes == 0 || Asked->Bytes > MAXLONG64 || Asked->Low > Asked->High || !MiIsNode(Asked->Node) ||
        (Asked->Boundary & (Asked->Boundary - 1)) != 0 ||
        (Asked->Boundary != 0 && Asked->Bytes > Asked->Boundary)) {
        return FALSE;
    }
    // All that is asked for lies before the first boundary of one page, which begins at one.
    Asked->Boundary = Asked->Boundary / PAGE_SIZE;
    return TRUE;
}

VOID MiPageRange(ULONG64 Low, ULONG64 High, PULONG64 LowPage, PULONG64 HighPage)
{
    *LowPage = Low / PAGE_SIZE + (Low % PAGE_SIZE != 0);
    // The last page has to lie in the range as a whole.
    *HighPage = High / PAGE_SIZE;
    if (High % PAGE_SIZE != PAGE_SIZE - 1) {
        if (*HighPage == 0) {
            *LowPage = 1;
            return;
        }
        *HighPage -= 1;
    }
}

static PVOID MiAllocateContiguous(MI_CONTIGUOUS *Asked)
{
    ULONG64 LowPage, HighPage;
    if (!MiIsAskedFor(Asked)) {
        return NULL;
    }
    const SIZE_T Pages = BYTES_TO_PAGES(Asked->Bytes);
    MiPageRange(Asked->Low, Asked->High, &LowPage, &HighPage);
    ULONG64 Page =
        LowPage > HighPage ? MI_NO_PAGE : MiAllocatePhysicalPages(Pages, LowPage, HighPage, Asked->Boundary);
    if (Page == MI_NO_PAGE) {
        return NULL;
    }
    PMI_SYSTEM_RANGE Range = MiReserveSystemRange(Pages, MiContiguousRange, 0);
    if (Range == NULL) {
        goto FreePages;
    }
    if (!KeMachine->map_memory(Range->Base, Pages * PAGE_SIZE, Page * PAGE_SIZE, Asked->Protection)) {
        goto ReleaseRange;
    }
    MiSetPageAddresses(Page, Pages, Range->Base);
    return (PVOID)Range->Base;
ReleaseRange:
    MiReleaseSystemRange(Range);
FreePages:
    MiFreePhysicalPages(Page, Pages);
    return NULL;
}

// All that allocate: IRQL <= DISPATCH_LEVEL; NULL if there is no such memory; the memory begins at a page and
// is freed by MmFreeContiguousMemory. What CacheType is given makes no difference.

PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(
    SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress, PHYSICAL_ADDRESS HighestAcceptableAddress,
    PHYSICAL_ADDRESS BoundaryAddressMultiple, MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT PreferredNode)
{
    if ((ULONG)CacheType >= MmMaximumCacheType) {
        return NULL;
    }
    MI_CONTIGUOUS Asked = {
        .Bytes = NumberOfBytes,
        .Low = (ULONG64)LowestAcceptableAddress.QuadPart,
        .High = (ULONG64)HighestAcceptableAddress.QuadPart,
        .Boundary = (ULONG64)BoundaryAddressMultiple.QuadPart,
        .Node = PreferredNode,
        .Protection = KM_PROTECT_READ | KM_PROTECT_WRITE | KM_PROTECT_EXECUTE,
    };
    return MiAllocateContiguous(&Asked);
}

PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
                                                   PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                   PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                   PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                   MEMORY_CACHING_TYPE CacheType)
{
    return MmAllocateContiguousMemorySpecifyCacheNode(NumberOfBytes, LowestAcceptableAddress,
                                                      HighestAcceptableAddress, BoundaryAddressMultiple,
                                                      CacheType, MM_ANY_NODE_OK);
}

PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    const PHYSICAL_ADDRESS None = {.QuadPart = 0};
    return MmAllocateContiguousMemorySpecifyCacheNode(NumberOfBytes, None, HighestAcceptableAddress, None,
                                                      MmCached, MM_ANY_NODE_OK);
}

// FALSE: Protect is neither PAGE_READWRITE nor PAGE_EXECUTE_READWRITE, with one of PAGE_NOCACHE and
// PAGE_WRITECOMBINE at most.
static BOOLEAN MiContiguousProtection(ULONG Protect, PULONG Protection)
{
    const ULONG Access = Protect & ~MI_CACHE_MODIFIERS;
    return (Protect & MI_CACHE_MODIFIERS) != MI_CACHE_MODIFIERS &&
           (Access == PAGE_READWRITE || Access == PAGE_EXECUTE_READWRITE) &&
           MiTranslateProtection(Access, Protection);
}

PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                           PHYSICAL_ADDRESS HighestAcceptableAddress,
                                           PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
                                           NODE_REQUIREMENT PreferredNode)
{
    MI_CONTIGUOUS Asked = {
        .Bytes = NumberOfBytes,
        .Low = (ULONG64)LowestAcceptableAddress.QuadPart,
        .High = (ULONG64)HighestAcceptableAddress.QuadPart,
        .Boundary = (ULONG64)BoundaryAddressMultiple.QuadPart,
        .Node = PreferredNode,
    };
    return MiContiguousProtection(Protect, &Asked.Protection) ? MiAllocateContiguous(&Asked) : NULL;
}

// STATUS_INVALID_PARAMETER_6: Protect; _7: PartitionObject, as there are no partitions; _9: Flags.
// STATUS_INSUFFICIENT_RESOURCES. *NumberOfBytes becomes what was allocated.
NTSTATUS NTAPI MmAllocateContiguousMemoryEx(PSIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                            PHYSICAL_ADDRESS HighestAcceptableAddress,
                                            PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                            NODE_REQUIREMENT PreferredNode, ULONG Protect,
                                            PVOID PartitionObject, ULONG Tag, ULONG Flags, PVOID *BaseAddress)
{
    UNREFERENCED_PARAMETER(Tag);
    ULONG Protection;
    *BaseAddress = NULL;
    if (!MiContiguousProtection(Protect, &Protection)) {
        return STATUS_INVALID_PARAMETER_6;
    }
    if (PartitionObject != NULL) {
        return STATUS_INVALID_PARAMETER_7;
    }
    if (Flags & ~MM_ALLOCATE_CONTIGUOUS_MEMORY_FAST_ONLY) {
        return STATUS_INVALID_PARAMETER_9;
    }
    *BaseAddress =
        MmAllocateContiguousNodeMemory(*NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                                       BoundaryAddressMultiple, Protect, PreferredNode);
    if (*BaseAddress == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *NumberOfBytes = ROUND_TO_PAGES(*NumberOfBytes);
    return STATUS_SUCCESS;
}

VOID MiCheckUnlocked(ULONG64 Page)
{
    const ULONG LockCount = MiPageLockCount(Page);
    if (LockCount != 0) {
        KeBugCheckEx(PFN_LIST_CORRUPT, MI_PFN_FREED_LOCKED, Page, 0, LockCount);
    }
}

static VOID MiFreeRange(PMI_SYSTEM_RANGE Range)
{
    for (SIZE_T Index = 0; Index < Range->Pages; Index += 1) {
        KM_PAGE Page;
        KeMachine->query_memory(Range->Base + Index * PAGE_SIZE, &Page);
        MiCheckUnlocked(Page.physical / PAGE_SIZE);
    }
    MiUnmapPages(Range->Base, Range->Pages * PAGE_SIZE);
    MiReleaseSystemRange(Range);
}

// IRQL <= DISPATCH_LEVEL. Bug check BAD_POOL_CALLER if there is no such memory there; PFN_LIST_CORRUPT if an
// MDL has it locked.
VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress)
{
    PMI_SYSTEM_RANGE Range = MiFindSystemRange((ULONG_PTR)BaseAddress);
    if (Range == NULL || Range->Kind != MiContiguousRange) {
        KeBugCheckEx(BAD_POOL_CALLER, MI_FREE_NO_CONTIGUOUS_MEMORY, (ULONG_PTR)BaseAddress, 0, 0);
    }
    MiFreeRange(Range);
}

VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
                                              MEMORY_CACHING_TYPE CacheType)
{
    UNREFERENCED_PARAMETER(NumberOfBytes);
    UNREFERENCED_PARAMETER(CacheType);
    MmFreeContiguousMemory(BaseAddress);
}

// IRQL <= APC_LEVEL. Whole pages that are freed by MmFreeNonCachedMemory; NULL: no memory.
PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
    const SIZE_T Pages = BYTES_TO_PAGES(NumberOfBytes);
    PMI_SYSTEM_RANGE Range = MiReserveSystemRange(Pages, MiNonCachedRange, 0);
    if (Range == NULL) {
        return NULL;
    }
    if (!MiMapPages(Range->Base, Pages * PAGE_SIZE, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
        MiReleaseSystemRange(Range);
        return NULL;
    }
    return (PVOID)Range->Base;
}

// Bug check SYSTEM_PTE_MISUSE if it is not what MmAllocateNonCachedMemory returned, or of another size.
VOID NTAPI MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    const SIZE_T Pages = BYTES_TO_PAGES(NumberOfBytes);
    PMI_SYSTEM_RANGE Range = MiFindSystemRange((ULONG_PTR)BaseAddress);
    if (Range == NULL || Range->Kind != MiNonCachedRange) {
        KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_RELEASE_NO_RANGE, (ULONG_PTR)BaseAddress, Pages, 0);
    }
    if (Range->Pages != Pages) {
        KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_RELEASE_WRONG_COUNT, (ULONG_PTR)BaseAddress, Pages,
                     Range->Pages);
    }
    MiFreeRange(Range);
}
