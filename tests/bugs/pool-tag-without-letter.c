// SPDX-License-Identifier: MIT
// finding: pool-bad-tag in Bug
// A tag of signs alone.
#include "bug.h"

static void Bug(void)
{
    PVOID Memory = ExAllocatePoolWithTag(PagedPool, 32, BUG('....') MENDED_BY('...B'));
    if (Memory != NULL) {
        ExFreePool(Memory);
    }
}
