// SPDX-License-Identifier: MIT
// finding: spin-lock-recursive in Bug after Bug
// A reader-writer spin lock is shared twice by one thread: when a writer comes between, that never ends.
#include "bug.h"

static EX_SPIN_LOCK Lock;

static void Bug(void)
{
    KIRQL OldIrql = ExAcquireSpinLockShared(&Lock);
    BUG(ExAcquireSpinLockSharedAtDpcLevel(&Lock);)
    BUG(ExReleaseSpinLockSharedFromDpcLevel(&Lock);)
    MENDED_BY(ExReleaseSpinLockShared(&Lock, OldIrql);)
    MENDED_BY(OldIrql = ExAcquireSpinLockExclusive(&Lock);)
    MENDED_BY(ExReleaseSpinLockExclusive(&Lock, OldIrql);)
    BUG(KeLowerIrql(OldIrql);)
}
