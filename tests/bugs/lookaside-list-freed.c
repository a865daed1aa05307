// SPDX-License-Identifier: MIT
// finding: lookaside-list-freed in Bug after Bug
// The structure that a lookaside list lies in is freed, and the list has not been deleted.
#include "bug.h"

static void Bug(void)
{
    PNPAGED_LOOKASIDE_LIST List = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(NPAGED_LOOKASIDE_LIST), 'gguB');
    if (List != NULL) {
        ExInitializeNPagedLookasideList(List, NULL, NULL, POOL_NX_ALLOCATION, 64, 'gguB', 0);
        MENDED_BY(ExDeleteNPagedLookasideList(List);)
        ExFreePoolWithTag(List, 'gguB');
    }
}
