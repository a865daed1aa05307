// SPDX-License-Identifier: MIT
// Locked pages in a program's address space.
#include <kmode.h>
#include "runtime/system-routine.h"

NTSTATUS NTAPI KmMapLockedPagesToUser(PKM_LOCKED_PAGES Pages, PVOID *Address)
{
    ULONG Priority = NormalPagePriority | (KmpIsWindows(6, 2) ? (ULONG)MdlMappingNoExecute : 0);
    PVOID Mapping;

    *Address = NULL;
    if (Pages->UserMapping != NULL) {
        return STATUS_ALREADY_COMMITTED;
    }
    __try {
        // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange): flags are added to the priority
        Mapping = MmMapLockedPagesSpecifyCache(Pages->Mdl, UserMode, MmCached, NULL, FALSE, Priority);
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
