// SPDX-License-Identifier: MIT
// finding: spin-lock-not-held in Bug
// A reader-writer spin lock is released that the thread does not share.
#include "bug.h"

static EX_SPIN_LOCK Lock;

static void Bug(void)
{
    KIRQL OldIrql = ExAcquireSpinLockShared(&Lock);
    if (ExTryConvertSharedSpinLockExclusive(&Lock)) {
        ExReleaseSpinLockExclusive(&Lock, OldIrql);
    } else {
        ExReleaseSpinLockShared(&Lock, OldIrql);
    }
    OldIrql = ExAcquireSpinLockShared(&Lock);
    ExReleaseSpinLockShared(&Lock, OldIrql);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    BUG(ExReleaseSpinLockSharedFromDpcLevel(&Lock);)
    KeLowerIrql(OldIrql);
}
