// SPDX-License-Identifier: MIT
// finding: pool-zero-bytes in Bug
// An allocation of no bytes: a length that nobody has looked at.
#include "bug.h"

static void Bug(void)
{
    volatile SIZE_T Bytes = BUG(0) MENDED_BY(8);
    PVOID Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, 'gguB');
    if (Memory != NULL) {
        ExFreePoolWithTag(Memory, 'gguB');
    }
}
