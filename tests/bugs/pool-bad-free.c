// SPDX-License-Identifier: MIT
// finding: pool-bad-free in Bug after Bug
// What is freed is a place within a block.
#include "bug.h"

static void Bug(void)
{
    PUCHAR Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 128, 'gguB');
    if (Memory != NULL) {
        BUG(ExFreePoolWithTag(Memory + 16, 'gguB');)
        ExFreePoolWithTag(Memory, 'gguB');
    }
}
