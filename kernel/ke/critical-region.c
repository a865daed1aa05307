// SPDX-License-Identifier: MIT
// Regions in which a thread takes no APCs: critical ones no normal kernel APCs, guarded ones none at all.
#include "inc/kernel.h"

// The DDK's headers define some of these names as functions on older structures.
VOID NTAPI KiEnterGuardedRegionExport(VOID) __asm__("KeEnterGuardedRegion");
VOID NTAPI KiLeaveGuardedRegionExport(VOID) __asm__("KeLeaveGuardedRegion");
VOID NTAPI KiEnterCriticalRegionExport(VOID) __asm__("KeEnterCriticalRegion");
VOID NTAPI KiLeaveCriticalRegionExport(VOID) __asm__("KeLeaveCriticalRegion");

VOID NTAPI KiEnterCriticalRegionExport(VOID)
{
    KiCurrentThread()->KernelApcDisable -= 1;
}

VOID NTAPI KiLeaveCriticalRegionExport(VOID)
{
    PKTHREAD Thread = KiCurrentThread();
    if (++Thread->KernelApcDisable == 0) {
        KiCheckForApcs(Thread);
    }
}

VOID NTAPI KiEnterGuardedRegionExport(VOID)
{
    KiCurrentThread()->SpecialApcDisable -= 1;
}

VOID NTAPI KiLeaveGuardedRegionExport(VOID)
{
    PKTHREAD Thread = KiCurrentThread();
    if (++Thread->SpecialApcDisable == 0) {
        KiCheckForApcs(Thread);
    }
}

// Of the regions alone, not of IRQL. IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI KeAreApcsDisabled(VOID)
{
    return KiCurrentThread()->CombinedApcDisable != 0;
}

// IRQL <= DISPATCH_LEVEL.
BOOLEAN NTAPI KeAreAllApcsDisabled(VOID)
{
    return KiCurrentThread()->SpecialApcDisable != 0 || KiGetIrql() >= APC_LEVEL;
}
