// SPDX-License-Identifier: MIT
// finding: lock-held after Bug
// DriverEntry returns and still has a reader-writer spin lock.
#include "bug.h"

static EX_SPIN_LOCK Lock;

static void Bug(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    ExAcquireSpinLockExclusiveAtDpcLevel(&Lock);
    MENDED_BY(ExReleaseSpinLockExclusiveFromDpcLevel(&Lock);)
    KeLowerIrql(OldIrql);
}
