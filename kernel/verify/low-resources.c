// SPDX-License-Identifier: MIT
// Low resources: counts the allocations of drivers, and says which of them is to fail.
#include "inc/kernel.h"
#include "verify/low-resources.h"
#include "verify/pool.h"

BOOLEAN ViCountsAllocations;

static KM_BOOT_BLOCK *ViBoot;

VOID ViInitializeLowResources(KM_BOOT_BLOCK *Boot)
{
    ViBoot = Boot;
    ViCountsAllocations = Boot->fail_allocation != 0;
}

BOOLEAN ViCountAllocation(SIZE_T Bytes, ULONG Tag)
{
    VI_STACK Stack;
    CHAR Text[5];

    ViCaptureStack(&Stack);
    if (Stack.Count == 0 || Tag == TAG_VERIFIER) {
        return FALSE;
    }
    // The machine reads it as one that only grows.
    const ULONG64 Number = (ULONG64)InterlockedIncrement64((LONG64 volatile *)&ViBoot->driver_allocations);
    if (Number != ViBoot->fail_allocation) {
        return FALSE;
    }
    ViTagText(Tag, Text);
    ViReportFailedAllocation("allocation %I64u, of %I64u bytes with tag '%s', fails", Number, (ULONG64)Bytes,
                             Text);
    return TRUE;
}
