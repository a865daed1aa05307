// SPDX-License-Identifier: MIT
// Routines that must be called with normal kernel APCs disabled: an APC that came while the lock is held
// could want it too, or suspend its owner.
#include "inc/kernel.h"

static const VI_APC_RULE ViApcRules[] = {
    {"ExAcquireFastMutexUnsafe", ViNormalApcs},
    {"ExAcquirePushLockExclusiveEx", ViNormalApcs},
    {"ExAcquirePushLockSharedEx", ViNormalApcs},
    {"ExAcquireResourceExclusiveLite", ViNormalApcs},
    {"ExAcquireResourceSharedLite", ViNormalApcs},
    {"ExAcquireSharedStarveExclusive", ViNormalApcs},
    {"ExAcquireSharedWaitForExclusive", ViNormalApcs},
    {"ExReleaseFastMutexUnsafe", ViNormalApcs},
    {"ExReleasePushLockEx", ViNormalApcs},
    {"ExReleasePushLockExclusiveEx", ViNormalApcs},
    {"ExReleasePushLockSharedEx", ViNormalApcs},
    {"ExReleaseResourceAndLeaveCriticalRegion", ViNormalApcs},
    {"ExReleaseResourceForThreadLite", ViNormalApcsOfOthers},
    {"ExReleaseResourceLite", ViNormalApcs},
    {"ExTryAcquirePushLockExclusiveEx", ViNormalApcs},
    {"ExTryAcquirePushLockSharedEx", ViNormalApcs},
    {"ExTryToAcquireResourceExclusiveLite", ViNormalApcs},
    {"ExfAcquirePushLockExclusive", ViNormalApcs},
    {"ExfAcquirePushLockShared", ViNormalApcs},
    {"ExfReleasePushLock", ViNormalApcs},
    {"ExfReleasePushLockExclusive", ViNormalApcs},
    {"ExfReleasePushLockShared", ViNormalApcs},
    {"ExfTryAcquirePushLockShared", ViNormalApcs},
    {"KeAcquireGuardedMutexUnsafe", ViAllApcs},
    {"KeReleaseGuardedMutexUnsafe", ViAllApcs},
};

const VI_APC_RULE *ViFindApcRule(PCSTR Name)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ViApcRules); Index += 1) {
        if (strcmp(ViApcRules[Index].Routine, Name) == 0) {
            return &ViApcRules[Index];
        }
    }
    return NULL;
}

VOID ViCheckApcRule(const VI_APC_RULE *Rule)
{
    PKTHREAD Thread = KiCurrentThread();
    BOOLEAN All = Rule->What == ViAllApcs;
    if (KiGetIrql() >= APC_LEVEL || (All ? Thread->SpecialApcDisable : Thread->CombinedApcDisable) != 0 ||
        (Rule->What == ViNormalApcsOfOthers && PsIsSystemThread(PsGetCurrentThread()))) {
        return;
    }
    ViReport(ViApcsEnabled, NULL, "%s was called while %s APCs are enabled", Rule->Routine,
             All ? "special kernel" : "normal kernel");
}
