// SPDX-License-Identifier: MIT
// finding: mutex-not-held in Bug
// A fast mutex is released that an attempt did not get.
#include "bug.h"

static FAST_MUTEX Mutex;

static void Bug(void)
{
    ExInitializeFastMutex(&Mutex);
    MENDED_BY(ExAcquireFastMutex(&Mutex);)
    BUG(KIRQL OldIrql;)
    BUG(KeRaiseIrql(APC_LEVEL, &OldIrql);)
    BUG(Mutex.OldIrql = OldIrql;)
    ExReleaseFastMutex(&Mutex);
}
