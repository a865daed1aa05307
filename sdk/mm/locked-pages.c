// SPDX-License-Identifier: MIT
// Locked pages and their mappings.
#include <kmode.h>
#include "runtime/mapping-priority.h"

NTSTATUS NTAPI KmLockPages(PKM_LOCKED_PAGES Pages, PVOID Address, SIZE_T Bytes, KPROCESSOR_MODE Mode,
                           LOCK_OPERATION Operation)
{
    PMDL Mdl;

    RtlZeroMemory(Pages, sizeof(*Pages));
    if (Bytes == 0 || Bytes > MAXULONG - PAGE_SIZE) {
        return STATUS_INVALID_PARAMETER;
    }
    Mdl = IoAllocateMdl(Address, (ULONG)Bytes, FALSE, FALSE, NULL);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(Mdl, Mode, Operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(Mdl);
        return GetExceptionCode();
    }
    Pages->Mdl = Mdl;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmMapLockedPages(PKM_LOCKED_PAGES Pages, PVOID *Address)
{
    *Address = MmGetSystemAddressForMdlSafe(Pages->Mdl, KmpMappingPriority());
    return *Address != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID NTAPI KmUnlockPages(PKM_LOCKED_PAGES Pages)
{
    if (Pages->Mdl == NULL) {
        return;
    }
    if (Pages->UserMapping != NULL) {
        KmUnmapLockedPagesFromUser(Pages);
    }
    // It unmaps from system space, too.
    MmUnlockPages(Pages->Mdl);
    IoFreeMdl(Pages->Mdl);
    Pages->Mdl = NULL;
}
