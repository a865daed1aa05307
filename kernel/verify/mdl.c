// SPDX-License-Identifier: MIT
// Pages mapped and locked: how high IRQL may be depends on whose addresses they are. (wdm,
// MmMapLockedPagesSpecifyCache, MmUnmapLockedPages, MmProbeAndLockPages)
#include "inc/kernel.h"

#undef MmMapLockedPages

PVOID NTAPI ViRealMapLockedPages(PMDL Mdl, KPROCESSOR_MODE AccessMode) __asm__("MmMapLockedPages");
PVOID NTAPI ViRealMapLockedPagesSpecifyCache(PMDL Mdl, KPROCESSOR_MODE AccessMode,
                                             MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                             ULONG BugCheckOnFailure,
                                             ULONG Priority) __asm__("MmMapLockedPagesSpecifyCache");
VOID NTAPI ViRealUnmapLockedPages(PVOID BaseAddress, PMDL Mdl) __asm__("MmUnmapLockedPages");
VOID NTAPI ViRealProbeAndLockPages(PMDL Mdl, KPROCESSOR_MODE AccessMode,
                                   LOCK_OPERATION Operation) __asm__("MmProbeAndLockPages");

// What a process has at its addresses is not for DISPATCH_LEVEL.
static VOID ViCheckUserAddresses(PCSTR What, BOOLEAN User)
{
    VI_STACK Raised;
    const KIRQL Irql = KiGetIrql();
    if (User && Irql == DISPATCH_LEVEL) {
        ViReport(ViIrqlTooHigh, ViWhereRaised(&Raised) ? &Raised : NULL,
                 "%s at IRQL 2 (DISPATCH_LEVEL); the highest it allows is 1 (APC_LEVEL)", What);
    }
}

PVOID NTAPI ViMapLockedPages(PMDL Mdl, KPROCESSOR_MODE AccessMode)
{
    ViCheckUserAddresses("MmMapLockedPages was called to map into user space", AccessMode != KernelMode);
    return ViRealMapLockedPages(Mdl, AccessMode);
}

PVOID NTAPI ViMapLockedPagesSpecifyCache(PMDL Mdl, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType,
                                         PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority)
{
    ViCheckUserAddresses("MmMapLockedPagesSpecifyCache was called to map into user space",
                         AccessMode != KernelMode);
    return ViRealMapLockedPagesSpecifyCache(Mdl, AccessMode, CacheType, RequestedAddress, BugCheckOnFailure,
                                            Priority);
}

VOID NTAPI ViUnmapLockedPages(PVOID BaseAddress, PMDL Mdl)
{
    ViCheckUserAddresses("MmUnmapLockedPages was called for user space",
                         (ULONG_PTR)BaseAddress < MmUserProbeAddress);
    ViRealUnmapLockedPages(BaseAddress, Mdl);
}

VOID NTAPI ViProbeAndLockPages(PMDL Mdl, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    ViCheckUserAddresses("MmProbeAndLockPages was called for user addresses",
                         (ULONG_PTR)Mdl->StartVa < MmUserProbeAddress);
    ViRealProbeAndLockPages(Mdl, AccessMode, Operation);
}
