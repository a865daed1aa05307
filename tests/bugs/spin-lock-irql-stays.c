// SPDX-License-Identifier: MIT
// finding: spin-lock-wrong-irql in Bug after Bug
// What KeAcquireSpinLock has acquired is released without going back to the IRQL that there was.
#include "bug.h"

static KSPIN_LOCK Lock, Second;

static void Bug(void)
{
    KIRQL OldIrql;
    KeInitializeSpinLock(&Lock);
    KeInitializeSpinLock(&Second);
    // From one lock to the next: IRQL falls with the second.
    KeAcquireSpinLock(&Lock, &OldIrql);
    KeAcquireSpinLockAtDpcLevel(&Second);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeReleaseSpinLock(&Second, OldIrql);
    KeAcquireSpinLock(&Lock, &OldIrql);
    BUG(KeReleaseSpinLockFromDpcLevel(&Lock);)
    BUG(KeLowerIrql(OldIrql);)
    MENDED_BY(KeReleaseSpinLock(&Lock, OldIrql);)
}
