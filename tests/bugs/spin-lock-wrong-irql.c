// SPDX-License-Identifier: MIT
// finding: spin-lock-wrong-irql in Bug after Bug
// Two locks, released in the order in which they were taken, each with its own IRQL.
#include "bug.h"

static KSPIN_LOCK First, Second;

static void Bug(void)
{
    KIRQL FirstIrql, SecondIrql;
    KeInitializeSpinLock(&First);
    KeInitializeSpinLock(&Second);
    KeAcquireSpinLock(&First, &FirstIrql);
    KeAcquireSpinLock(&Second, &SecondIrql);
    BUG(KeReleaseSpinLock(&Second, FirstIrql);)
    MENDED_BY(KeReleaseSpinLock(&Second, SecondIrql);)
    BUG(KeRaiseIrql(DISPATCH_LEVEL, &SecondIrql);)
    KeReleaseSpinLock(&First, FirstIrql);
}
