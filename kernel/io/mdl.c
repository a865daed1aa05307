// SPDX-License-Identifier: MIT
// MDLs made, shortened, freed. What they describe is mm's.
#include "inc/kernel.h"
#include "mm/mdl.h"

PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota,
                         PIRP Irp)
{
    if (Length > MI_MAXIMUM_MDL_LENGTH) {
        return NULL;
    }
    PMDL Mdl = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED |
                                   (ChargeQuota ? POOL_FLAG_USE_QUOTA : 0),
                               MmSizeOfMdl(VirtualAddress, Length), TAG_MDL);
    if (Mdl == NULL) {
        return NULL;
    }
    MiInitializeMdl(Mdl, VirtualAddress, Length);
    if (Irp == NULL) {
        return Mdl;
    }
    if (!SecondaryBuffer) {
        Irp->MdlAddress = Mdl;
        return Mdl;
    }
    PMDL *Link = &Irp->MdlAddress;
    while (*Link != NULL) {
        Link = &(*Link)->Next;
    }
    *Link = Mdl;
    return Mdl;
}

VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    if (ViChecks()) {
        ViForgetResource(ViResourceMdl, (ULONG_PTR)Mdl);
    }
    MmPrepareMdlForReuse(Mdl);
    ExFreePoolWithTag(Mdl, TAG_MDL);
}

VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    ULONG_PTR Start = (ULONG_PTR)MmGetMdlVirtualAddress(SourceMdl);
    ULONG_PTR Offset = (ULONG_PTR)VirtualAddress - Start;
    if (Length == 0) {
        Length = SourceMdl->ByteCount - (ULONG)Offset;
    }
    ULONG_PTR Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, (SIZE_T)Length);
    if (TargetMdl->Size != MI_MDL_SIZE_UNTOLD &&
        sizeof(MDL) + Pages * sizeof(PFN_NUMBER) > (USHORT)TargetMdl->Size) {
        KeBugCheckEx(TARGET_MDL_TOO_SMALL, 0, 0, 0, 0);
    }
    ULONG_PTR FirstPage = ((ULONG_PTR)VirtualAddress >> PAGE_SHIFT) - (Start >> PAGE_SHIFT);
    TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
    TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    TargetMdl->ByteCount = Length;
    TargetMdl->Process = SourceMdl->Process;
    TargetMdl->MdlFlags =
        (CSHORT)((TargetMdl->MdlFlags & (MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED)) |
                 MDL_PARTIAL | (SourceMdl->MdlFlags & MDL_IO_SPACE));
    if (SourceMdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
        // A part of a mapping that there is needs none of its own, and must not take that one away.
        TargetMdl->MdlFlags |= SourceMdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL);
        TargetMdl->MdlFlags |=
            SourceMdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA ? MDL_PARENT_MAPPED_SYSTEM_VA : 0;
        TargetMdl->MappedSystemVa = (PUCHAR)SourceMdl->MappedSystemVa + Offset;
    } else {
        TargetMdl->MappedSystemVa = NULL;
    }
    RtlCopyMemory(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + FirstPage,
                  Pages * sizeof(PFN_NUMBER));
}
