// SPDX-License-Identifier: MIT
// finding: resource-held after Bug
// DriverEntry shares an ERESOURCE twice and gives it back once. The twin hands its second share over to a
// pointer, and gives it back by that when it is unloaded.
#define CLEAN_UP
#include "bug.h"

static ERESOURCE Resource;
static ULONG64 Owner;

#define OWNER ((PVOID)((ULONG_PTR) & Owner | 3))

static void Bug(void)
{
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    ExAcquireSharedStarveExclusive(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    MENDED_BY(ExSetResourceOwnerPointer(&Resource, OWNER);)
    KeLeaveCriticalRegion();
}

static void CleanUp(void)
{
    MENDED_BY(KeEnterCriticalRegion();)
    MENDED_BY(ExReleaseResourceForThreadLite(&Resource, (ERESOURCE_THREAD)OWNER);)
    MENDED_BY(KeLeaveCriticalRegion();)
    ExDeleteResourceLite(&Resource);
}
