// SPDX-License-Identifier: MIT
// finding: mutex-recursive in Bug after Bug
// A fast mutex is no recursive one.
#include "bug.h"

static FAST_MUTEX Mutex;

static void Bug(void)
{
    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    BUG(ExAcquireFastMutex(&Mutex);)
    ExReleaseFastMutex(&Mutex);
}
