// SPDX-License-Identifier: MIT
// finding: pool-freed-twice in Bug after Release
// The routine that cleans up and its caller both free.
#include "bug.h"

static __attribute__((noinline)) void Release(PVOID Memory)
{
    ExFreePoolWithTag(Memory, 'gguB');
}

static void Bug(void)
{
    PVOID Memory = ExAllocatePool2(POOL_FLAG_PAGED, 24, 'gguB');
    if (Memory != NULL) {
        Release(Memory);
        BUG(ExFreePoolWithTag(Memory, 'gguB');)
    }
}
