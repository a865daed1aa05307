// SPDX-License-Identifier: MIT
// MDLs of nonpaged pool and of parts.
#include <kmode.h>

NTSTATUS NTAPI KmMdlForNonPagedPool(PVOID Address, SIZE_T Bytes, PMDL *Mdl)
{
    *Mdl = NULL;
    if (Bytes == 0 || Bytes > MAXULONG - PAGE_SIZE) {
        return STATUS_INVALID_PARAMETER;
    }
    *Mdl = IoAllocateMdl(Address, (ULONG)Bytes, FALSE, FALSE, NULL);
    if (*Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(*Mdl);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmMdlForPart(PMDL Mdl, ULONG Offset, ULONG Bytes, PMDL *Part)
{
    PUCHAR Address = (PUCHAR)MmGetMdlVirtualAddress(Mdl) + Offset;

    *Part = NULL;
    if (Bytes == 0 || Offset >= MmGetMdlByteCount(Mdl) || Bytes > MmGetMdlByteCount(Mdl) - Offset) {
        return STATUS_INVALID_PARAMETER;
    }
    *Part = IoAllocateMdl(Address, Bytes, FALSE, FALSE, NULL);
    if (*Part == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IoBuildPartialMdl(Mdl, *Part, Address, Bytes);
    return STATUS_SUCCESS;
}
