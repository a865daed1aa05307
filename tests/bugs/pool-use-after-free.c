// SPDX-License-Identifier: MIT
// finding: pool-use-after-free in Bug after Release
// A block is read when it has been freed.
#include "bug.h"

static __attribute__((noinline)) void Release(PVOID Memory)
{
    ExFreePoolWithTag(Memory, 'gguB');
}

static void Bug(void)
{
    volatile ULONG *Counter = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(ULONG), 'gguB');
    if (Counter != NULL) {
        MENDED_BY(DbgPrint("%lu\n", *Counter);)
        Release((PVOID)Counter);
        BUG(DbgPrint("%lu\n", *Counter);)
    }
}
