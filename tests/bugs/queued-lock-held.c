// SPDX-License-Identifier: MIT
// finding: lock-held after Deferred
// An in-stack queued spin lock outlives the routine whose stack it is on.
#include "bug.h"

static KDPC Dpc;
static KSPIN_LOCK Lock;

static VOID NTAPI Deferred(PKDPC Which, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    KLOCK_QUEUE_HANDLE Handle;
    UNREFERENCED_PARAMETER(Which);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Lock, &Handle);
    MENDED_BY(KeReleaseInStackQueuedSpinLockFromDpcLevel(&Handle);)
}

static void Bug(void)
{
    KeInitializeSpinLock(&Lock);
    KeInitializeDpc(&Dpc, Deferred, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
