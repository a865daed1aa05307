// SPDX-License-Identifier: MIT
// Routines that must be called with normal kernel APCs disabled: an APC that came while the lock is held
// could want it too, or suspend its owner.
#include "inc/kernel.h"

static PCSTR const ViNeedApcsDisabled[] = {
    "ExAcquirePushLockExclusiveEx",
    "ExAcquirePushLockSharedEx",
    "ExAcquireResourceExclusiveLite",
    "ExAcquireResourceSharedLite",
    "ExAcquireSharedStarveExclusive",
    "ExAcquireSharedWaitForExclusive",
    "ExReleasePushLockEx",
    "ExReleasePushLockExclusiveEx",
    "ExReleasePushLockSharedEx",
    "ExReleaseResourceAndLeaveCriticalRegion",
    "ExReleaseResourceForThreadLite",
    "ExReleaseResourceLite",
    "ExTryAcquirePushLockExclusiveEx",
    "ExTryAcquirePushLockSharedEx",
    "ExTryToAcquireResourceExclusiveLite",
    "ExfAcquirePushLockExclusive",
    "ExfAcquirePushLockShared",
    "ExfReleasePushLock",
    "ExfReleasePushLockExclusive",
    "ExfReleasePushLockShared",
    "ExfTryAcquirePushLockShared",
};

BOOLEAN ViNeedsApcsDisabled(PCSTR Name)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ViNeedApcsDisabled); Index += 1) {
        if (strcmp(ViNeedApcsDisabled[Index], Name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

VOID ViCheckApcsDisabled(PCSTR Name)
{
    if (KiCurrentThread()->CombinedApcDisable == 0 && KiGetIrql() < APC_LEVEL) {
        ViReport(ViApcsEnabled, NULL, "%s was called while normal kernel APCs are enabled", Name);
    }
}
