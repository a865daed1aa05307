// SPDX-License-Identifier: MIT
// What the tests of MDLs share.
#ifndef KMODE_TESTS_KERNEL_MM_MDL_H
#define KMODE_TESTS_KERNEL_MM_MDL_H

#include "test.h"

#define TAG 'tseT'

// The status that MmProbeAndLockPages raises.
static __attribute__((unused)) NTSTATUS TestLock(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    __try {
        MmProbeAndLockPages(Mdl, Mode, Operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// The status of an access to Address.
static __attribute__((unused)) ULONG64 TestPhysical(PVOID Address)
{
    return (ULONG64)MmGetPhysicalAddress(Address).QuadPart;
}

// TRUE if the page numbers of Mdl are those of the pages at Address.
static __attribute__((unused)) BOOLEAN TestPagesAre(PMDL Mdl, PVOID Address)
{
    PUCHAR Page = PAGE_ALIGN(Address);
    SIZE_T Count = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), MmGetMdlByteCount(Mdl));
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        if (MmGetMdlPfnArray(Mdl)[Index] != TestPhysical(Page + Index * PAGE_SIZE) / PAGE_SIZE) {
            return FALSE;
        }
    }
    return TRUE;
}

#endif
