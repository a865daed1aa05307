// SPDX-License-Identifier: MIT
// finding: spin-lock-not-held in Bug
// A spin lock is released twice.
#include "bug.h"

static KSPIN_LOCK Lock;

static void Bug(void)
{
    KIRQL OldIrql;
    KeInitializeSpinLock(&Lock);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    BUG(KeReleaseSpinLockFromDpcLevel(&Lock);)
    KeLowerIrql(OldIrql);
}
