// SPDX-License-Identifier: MIT
// finding: pool-leak after Bug
// A block is allocated and never freed.
#include "bug.h"

static void Bug(void)
{
    PVOID Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'gguB');
    DbgPrint("%d\n", Memory != NULL);
    MENDED_BY(ExFreePoolWithTag(Memory, 'gguB');)
}
