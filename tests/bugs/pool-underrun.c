// SPDX-License-Identifier: MIT
// finding: pool-underrun in Bug after Bug
// A negative index.
#include "bug.h"

static void Bug(void)
{
    volatile ULONG *Array = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'gguB');
    volatile LONG Index = BUG(-1) MENDED_BY(0);
    if (Array != NULL) {
        Array[Index] = 7;
        ExFreePoolWithTag((PVOID)Array, 'gguB');
    }
}
