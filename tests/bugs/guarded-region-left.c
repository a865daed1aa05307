// SPDX-License-Identifier: MIT
// finding: guarded-region-left after DriverEntry
// A guarded region is left twice.
#include "bug.h"

static void Bug(void)
{
    KeEnterGuardedRegion();
    KeLeaveGuardedRegion();
    BUG(KeLeaveGuardedRegion();)
}
