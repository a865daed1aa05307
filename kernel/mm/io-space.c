// SPDX-License-Identifier: MIT
// Physical addresses mapped: memory of devices, and RAM that somebody keeps.
#include "inc/kernel.h"

#define MI_CACHE_MODIFIERS    (PAGE_NOCACHE | PAGE_WRITECOMBINE)
#define MI_PHYSICAL_ADDRESSES (1ULL << 52)

static PVOID MiMapIoSpace(ULONG64 Physical, SIZE_T Bytes, ULONG Protection)
{
    ULONG64 End;
    if (Bytes == 0 || __builtin_add_overflow(Physical, Bytes, &End) || End > MI_PHYSICAL_ADDRESSES) {
        return NULL;
    }
    const SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Physical, Bytes);
    const ULONG64 First = Physical / PAGE_SIZE;
    for (ULONG64 Page = First; Page < First + Pages && MiIsPhysicalMemory(Page); Page += 1) {
        if (!MiIsPageTaken(Page)) {
            KeBugCheckEx(MEMORY_MANAGEMENT, MI_MAP_UNLOCKED_PAGE, Page, 0, 0);
        }
    }
    PMI_SYSTEM_RANGE Range = MiReserveSystemRange(Pages, MiIoSpaceRange, 0);
    if (Range == NULL) {
        return NULL;
    }
    Range->FirstPage = First;
    if (!KeMachine->map_memory(Range->Base, Pages * PAGE_SIZE, First * PAGE_SIZE, Protection)) {
        MiReleaseSystemRange(Range);
        return NULL;
    }
    return (PVOID)(Range->Base + BYTE_OFFSET(Physical));
}

// IRQL <= DISPATCH_LEVEL. NULL: no room, or neither RAM nor a device is at all of the addresses. Bug check
// MEMORY_MANAGEMENT if nobody has the RAM there. CacheType makes no difference.
PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
                         MEMORY_CACHING_TYPE CacheType)
{
    if ((ULONG)CacheType >= MmMaximumCacheType) {
        return NULL;
    }
    return MiMapIoSpace((ULONG64)PhysicalAddress.QuadPart, NumberOfBytes,
                        KM_PROTECT_READ | KM_PROTECT_WRITE | KM_PROTECT_EXECUTE);
}

// As MmMapIoSpace. NULL also if Protect is no access but PAGE_NOACCESS, with one of PAGE_NOCACHE and
// PAGE_WRITECOMBINE at most.
PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect)
{
    const ULONG Access = Protect & ~MI_CACHE_MODIFIERS;
    ULONG Protection;
    if ((Protect & MI_CACHE_MODIFIERS) == MI_CACHE_MODIFIERS || Access == PAGE_NOACCESS ||
        !MiTranslateProtection(Access, &Protection)) {
        return NULL;
    }
    return MiMapIoSpace((ULONG64)PhysicalAddress.QuadPart, NumberOfBytes, Protection);
}

// IRQL <= DISPATCH_LEVEL. Bug check SYSTEM_PTE_MISUSE if that is not mapped there.
VOID NTAPI MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    const SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(BaseAddress, NumberOfBytes);
    PMI_SYSTEM_RANGE Range = MiFindSystemRange((ULONG_PTR)PAGE_ALIGN(BaseAddress));
    if (Range == NULL || Range->Kind != MiIoSpaceRange) {
        KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_UNKNOWN_IO_SPACE, (ULONG_PTR)BaseAddress, Pages, 0);
    }
    if (Range->Pages != Pages) {
        KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_RELEASE_WRONG_COUNT, (ULONG_PTR)BaseAddress, Pages,
                     Range->Pages);
    }
    KeMachine->unmap_memory(Range->Base, Pages * PAGE_SIZE);
    MiReleaseSystemRange(Range);
}

// Obsolete names of the same. IRQL <= APC_LEVEL.
PVOID NTAPI MmMapVideoDisplay(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
                              MEMORY_CACHING_TYPE CacheType)
{
    return MmMapIoSpace(PhysicalAddress, NumberOfBytes, CacheType);
}

VOID NTAPI MmUnmapVideoDisplay(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    MmUnmapIoSpace(BaseAddress, NumberOfBytes);
}

static BOOLEAN MiOverlaps(PMI_SYSTEM_RANGE Range, PVOID Context)
{
    const ULONG64 *Pages = Context; // the first and the last
    return Range->Kind == MiIoSpaceRange && Range->FirstPage <= Pages[1] &&
           Range->FirstPage + Range->Pages > Pages[0];
}

// TRUE if a page of the range is mapped by MmMapIoSpace. IRQL <= DISPATCH_LEVEL.
LOGICAL NTAPI MmIsIoSpaceActive(PHYSICAL_ADDRESS StartAddress, SIZE_T NumberOfBytes)
{
    const ULONG64 Start = (ULONG64)StartAddress.QuadPart;
    ULONG64 Pages[2] = {Start / PAGE_SIZE, (Start + NumberOfBytes - 1) / PAGE_SIZE};
    return NumberOfBytes != 0 && MiAnySystemRange(MiOverlaps, Pages);
}
