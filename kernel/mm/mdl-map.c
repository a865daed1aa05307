// SPDX-License-Identifier: MIT
// Locked pages mapped: into system space, or into the current process's.
#include "inc/kernel.h"
#include "mm/vad.h"

// The DDK's macro of the name leads elsewhere.
#undef MmMapLockedPages

// What of an MDL tells that its page numbers are those of pages that stay.
#define MI_MDL_HAS_PAGES (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE)

VOID MiCheckMdlPages(PMDL Mdl)
{
    const PFN_NUMBER *Numbers = MmGetMdlPfnArray(Mdl);
    const SIZE_T Pages = MiMdlPages(Mdl);
    for (SIZE_T Index = 0; Index < Pages; Index += 1) {
        if (!(Mdl->MdlFlags & MI_MDL_HAS_PAGES) ||
            (MiIsPhysicalMemory(Numbers[Index]) && !MiIsPageTaken(Numbers[Index]))) {
            KeBugCheckEx(MEMORY_MANAGEMENT, MI_MAP_UNLOCKED_PAGE, Numbers[Index], (ULONG_PTR)Mdl, 0);
        }
    }
}

// An address in system space, without the MDL's offset into its page; 0: no room.
static ULONG_PTR MiMapMdl(PMDL Mdl, ULONG Protection)
{
    const SIZE_T Pages = MiMdlPages(Mdl);
    MiCheckMdlPages(Mdl);
    PMI_SYSTEM_RANGE Range = MiReserveSystemRange(Pages, MiMdlRange, 0);
    if (Range == NULL) {
        return 0;
    }
    if (!MiMapPageNumbers(Range->Base, MmGetMdlPfnArray(Mdl), Pages, Protection)) {
        MiReleaseSystemRange(Range);
        return 0;
    }
    return Range->Base;
}

static PVOID MiMapMdlInSystemSpace(PMDL Mdl, ULONG Protection, BOOLEAN BugCheckOnFailure)
{
    ULONG_PTR Base = MiMapMdl(Mdl, Protection);
    if (Base == 0) {
        if (BugCheckOnFailure) {
            KeBugCheckEx(NO_MORE_SYSTEM_PTES, MiMdlRange, MiMdlPages(Mdl), MiFreeSystemPtes(),
                         MI_SYSTEM_PTE_PAGES);
        }
        return NULL;
    }
    Mdl->MappedSystemVa = (PUCHAR)Base + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    Mdl->MdlFlags &= ~(MDL_PARENT_MAPPED_SYSTEM_VA | MDL_FREE_EXTRA_PTES);
    if (Mdl->MdlFlags & MDL_PARTIAL) {
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    }
    return Mdl->MappedSystemVa;
}

// KernelMode: IRQL <= DISPATCH_LEVEL; NULL if there is no room, or with BugCheckOnFailure bug check
// NO_MORE_SYSTEM_PTES. UserMode: IRQL <= APC_LEVEL; the mapping is never executable; raises
// STATUS_INSUFFICIENT_RESOURCES if there is no room, STATUS_CONFLICTING_ADDRESSES if something is at
// RequestedAddress, which is rounded down to 64 KB. The caching that is asked for is that of all memory here.
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                         ULONG BugCheckOnFailure, MM_PAGE_PRIORITY Priority)
{
    UNREFERENCED_PARAMETER(CacheType);
    ULONG Protection = KM_PROTECT_READ;
    if (!((ULONG)Priority & MdlMappingNoWrite)) {
        Protection |= KM_PROTECT_WRITE;
    }
    if (AccessMode != KernelMode) {
        MiCheckMdlPages(MemoryDescriptorList);
        return (PUCHAR)MiMapMdlInUserSpace(MemoryDescriptorList, Protection, (ULONG_PTR)RequestedAddress) +
               MemoryDescriptorList->ByteOffset;
    }
    if (!((ULONG)Priority & MdlMappingNoExecute)) {
        Protection |= KM_PROTECT_EXECUTE;
    }
    return MiMapMdlInSystemSpace(MemoryDescriptorList, Protection, BugCheckOnFailure != 0);
}

// Obsolete: a failure in system space is a bug check.
PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
    return MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MmCached, NULL, TRUE,
                                        HighPagePriority);
}

