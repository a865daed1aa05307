// SPDX-License-Identifier: MIT
// finding: pool-overrun in Bug after Bug
// The terminating zero of a string is written behind a block that has no room for it.
#include "bug.h"

static void Bug(void)
{
    static const char Name[] = "device";
    char *Copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, BUG(sizeof(Name) - 1) MENDED_BY(sizeof(Name)), 'gguB');
    if (Copy != NULL) {
        for (ULONG Index = 0; Index < sizeof(Name); Index += 1) {
            ((volatile char *)Copy)[Index] = Name[Index];
        }
        ExFreePoolWithTag(Copy, 'gguB');
    }
}
