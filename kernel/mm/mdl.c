// SPDX-License-Identifier: MIT
// MDLs of memory that needs no lock, and what of an MDL is arithmetic.
#include "inc/kernel.h"

// Bytes of an MDL for that range. Any IRQL.
SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    return sizeof(MDL) + ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length) * sizeof(PFN_NUMBER);
}

// Obsolete; IoAllocateMdl and MmInitializeMdl have taken its place. An MDL that the caller frees with
// ExFreePool, or the one at MemoryDescriptorList, made to describe the range. NULL: no memory.
PMDL NTAPI MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length)
{
    PMDL Mdl = MemoryDescriptorList;
    SIZE_T Bytes = MmSizeOfMdl(Base, Length);
    if (Length > MI_MAXIMUM_MDL_LENGTH) {
        return NULL;
    }
    if (Mdl == NULL) {
        Mdl = ExAllocatePoolZero(NonPagedPool, Bytes, TAG_MDL);
    }
    if (Mdl != NULL) {
        MiInitializeMdl(Mdl, Base, Length);
    }
    return Mdl;
}

// Fills in the pages of memory that is never paged out. IRQL <= DISPATCH_LEVEL. Bug check MEMORY_MANAGEMENT
// if nothing is mapped at one of them.
VOID NTAPI MmBuildMdlForNonPagedPool(PMDL Mdl)
{
    PPFN_NUMBER Numbers = MmGetMdlPfnArray(Mdl);
    PUCHAR Start = Mdl->StartVa;
    SIZE_T Pages = MiMdlPages(Mdl);
    for (SIZE_T Index = 0; Index < Pages; Index += 1) {
        KM_PAGE Page;
        if (KeMachine->query_memory((ULONG_PTR)Start + Index * PAGE_SIZE, &Page) == 0 ||
            Page.physical == KM_PHYSICAL_NONE) {
            KeBugCheckEx(MEMORY_MANAGEMENT, MI_BUILD_NOT_RESIDENT, (ULONG_PTR)Mdl,
                         (ULONG_PTR)Start + Index * PAGE_SIZE, 0);
        }
        Numbers[Index] = Page.physical / PAGE_SIZE;
        if (!MiIsPhysicalMemory(Numbers[Index])) {
            Mdl->MdlFlags |= MDL_IO_SPACE;
        }
    }
    Mdl->Process = NULL;
    Mdl->MappedSystemVa = Start + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

// The pages that the start of the MDL has passed are unlocked, and not mapped for it any more.
static VOID MiDropFirstPages(PMDL Mdl, SIZE_T Passed)
{
    PPFN_NUMBER Numbers = MmGetMdlPfnArray(Mdl);
    SIZE_T Pages = MiMdlPages(Mdl);
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA && !(Mdl->MdlFlags & MDL_PARENT_MAPPED_SYSTEM_VA)) {
        KeMachine->unmap_memory((ULONG_PTR)PAGE_ALIGN(Mdl->MappedSystemVa), Passed * PAGE_SIZE);
        Mdl->MdlFlags |= MDL_FREE_EXTRA_PTES;
    }
    if (Mdl->MdlFlags & MDL_PAGES_LOCKED) {
        MiUnlockPageNumbers(Numbers, Passed);
    }
    RtlMoveMemory(Numbers, Numbers + Passed, (Pages - Passed) * sizeof(PFN_NUMBER));
}

// IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER_2: more than there is.
NTSTATUS NTAPI MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes)
{
    if (NumberOfBytes > Mdl->ByteCount) {
        return STATUS_INVALID_PARAMETER_2;
    }
    const SIZE_T Passed = ((SIZE_T)Mdl->ByteOffset + NumberOfBytes) / PAGE_SIZE;
    if (Passed != 0) {
        MiDropFirstPages(Mdl, min(Passed, MiMdlPages(Mdl)));
    }
    if (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
        Mdl->MappedSystemVa = (PUCHAR)Mdl->MappedSystemVa + NumberOfBytes;
    }
    Mdl->StartVa = (PUCHAR)Mdl->StartVa + Passed * PAGE_SIZE;
    Mdl->ByteOffset = BYTE_OFFSET(Mdl->ByteOffset + NumberOfBytes);
    Mdl->ByteCount -= NumberOfBytes;
    return STATUS_SUCCESS;
}

// TRUE if the range may be one of a device's.
static BOOLEAN MiIsIoSpaceRange(const MM_PHYSICAL_ADDRESS_LIST *Range)
{
    const ULONG64 Start = (ULONG64)Range->PhysicalAddress.QuadPart;
    ULONG64 End;
    if ((Start | Range->NumberOfBytes) % PAGE_SIZE != 0 ||
        __builtin_add_overflow(Start, Range->NumberOfBytes, &End)) {
        return FALSE;
    }
    // RAM begins at 0: a range that does not begin in it has none of it.
    return Range->NumberOfBytes == 0 || !MiIsPhysicalMemory(Start / PAGE_SIZE);
}

// IRQL <= DISPATCH_LEVEL. STATUS_INVALID_PARAMETER_1: a range is not of whole pages, or is RAM, or all of
// them are 4 GB; STATUS_INSUFFICIENT_RESOURCES. The MDL is freed by IoFreeMdl.
NTSTATUS NTAPI MmAllocateMdlForIoSpace(PMM_PHYSICAL_ADDRESS_LIST PhysicalAddressList, SIZE_T NumberOfEntries,
                                       PMDL *NewMdl)
{
    ULONG64 Bytes = 0;
    for (SIZE_T Index = 0; Index < NumberOfEntries; Index += 1) {
        if (!MiIsIoSpaceRange(&PhysicalAddressList[Index])) {
            return STATUS_INVALID_PARAMETER_1;
        }
        Bytes += PhysicalAddressList[Index].NumberOfBytes;
        if (PhysicalAddressList[Index].NumberOfBytes > MAXULONG || Bytes > MAXULONG) {
            return STATUS_INVALID_PARAMETER_1;
        }
    }
    PMDL Mdl = ExAllocatePoolZero(NonPagedPoolNx, MmSizeOfMdl(NULL, Bytes), TAG_MDL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmInitializeMdl(Mdl, NULL, Bytes);
    Mdl->MdlFlags = MDL_IO_SPACE | MDL_PAGES_LOCKED;
    PPFN_NUMBER Number = MmGetMdlPfnArray(Mdl);
    for (SIZE_T Index = 0; Index < NumberOfEntries; Index += 1) {
        const MM_PHYSICAL_ADDRESS_LIST *Range = &PhysicalAddressList[Index];
        for (SIZE_T Done = 0; Done < Range->NumberOfBytes; Done += PAGE_SIZE) {
            *Number++ = (PFN_NUMBER)(((ULONG64)Range->PhysicalAddress.QuadPart + Done) / PAGE_SIZE);
        }
    }
    *NewMdl = Mdl;
    return STATUS_SUCCESS;
}
