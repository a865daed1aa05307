// SPDX-License-Identifier: MIT
// finding: pool-wrong-tag in Bug after Bug
// Freed with another tag than it was allocated with.
#include "bug.h"

static void Bug(void)
{
    PVOID Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, 'gguB');
    if (Memory != NULL) {
        BUG(ExFreePoolWithTag(Memory, 'xxxB');)
        MENDED_BY(ExFreePoolWithTag(Memory, 'gguB');)
    }
}
