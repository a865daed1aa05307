// SPDX-License-Identifier: MIT
// finding: lookaside-list-left after Bug
// A lookaside list is not deleted before the driver is unloaded.
#include "bug.h"

static NPAGED_LOOKASIDE_LIST List;

static void Bug(void)
{
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 64, 'gguB', 0);
    DbgPrint("%u\n", List.L.Depth);
    MENDED_BY(ExDeleteNPagedLookasideList(&List);)
}
