// SPDX-License-Identifier: MIT
// finding: resource-freed in Bug after Bug
// The structure that an ERESOURCE lies in is freed, and it has not been deleted.
#include "bug.h"

typedef struct _CONTROL_BLOCK {
    ULONG Number;
    ERESOURCE Resource;
} CONTROL_BLOCK;

static void Bug(void)
{
    CONTROL_BLOCK *Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(CONTROL_BLOCK), 'gguB');
    if (Block != NULL) {
        ExInitializeResourceLite(&Block->Resource);
        MENDED_BY(ExDeleteResourceLite(&Block->Resource);)
        ExFreePoolWithTag(Block, 'gguB');
        // The list of all holds together.
        static ERESOURCE Other;
        ExInitializeResourceLite(&Other);
        ExDeleteResourceLite(&Other);
    }
}
