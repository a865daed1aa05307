// SPDX-License-Identifier: MIT
// Threads that wait for a push lock to be unblocked: no owner, no order, all woken at once.
#include "inc/kernel.h"

static LIST_ENTRY ExpBlockedThreads = {&ExpBlockedThreads, &ExpBlockedThreads};
static KSPIN_LOCK ExpBlockedLock;

static KIRQL ExpLockBlocked(VOID)
{
    return KiAcquireSpinLockRaise(&ExpBlockedLock);
}

static VOID ExpUnlockBlocked(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&ExpBlockedLock, OldIrql);
}

VOID ExpBlockPushLock(PEX_PUSH_LOCK PushLock, PEX_BLOCKED_THREAD Blocked)
{
    KeInitializeEvent(&Blocked->Event, NotificationEvent, FALSE);
    Blocked->PushLock = PushLock;
    KIRQL OldIrql = ExpLockBlocked();
    InsertTailList(&ExpBlockedThreads, &Blocked->Link);
    __atomic_store_n(PushLock, EX_PUSH_LOCK_WAITING, __ATOMIC_SEQ_CST);
    ExpUnlockBlocked(OldIrql);
}

VOID ExpWaitForUnblockPushLock(PEX_BLOCKED_THREAD Blocked)
{
    KeWaitForSingleObject(&Blocked->Event, WrPushLock, KernelMode, FALSE, NULL);
    // Whoever has set the event is done with the announcement when the lock is free.
    ExpUnlockBlocked(ExpLockBlocked());
}

// The lock is held. Wakes the threads that are blocked on PushLock.
static VOID ExpWakeBlocked(PEX_PUSH_LOCK PushLock)
{
    __atomic_store_n(PushLock, 0, __ATOMIC_SEQ_CST);
    for (PLIST_ENTRY Link = ExpBlockedThreads.Flink, Next; Link != &ExpBlockedThreads; Link = Next) {
        PEX_BLOCKED_THREAD Blocked = CONTAINING_RECORD(Link, EX_BLOCKED_THREAD, Link);
        Next = Link->Flink;
        if (Blocked->PushLock == PushLock) {
            RemoveEntryList(&Blocked->Link);
            Blocked->PushLock = NULL;
            KeSetEvent(&Blocked->Event, IO_NO_INCREMENT, FALSE);
        }
    }
}

VOID FASTCALL ExfUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock)
{
    UNREFERENCED_PARAMETER(WaitBlock);
    KIRQL OldIrql = ExpLockBlocked();
    ExpWakeBlocked(PushLock);
    ExpUnlockBlocked(OldIrql);
}

// The others that it wakes look again, and announce themselves anew.
VOID ExpUnblockThread(PEX_PUSH_LOCK PushLock, PEX_BLOCKED_THREAD Blocked)
{
    KIRQL OldIrql = ExpLockBlocked();
    if (Blocked->PushLock != NULL) {
        ExpWakeBlocked(PushLock);
    }
    ExpUnlockBlocked(OldIrql);
}