// The range at which the MDL is mapped. Bug check SYSTEM_PTE_MISUSE if it is not.
static PMI_SYSTEM_RANGE MiFindMdlRange(PVOID BaseAddress, PMDL Mdl)
{
    const ULONG_PTR Base = (ULONG_PTR)PAGE_ALIGN(BaseAddress);
    const SIZE_T Pages = MiMdlPages(Mdl);
    if (!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) || Mdl->MdlFlags & MDL_PARENT_MAPPED_SYSTEM_VA) {
        KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_MDL_NOT_MAPPED, (ULONG_PTR)Mdl, (ULONG_PTR)BaseAddress, Pages);
    }
    PMI_SYSTEM_RANGE Range = MiFindSystemRangeOf(Base);
    if (Range == NULL || Range->Kind != MiMdlRange) {
        KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_RELEASE_NO_RANGE, Base, Pages, 0);
    }
    // An MDL that was advanced is mapped in the last pages of its range.
    if (Base != Range->Base && !(Mdl->MdlFlags & MDL_FREE_EXTRA_PTES)) {
        KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_RELEASE_MIDDLE, Base, Pages, 0);
    }
    if (Base + Pages * PAGE_SIZE != Range->Base + Range->Pages * PAGE_SIZE) {
        KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_RELEASE_WRONG_COUNT, Base, Pages, Range->Pages);
    }
    return Range;
}

// IRQL <= DISPATCH_LEVEL for system space; <= APC_LEVEL, and in the same process, for user space. Bug check
// SYSTEM_PTE_MISUSE if the MDL is not mapped there.
VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    const PMDL Mdl = MemoryDescriptorList;
    if ((ULONG_PTR)BaseAddress < MmUserProbeAddress) {
        if (!MiUnmapMdlFromUserSpace(Mdl, (ULONG_PTR)PAGE_ALIGN(BaseAddress))) {
            KeBugCheckEx(SYSTEM_PTE_MISUSE, MI_PTE_RELEASE_NO_RANGE, (ULONG_PTR)BaseAddress, MiMdlPages(Mdl),
                         0);
        }
        return;
    }
    PMI_SYSTEM_RANGE Range = MiFindMdlRange(BaseAddress, Mdl);
    KeMachine->unmap_memory(Range->Base, Range->Pages * PAGE_SIZE);
    MiReleaseSystemRange(Range);
    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_FREE_EXTRA_PTES);
}

// IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PAGE_PROTECTION: NewProtect is none of PAGE_NOACCESS to
// PAGE_EXECUTE_READWRITE, or has a modifier. STATUS_NOT_MAPPED_VIEW: the MDL is not mapped to system space by
// MmMapLockedPages and its like.
NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect)
{
    const PMDL Mdl = MemoryDescriptorList;
    ULONG Protection;
    if (!MiTranslateProtection(NewProtect, &Protection)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    if (!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)) {
        return STATUS_NOT_MAPPED_VIEW;
    }
    const ULONG_PTR Base = (ULONG_PTR)PAGE_ALIGN(Mdl->MappedSystemVa);
    return KeMachine->protect_memory(Base, MiMdlPages(Mdl) * PAGE_SIZE, Protection) ? STATUS_SUCCESS
                                                                                    : STATUS_NOT_MAPPED_VIEW;
}

// Calls DriverRoutine with the address at which the MDL is mapped, if need be for the time of the call.
// STATUS_INVALID_PAGE_PROTECTION, STATUS_INSUFFICIENT_RESOURCES. IRQL <= DISPATCH_LEVEL.
NTSTATUS NTAPI MmMapMdl(PMDL MemoryDescriptorList, ULONG Protection, PMM_MDL_ROUTINE DriverRoutine,
                        PVOID DriverContext)
{
    const PMDL Mdl = MemoryDescriptorList;
    ULONG MachineProtection;
    BOOLEAN Mapped = (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0;
    if (!MiTranslateProtection(Protection, &MachineProtection)) {
        return STATUS_INVALID_PAGE_PROTECTION;
    }
    PVOID Address = Mapped ? Mdl->MappedSystemVa : MiMapMdlInSystemSpace(Mdl, MachineProtection, FALSE);
    if (Address == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "MM_MDL_ROUTINE", DriverRoutine, 2, DriverContext, Address);
    DriverRoutine(DriverContext, Address);
    ViLeaveCallback(&Callback, 0);
    if (!Mapped) {
        MmUnmapLockedPages(Address, Mdl);
    }
    return STATUS_SUCCESS;
}
