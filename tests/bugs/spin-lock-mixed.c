// SPDX-License-Identifier: MIT
// finding: spin-lock-mixed in Bug after Bug
// A lock that was acquired as a queued one is released as an ordinary one.
#include "bug.h"

static KSPIN_LOCK Lock;

static void Bug(void)
{
    KLOCK_QUEUE_HANDLE Handle;
    KeInitializeSpinLock(&Lock);
    KeAcquireInStackQueuedSpinLock(&Lock, &Handle);
    BUG(KeReleaseSpinLock(&Lock, PASSIVE_LEVEL);)
    MENDED_BY(KeReleaseInStackQueuedSpinLock(&Handle);)
}
