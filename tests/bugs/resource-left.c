// SPDX-License-Identifier: MIT
// finding: resource-left after Bug
// An ERESOURCE is not deleted before the driver is unloaded.
#include "bug.h"

static ERESOURCE Resource;

static void Bug(void)
{
    DbgPrint("%d\n", ExInitializeResourceLite(&Resource));
    MENDED_BY(ExDeleteResourceLite(&Resource);)
}
