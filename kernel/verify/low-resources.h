// SPDX-License-Identifier: MIT
// Low resources: one allocation of a driver's fails because the run was asked for it.
#ifndef KMODE_VERIFY_LOW_RESOURCES_H
#define KMODE_VERIFY_LOW_RESOURCES_H

// Whether allocations are counted: KM_BOOT_BLOCK.fail_allocation.
extern BOOLEAN ViCountsAllocations;

// Once, at start. Boot stays.
VOID ViInitializeLowResources(KM_BOOT_BLOCK *Boot);

// ViFailsAllocation where allocations are counted. IRQL <= DISPATCH_LEVEL.
BOOLEAN ViCountAllocation(SIZE_T Bytes, ULONG Tag);

// Whether an allocation of pool, that is about to be made, is to fail. One that no driver is the cause of
// never is. IRQL <= DISPATCH_LEVEL.
static inline BOOLEAN ViFailsAllocation(SIZE_T Bytes, ULONG Tag)
{
    return __builtin_expect(ViCountsAllocations, 0) && ViCountAllocation(Bytes, Tag);
}

#endif
