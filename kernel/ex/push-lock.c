// SPDX-License-Identifier: MIT
// Push locks. Who must wait queues up, first in first out, in a bucket that the lock's address leads to; who
// releases gives the lock to the first of them, or to all the sharers at the head of the queue.
#include "inc/kernel.h"

#define EXP_PUSH_LOCK_BUCKETS 64

typedef struct _EXP_PUSH_LOCK_WAITER {
    LIST_ENTRY Link;
    PEX_PUSH_LOCK PushLock;
    BOOLEAN Exclusive;
    KEVENT Event;
} EXP_PUSH_LOCK_WAITER, *PEXP_PUSH_LOCK_WAITER;

typedef struct _EXP_PUSH_LOCK_BUCKET {
    KSPIN_LOCK Lock;
    LIST_ENTRY Waiters;
} EXP_PUSH_LOCK_BUCKET, *PEXP_PUSH_LOCK_BUCKET;

static EXP_PUSH_LOCK_BUCKET ExpPushLockBuckets[EXP_PUSH_LOCK_BUCKETS];

static PEXP_PUSH_LOCK_BUCKET ExpLockBucket(PEX_PUSH_LOCK PushLock, PKIRQL OldIrql)
{
    ULONG_PTR Address = (ULONG_PTR)PushLock;
    PEXP_PUSH_LOCK_BUCKET Bucket =
        &ExpPushLockBuckets[(Address >> 4 ^ Address >> 12) % EXP_PUSH_LOCK_BUCKETS];
    *OldIrql = KiAcquireSpinLockRaise(&Bucket->Lock);
    if (Bucket->Waiters.Flink == NULL) {
        InitializeListHead(&Bucket->Waiters);
    }
    return Bucket;
}

static VOID ExpUnlockBucket(PEXP_PUSH_LOCK_BUCKET Bucket, KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&Bucket->Lock, OldIrql);
}

static inline BOOLEAN ExpReplaceWord(PEX_PUSH_LOCK PushLock, ULONG_PTR *Old, ULONG_PTR New)
{
    return KiReplaceWord((volatile ULONG_PTR *)PushLock, Old, New);
}

BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ULONG_PTR Old = 0;
    return ExpReplaceWord(PushLock, &Old, EX_PUSH_LOCK_EXCLUSIVE);
}

// Sharers do not pass those that wait already: a writer is not starved.
BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ULONG_PTR Old = __atomic_load_n(PushLock, __ATOMIC_RELAXED);
    while ((Old & (EX_PUSH_LOCK_EXCLUSIVE | EX_PUSH_LOCK_WAITING)) == 0) {
        if (ExpReplaceWord(PushLock, &Old, Old + EX_PUSH_LOCK_SHARE)) {
            return TRUE;
        }
    }
    return FALSE;
}

static VOID ExpWaitForPushLock(PEX_PUSH_LOCK PushLock, BOOLEAN Exclusive)
{
    EXP_PUSH_LOCK_WAITER Waiter = {.PushLock = PushLock, .Exclusive = Exclusive};
    KIRQL OldIrql;
    KeInitializeEvent(&Waiter.Event, SynchronizationEvent, FALSE);
    PEXP_PUSH_LOCK_BUCKET Bucket = ExpLockBucket(PushLock, &OldIrql);
    for (;;) {
        if (Exclusive ? ExTryAcquirePushLockExclusiveEx(PushLock, 0)
                      : ExTryAcquirePushLockSharedEx(PushLock, 0)) {
            ExpUnlockBucket(Bucket, OldIrql);
            return;
        }
        ULONG_PTR Old = __atomic_load_n(PushLock, __ATOMIC_RELAXED);
        if (Old & EX_PUSH_LOCK_WAITING ||
            (Old != 0 && ExpReplaceWord(PushLock, &Old, Old | EX_PUSH_LOCK_WAITING))) {
            break;
        }
    }
    InsertTailList(&Bucket->Waiters, &Waiter.Link);
    ExpUnlockBucket(Bucket, OldIrql);
    KeWaitForSingleObject(&Waiter.Event, WrPushLock, KernelMode, FALSE, NULL);
}

VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (!ExTryAcquirePushLockExclusiveEx(PushLock, Flags)) {
        ExpWaitForPushLock(PushLock, TRUE);
    }
}

VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (!ExTryAcquirePushLockSharedEx(PushLock, Flags)) {
        ExpWaitForPushLock(PushLock, FALSE);
    }
}

