// SPDX-License-Identifier: MIT
// finding: pool-bad-tag in Bug
// An allocation without a tag: nobody can say whose it is.
#include "bug.h"

static void Bug(void)
{
    PVOID Memory = ExAllocatePoolWithTag(NonPagedPoolNx, 32, BUG(0) MENDED_BY('gguB'));
    if (Memory != NULL) {
        ExFreePool(Memory);
    }
}
