// SPDX-License-Identifier: MIT
// finding: critical-region-held after DriverEntry
// DriverEntry enters a critical region and returns within it.
#include "bug.h"

static void Bug(void)
{
    KeEnterCriticalRegion();
    MENDED_BY(KeLeaveCriticalRegion();)
}
