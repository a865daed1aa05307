// SPDX-License-Identifier: MIT
// finding: apcs-enabled in Bug
// An ERESOURCE is acquired outside a critical region.
#include "bug.h"

static ERESOURCE Resource;

static void Bug(void)
{
    ExInitializeResourceLite(&Resource);
    MENDED_BY(KeEnterCriticalRegion();)
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    BUG(KeEnterCriticalRegion();)
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    // Within a guarded region, and at APC_LEVEL, they are disabled too.
    KIRQL OldIrql;
    KeEnterGuardedRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    KeLeaveGuardedRegion();
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    ExAcquireResourceSharedLite(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    KeLowerIrql(OldIrql);
    ExDeleteResourceLite(&Resource);
}
