// SPDX-License-Identifier: MIT
// finding: pool-bad-tag in Bug
// The tag that Windows itself gives to large blocks says of no driver whose the memory is.
#include "bug.h"

static void Bug(void)
{
    const ULONG Tag = BUG('GIB') MENDED_BY('gnoL');
    PVOID Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, Tag);
    if (Memory != NULL) {
        ExFreePoolWithTag(Memory, Tag);
    }
}
