// SPDX-License-Identifier: MIT
// finding: lock-held after Bug
// DriverEntry returns with a fast mutex held.
#include "bug.h"

static FAST_MUTEX Mutex;

static void Bug(void)
{
    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    MENDED_BY(ExReleaseFastMutex(&Mutex);)
}
