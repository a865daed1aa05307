// SPDX-License-Identifier: MIT
// finding: resource-held after Bug
// DriverEntry acquires an ERESOURCE, leaves the critical region and returns with it.
#define CLEAN_UP
#include "bug.h"

static ERESOURCE Resource;

static void Bug(void)
{
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    MENDED_BY(ExReleaseResourceLite(&Resource);)
    KeLeaveCriticalRegion();
}

static void CleanUp(void)
{
    ExDeleteResourceLite(&Resource);
}
