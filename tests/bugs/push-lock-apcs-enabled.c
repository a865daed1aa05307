// SPDX-License-Identifier: MIT
// finding: apcs-enabled in Bug
// A push lock is released behind the end of the critical region in which it was acquired.
#include "bug.h"

static EX_PUSH_LOCK Lock;

static void Bug(void)
{
    ExInitializePushLock(&Lock);
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Lock);
    BUG(KeLeaveCriticalRegion();)
    ExReleasePushLockExclusive(&Lock);
    MENDED_BY(KeLeaveCriticalRegion();)
}
