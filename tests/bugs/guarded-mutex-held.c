// SPDX-License-Identifier: MIT
// finding: lock-held after Bug
// DriverEntry returns with a guarded mutex held.
#include "bug.h"

static KGUARDED_MUTEX Mutex;

static void Bug(void)
{
    KeInitializeGuardedMutex(&Mutex);
    KeAcquireGuardedMutex(&Mutex);
    MENDED_BY(KeReleaseGuardedMutex(&Mutex);)
}
