// SPDX-License-Identifier: MIT
// finding: spin-lock-recursive in Inner after Bug
// A routine that takes a lock calls another that takes it too.
#include "bug.h"

static KSPIN_LOCK Lock;
static ULONG Count;

static __attribute__((noinline)) void Inner(void)
{
    BUG(KIRQL OldIrql;)
    BUG(KeAcquireSpinLock(&Lock, &OldIrql);)
    Count += 1;
    BUG(KeReleaseSpinLock(&Lock, OldIrql);)
}

static void Bug(void)
{
    KIRQL OldIrql;
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &OldIrql);
    Inner();
    KeReleaseSpinLock(&Lock, OldIrql);
}
