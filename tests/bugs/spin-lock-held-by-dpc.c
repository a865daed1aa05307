// SPDX-License-Identifier: MIT
// finding: lock-held after Deferred
// One way out of a DPC routine forgets the lock.
#include "bug.h"

static KDPC Dpc;
static KSPIN_LOCK Lock;
static ULONG Value = 1;

static VOID NTAPI Deferred(PKDPC Which, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Which);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    BUG(if (Value != 0) { return; })
    Value += 1;
    KeReleaseSpinLockFromDpcLevel(&Lock);
}

static void Bug(void)
{
    KeInitializeSpinLock(&Lock);
    KeInitializeDpc(&Dpc, Deferred, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
