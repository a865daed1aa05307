// SPDX-License-Identifier: MIT
// Address space reserved beforehand, so that MDLs can be mapped when there is nothing left.
#include "inc/kernel.h"

static DECLSPEC_NORETURN VOID MiMisuse(ULONG Kind, ULONG_PTR Address, ULONG_PTR Second, ULONG_PTR Third)
{
    KeBugCheckEx(SYSTEM_PTE_MISUSE, Kind, Address, Second, Third);
}

// IRQL <= APC_LEVEL. NULL: no address space, or Flags are not 0. Bug check SYSTEM_PTE_MISUSE for no bytes.
PVOID NTAPI MmAllocateMappingAddressEx(SIZE_T NumberOfBytes, ULONG PoolTag, ULONG Flags)
{
    if (NumberOfBytes == 0) {
        MiMisuse(MI_PTE_ZERO_REQUESTED, 0, PoolTag, (ULONG_PTR)__builtin_return_address(0));
    }
    PMI_SYSTEM_RANGE Range =
        Flags == 0 ? MiReserveSystemRange(BYTES_TO_PAGES(NumberOfBytes), MiReservedRange, PoolTag) : NULL;
    return Range != NULL ? (PVOID)Range->Base : NULL;
}

PVOID NTAPI MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag)
{
    return MmAllocateMappingAddressEx(NumberOfBytes, PoolTag, 0);
}

static PMI_SYSTEM_RANGE MiFindReserved(PVOID BaseAddress, ULONG PoolTag, ULONG Missing, ULONG Others)
{
    PMI_SYSTEM_RANGE Range = MiFindSystemRange((ULONG_PTR)PAGE_ALIGN(BaseAddress));
    if (Range == NULL || Range->Kind != MiReservedRange) {
        MiMisuse(Missing, (ULONG_PTR)BaseAddress, PoolTag, 0);
    }
    if (Range->Tag != PoolTag) {
        MiMisuse(Others, (ULONG_PTR)BaseAddress, PoolTag, Range->Tag);
    }
    return Range;
}

// IRQL <= APC_LEVEL. Bug check SYSTEM_PTE_MISUSE: not reserved, with another tag, or something is mapped.
VOID NTAPI MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag)
{
    PMI_SYSTEM_RANGE Range = MiFindReserved(BaseAddress, PoolTag, MI_PTE_FREE_EMPTY, MI_PTE_FREE_OTHERS);
    if (Range->MappedPages != 0) {
        MiMisuse(MI_PTE_FREE_MAPPED, Range->Base, PoolTag, Range->Pages);
    }
    MiReleaseSystemRange(Range);
}

// IRQL <= DISPATCH_LEVEL. Its result has the MDL's offset into the page in it, MappedSystemVa has not: so it
// is documented. NULL: the MDL has more pages than were reserved. Bug check SYSTEM_PTE_MISUSE: as above.
PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag,
                                                PMDL MemoryDescriptorList, MEMORY_CACHING_TYPE CacheType)
{
    UNREFERENCED_PARAMETER(CacheType);
    const PMDL Mdl = MemoryDescriptorList;
    const SIZE_T Pages = MiMdlPages(Mdl);
    PMI_SYSTEM_RANGE Range = MiFindReserved(MappingAddress, PoolTag, MI_PTE_MAP_INVALID, MI_PTE_MAP_OTHERS);
    if (Range->MappedPages != 0) {
        MiMisuse(MI_PTE_MAP_MAPPED, Range->Base, Range->Base, Range->Base + (Range->Pages - 1) * PAGE_SIZE);
    }
    if (Pages > Range->Pages) {
        return NULL;
    }
    MiCheckMdlPages(Mdl);
    if (!MiMapPageNumbers(Range->Base, MmGetMdlPfnArray(Mdl), Pages,
                          KM_PROTECT_READ | KM_PROTECT_WRITE | KM_PROTECT_EXECUTE)) {
        return NULL;
    }
    Range->MappedPages = Pages;
    Mdl->MappedSystemVa = (PVOID)Range->Base;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (Mdl->MdlFlags & MDL_PARTIAL) {
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    }
    return (PUCHAR)Range->Base + Mdl->ByteOffset;
}

// IRQL <= DISPATCH_LEVEL. Bug check SYSTEM_PTE_MISUSE: not reserved, with another tag, not mapped, or not all
// of what is mapped.
VOID NTAPI MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList)
{
    const PMDL Mdl = MemoryDescriptorList;
    const SIZE_T Pages = MiMdlPages(Mdl);
    PMI_SYSTEM_RANGE Range = MiFindReserved(BaseAddress, PoolTag, MI_PTE_UNMAP_EMPTY, MI_PTE_UNMAP_OTHERS);
    if (Pages > Range->Pages) {
        MiMisuse(MI_PTE_UNMAP_TOO_MANY, Range->Base, Range->Pages, Pages);
    }
    if (Pages > Range->MappedPages) {
        MiMisuse(MI_PTE_UNMAP_NOT_MAPPED, Range->Base, PoolTag, Pages);
    }
    if (Pages < Range->MappedPages) {
        MiMisuse(MI_PTE_UNMAP_NOT_ALL, Range->Base, PoolTag, Pages);
    }
    KeMachine->unmap_memory(Range->Base, Pages * PAGE_SIZE);
    Range->MappedPages = 0;
    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}
