// SPDX-License-Identifier: MIT
// finding: pool-overrun in Bug after Bug
// A copy by the kernel's RtlCopyMemory goes beyond the block.
#include "bug.h"

static UCHAR Source[64];

static void Bug(void)
{
    PVOID Memory = ExAllocatePool2(POOL_FLAG_PAGED, 48, 'gguB');
    volatile SIZE_T Bytes = BUG(sizeof(Source)) MENDED_BY(48);
    if (Memory != NULL) {
        RtlMoveMemory(Memory, Source, Bytes);
        ExFreePoolWithTag(Memory, 'gguB');
    }
}
