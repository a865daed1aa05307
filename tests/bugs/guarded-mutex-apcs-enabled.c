// SPDX-License-Identifier: MIT
// finding: apcs-enabled in Bug
// A critical region is not enough for a guarded mutex that is acquired without one of its own.
#include "bug.h"

static KGUARDED_MUTEX Mutex;
static FAST_MUTEX Fast;
static ERESOURCE Resource;

static void Bug(void)
{
    KeInitializeGuardedMutex(&Mutex);
    BUG(KeEnterCriticalRegion();)
    MENDED_BY(KeEnterGuardedRegion();)
    KeAcquireGuardedMutexUnsafe(&Mutex);
    MENDED_BY(KeReleaseGuardedMutexUnsafe(&Mutex);)
    MENDED_BY(KeLeaveGuardedRegion();)
    BUG(KeEnterGuardedRegion();)
    BUG(KeReleaseGuardedMutexUnsafe(&Mutex);)
    BUG(KeLeaveGuardedRegion();)
    BUG(KeLeaveCriticalRegion();)
    // It is for a fast mutex; and a system thread may release a resource outside.
    ExInitializeFastMutex(&Fast);
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Fast);
    ExReleaseFastMutexUnsafe(&Fast);
    ExAcquireResourceSharedLite(&Resource, TRUE);
    KeLeaveCriticalRegion();
    ExReleaseResourceForThreadLite(&Resource, ExGetCurrentResourceThread());
    ExDeleteResourceLite(&Resource);
}
