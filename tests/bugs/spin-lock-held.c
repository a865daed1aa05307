// SPDX-License-Identifier: MIT
// finding: lock-held after Bug
// DriverEntry returns with a spin lock held.
#include "bug.h"

static KSPIN_LOCK Lock;

static void Bug(void)
{
    KIRQL OldIrql;
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &OldIrql);
    MENDED_BY(KeReleaseSpinLock(&Lock, OldIrql);)
}