static PEXP_PUSH_LOCK_WAITER ExpNextWaiter(PEXP_PUSH_LOCK_BUCKET Bucket, PEX_PUSH_LOCK PushLock)
{
    for (PLIST_ENTRY Link = Bucket->Waiters.Flink; Link != &Bucket->Waiters; Link = Link->Flink) {
        PEXP_PUSH_LOCK_WAITER Waiter = CONTAINING_RECORD(Link, EXP_PUSH_LOCK_WAITER, Link);
        if (Waiter->PushLock == PushLock) {
            return Waiter;
        }
    }
    return NULL;
}

// The caller is the last holder, and threads wait: nobody but who has the bucket changes the word.
static VOID ExpHandOver(PEX_PUSH_LOCK PushLock)
{
    LIST_ENTRY Chosen;
    KIRQL OldIrql;
    ULONG_PTR Word = 0;
    InitializeListHead(&Chosen);
    PEXP_PUSH_LOCK_BUCKET Bucket = ExpLockBucket(PushLock, &OldIrql);
    PEXP_PUSH_LOCK_WAITER Waiter;
    while ((Waiter = ExpNextWaiter(Bucket, PushLock)) != NULL && (Word == 0 || !Waiter->Exclusive)) {
        RemoveEntryList(&Waiter->Link);
        InsertTailList(&Chosen, &Waiter->Link);
        Word += Waiter->Exclusive ? EX_PUSH_LOCK_EXCLUSIVE : EX_PUSH_LOCK_SHARE;
        if (Waiter->Exclusive) {
            break;
        }
    }
    if (ExpNextWaiter(Bucket, PushLock) != NULL) {
        Word |= EX_PUSH_LOCK_WAITING;
    }
    __atomic_store_n(PushLock, Word, __ATOMIC_RELEASE);
    // A waiter's memory is its stack: it is gone once the event is set.
    while (!IsListEmpty(&Chosen)) {
        Waiter = CONTAINING_RECORD(RemoveHeadList(&Chosen), EXP_PUSH_LOCK_WAITER, Link);
        KeSetEvent(&Waiter->Event, 0, FALSE);
    }
    ExpUnlockBucket(Bucket, OldIrql);
}

VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ULONG_PTR Old = EX_PUSH_LOCK_EXCLUSIVE;
    if (!ExpReplaceWord(PushLock, &Old, 0)) {
        ExpHandOver(PushLock);
    }
}

VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ULONG_PTR Old = __atomic_load_n(PushLock, __ATOMIC_RELAXED);
    while (Old != (EX_PUSH_LOCK_SHARE | EX_PUSH_LOCK_WAITING)) {
        if (ExpReplaceWord(PushLock, &Old, Old - EX_PUSH_LOCK_SHARE)) {
            return;
        }
    }
    ExpHandOver(PushLock);
}

VOID NTAPI ExReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    if (*PushLock & EX_PUSH_LOCK_EXCLUSIVE) {
        ExReleasePushLockExclusiveEx(PushLock, Flags);
    } else {
        ExReleasePushLockSharedEx(PushLock, Flags);
    }
}

// ---- The same by the names of older headers

VOID NTAPI ExInitializePushLock(PEX_PUSH_LOCK PushLock)
{
    *PushLock = 0;
}

VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock)
{
    ExAcquirePushLockExclusiveEx(PushLock, EX_DEFAULT_PUSH_LOCK_FLAGS);
}

VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock)
{
    ExAcquirePushLockSharedEx(PushLock, EX_DEFAULT_PUSH_LOCK_FLAGS);
}

BOOLEAN FASTCALL ExfTryAcquirePushLockShared(PEX_PUSH_LOCK PushLock)
{
    return ExTryAcquirePushLockSharedEx(PushLock, EX_DEFAULT_PUSH_LOCK_FLAGS);
}

VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock)
{
    ExReleasePushLockEx(PushLock, EX_DEFAULT_PUSH_LOCK_FLAGS);
}

VOID FASTCALL ExfReleasePushLockExclusive(PEX_PUSH_LOCK PushLock)
{
    ExReleasePushLockExclusiveEx(PushLock, EX_DEFAULT_PUSH_LOCK_FLAGS);
}

VOID FASTCALL ExfReleasePushLockShared(PEX_PUSH_LOCK PushLock)
{
    ExReleasePushLockSharedEx(PushLock, EX_DEFAULT_PUSH_LOCK_FLAGS);
}
