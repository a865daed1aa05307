// SPDX-License-Identifier: MIT
// Locked pages in a program's address space.
#include <kmode.h>
#include "runtime/mapping-priority.h"

NTSTATUS NTAPI KmMapLockedPagesToUser(PKM_LOCKED_PAGES Pages, PVOID *Address)
{
    PVOID Mapping;

    *Address = NULL;
    if (Pages->UserMapping != NULL) {
        return STATUS_ALREADY_COMMITTED;
    }
    __try {
        Mapping =
            MmMapLockedPagesSpecifyCache(Pages->Mdl, UserMode, MmCached, NULL, FALSE, KmpMappingPriority());
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Mapping == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Pages->UserMapping = Mapping;
    Pages->Process = PsGetCurrentProcess();
    *Address = Mapping;
    return STATUS_SUCCESS;
}

VOID NTAPI KmUnmapLockedPagesFromUser(PKM_LOCKED_PAGES Pages)
{
    if (Pages->UserMapping == NULL) {
        return;
    }
    // Elsewhere the address is another's memory.
    NT_ASSERT(Pages->Process == PsGetCurrentProcess());
    MmUnmapLockedPages(Pages->UserMapping, Pages->Mdl);
    Pages->UserMapping = NULL;
}
