// SPDX-License-Identifier: MIT
// A push lock that its owner may acquire again.
#include "inc/kernel.h"

VOID ExpAcquireRecursiveLock(PEXP_RECURSIVE_LOCK Lock)
{
    // Who reads another thread, or none, is not the owner: only the owner itself writes its own address.
    if (Lock->Owner != KiCurrentThread()) {
        KeEnterCriticalRegion();
        ExfAcquirePushLockExclusive(&Lock->PushLock);
        Lock->Owner = KiCurrentThread();
    }
    Lock->Depth += 1;
}

VOID ExpReleaseRecursiveLock(PEXP_RECURSIVE_LOCK Lock)
{
    Lock->Depth -= 1;
    if (Lock->Depth == 0) {
        Lock->Owner = NULL;
        ExfReleasePushLockExclusive(&Lock->PushLock);
        KeLeaveCriticalRegion();
    }
}
