// SPDX-License-Identifier: MIT
// finding: irql-too-low in Bug
// A lock taken "at DPC level" is one for callers that are there already.
#include "bug.h"

static KSPIN_LOCK Lock;

static void Bug(void)
{
    KIRQL OldIrql;
    KeInitializeSpinLock(&Lock);
    BUG(KeAcquireSpinLockAtDpcLevel(&Lock);)
    MENDED_BY(KeAcquireSpinLock(&Lock, &OldIrql);)
    BUG(KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);)
    KeReleaseSpinLock(&Lock, OldIrql);
}
