// SPDX-License-Identifier: MIT
// finding: pool-overrun in Fill after Bug
// A loop writes one element too many.
#include "bug.h"

static __attribute__((noinline)) void Fill(volatile ULONG64 *Array, ULONG Count)
{
    for (ULONG Index = 0; BUG(Index <= Count) MENDED_BY(Index < Count); Index += 1) {
        Array[Index] = Index;
    }
}

static void Bug(void)
{
    ULONG64 *Array = ExAllocatePool2(POOL_FLAG_NON_PAGED, 10 * sizeof(ULONG64), 'gguB');
    if (Array != NULL) {
        Fill(Array, 10);
        ExFreePoolWithTag(Array, 'gguB');
    }
}
