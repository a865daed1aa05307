// SPDX-License-Identifier: MIT
// Kernel queues: entries handed to threads, of which no more run at a time than the queue allows.
#include "inc/kernel.h"

// Count: how many threads may run at a time; 0: as many as there are processors. IRQL <= DISPATCH_LEVEL.
VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count)
{
    KiInitializeHeader(&Queue->Header, KiQueue, sizeof(KQUEUE), 0);
    InitializeListHead(&Queue->EntryListHead);
    InitializeListHead(&Queue->ThreadListHead);
    Queue->CurrentCount = 0;
    Queue->MaximumCount = Count != 0 ? Count : KiProcessorCount;
}

// The last thread that began to wait gets the entry: its stack is the warmest.
static BOOLEAN KiGiveEntry(PKQUEUE Queue, PLIST_ENTRY Entry)
{
    PLIST_ENTRY Link = Queue->Header.WaitListHead.Blink;
    if (Link == &Queue->Header.WaitListHead || Queue->CurrentCount >= Queue->MaximumCount) {
        return FALSE;
    }
    PKTHREAD Thread = CONTAINING_RECORD(Link, KI_WAIT_BLOCK, WaitListEntry)->Thread;
    KiUnwaitThread(Thread, (LONG_PTR)Entry, 0);
    return TRUE;
}

VOID KiSignalQueue(PKQUEUE Queue)
{
    if (!IsListEmpty(&Queue->EntryListHead)) {
        PLIST_ENTRY Entry = Queue->EntryListHead.Flink;
        if (KiGiveEntry(Queue, Entry)) {
            RemoveEntryList(Entry);
            Entry->Flink = NULL;
            Queue->Header.SignalState -= 1;
        }
    }
}

static LONG KiInsertEntry(PKQUEUE Queue, PLIST_ENTRY Entry, BOOLEAN Head, BOOLEAN KeepsMark)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG OldState = Queue->Header.SignalState;
    if (!KiGiveEntry(Queue, Entry)) {
        Queue->Header.SignalState += 1;
        if (Head) {
            InsertHeadList(&Queue->EntryListHead, Entry);
        } else {
            InsertTailList(&Queue->EntryListHead, Entry);
        }
    } else if (!KeepsMark) {
        Entry->Flink = NULL;
    }
    KiUnlockDispatcher(OldIrql);
    return OldState;
}

VOID KiInsertMarkedEntry(PKQUEUE Queue, PLIST_ENTRY Entry)
{
    Entry->Flink = Entry;
    KiInsertEntry(Queue, Entry, FALSE, TRUE);
}

// Returns how many entries there were. IRQL <= DISPATCH_LEVEL.
LONG NTAPI KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return KiInsertEntry(Queue, Entry, FALSE, FALSE);
}

LONG NTAPI KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return KiInsertEntry(Queue, Entry, TRUE, FALSE);
}

LONG NTAPI KeReadStateQueue(PRKQUEUE Queue)
{
    return __atomic_load_n(&Queue->Header.SignalState, __ATOMIC_SEQ_CST);
}

// Makes Queue the one whose running threads the current thread is counted among.
static VOID KiJoinQueue(PKQUEUE Queue, PKTHREAD Thread)
{
    PKQUEUE Old = Thread->Queue;
    if (Old == Queue) {
        // It has done with its entry, and is not counted while it waits for the next.
        Queue->CurrentCount -= 1;
        return;
    }
    if (Old != NULL) {
        RemoveEntryList(&Thread->QueueListEntry);
        Old->CurrentCount -= 1;
        KiSignalQueue(Old);
    }
    Thread->Queue = Queue;
    InsertTailList(&Queue->ThreadListHead, &Thread->QueueListEntry);
}

// Waits for one entry. Returns it, or the status that ended the wait.
static PLIST_ENTRY KiRemoveQueue(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                 PLARGE_INTEGER Timeout)
{
    PKTHREAD Thread = KiCurrentThread();
    ULONG64 DueTime = Timeout != NULL ? KiDueTime(*Timeout) : KI_NEVER;
    for (;;) {
        KIRQL OldIrql = KiLockDispatcher();
        if (Queue->MaximumCount == 0) {
            // It has been run down, and no thread is counted among its own any more.
            KiUnlockDispatcher(OldIrql);
            return (PLIST_ENTRY)STATUS_ABANDONED;
        }
        KiJoinQueue(Queue, Thread);
        if (!IsListEmpty(&Queue->EntryListHead) && Queue->CurrentCount < Queue->MaximumCount) {
            PLIST_ENTRY Entry = RemoveHeadList(&Queue->EntryListHead);
            Entry->Flink = NULL;
            Queue->Header.SignalState -= 1;
            Queue->CurrentCount += 1;
            KiUnlockDispatcher(OldIrql);
            return Entry;
        }
        LONG_PTR Status = KiTestAlert(Thread, WaitMode, Alertable);
        if (Status == STATUS_SUCCESS && Timeout != NULL && KiHasCome(DueTime)) {
            Status = STATUS_TIMEOUT;
        }
        if (Status != STATUS_SUCCESS) {
            Queue->CurrentCount += 1;
            KiUnlockDispatcher(OldIrql);
            return (PLIST_ENTRY)Status;
        }
        if (OldIrql >= DISPATCH_LEVEL) {
            KiUnlockDispatcher(OldIrql);
            KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)Queue, OldIrql, 0,
                         (ULONG_PTR)__builtin_return_address(0));
        }
        KiPrepareWait(Thread, Queue, WrQueue, WaitMode, Timeout != NULL ? DueTime : KI_NEVER);
        Thread->Alertable = Alertable;
        Status = KiSwapThread(OldIrql);
        if (Status != STATUS_KERNEL_APC) {
            return (PLIST_ENTRY)Status;
        }
    }
}

// Returns the entry, or (PLIST_ENTRY)STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ABANDONED (the queue was run
// down). IRQL <= APC_LEVEL; DISPATCH_LEVEL with a Timeout of zero.
PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout)
{
    return KiRemoveQueue(Queue, WaitMode, FALSE, Timeout);
}

static BOOLEAN KiIsWaitStatus(PLIST_ENTRY Entry)
{
    LONG_PTR Status = (LONG_PTR)Entry;
    return Status == STATUS_TIMEOUT || Status == STATUS_USER_APC || Status == STATUS_ABANDONED ||
           Status == STATUS_ALERTED;
}

// Waits for one entry and takes up to Count. Returns how many are in EntryArray, or, with nothing taken, the
// status that ended the wait: STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ALERTED, STATUS_ABANDONED. IRQL as
// KeRemoveQueue.
ULONG NTAPI KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                            PLARGE_INTEGER Timeout, PLIST_ENTRY *EntryArray, ULONG Count)
{
    PLIST_ENTRY First = KiRemoveQueue(Queue, WaitMode, Alertable, Timeout);
    if (KiIsWaitStatus(First)) {
        return (ULONG)(ULONG_PTR)First;
    }
    EntryArray[0] = First;
    ULONG Taken = 1;
    KIRQL OldIrql = KiLockDispatcher();
    while (Taken < Count && !IsListEmpty(&Queue->EntryListHead)) {
        EntryArray[Taken] = RemoveHeadList(&Queue->EntryListHead);
        EntryArray[Taken]->Flink = NULL;
        Queue->Header.SignalState -= 1;
        Taken += 1;
    }
    KiUnlockDispatcher(OldIrql);
    return Taken;
}

// Ends every wait for the queue with STATUS_ABANDONED, those to come too, and lets its threads go. Returns
// the list of entries that are left, linked without a head: NULL if there are none. IRQL <= DISPATCH_LEVEL.
PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE Queue)
{
    KIRQL OldIrql = KiLockDispatcher();
    PLIST_ENTRY First = NULL;
    if (!IsListEmpty(&Queue->EntryListHead)) {
        First = Queue->EntryListHead.Flink;
        RemoveEntryList(&Queue->EntryListHead);
        InitializeListHead(&Queue->EntryListHead);
        Queue->Header.SignalState = 0;
    }
    Queue->MaximumCount = 0;
    while (!IsListEmpty(&Queue->Header.WaitListHead)) {
        PKI_WAIT_BLOCK Block =
            CONTAINING_RECORD(Queue->Header.WaitListHead.Flink, KI_WAIT_BLOCK, WaitListEntry);
        KiUnwaitThread(Block->Thread, STATUS_ABANDONED, 0);
    }
    while (!IsListEmpty(&Queue->ThreadListHead)) {
        PKTHREAD Thread = CONTAINING_RECORD(RemoveHeadList(&Queue->ThreadListHead), KTHREAD, QueueListEntry);
        Thread->Queue = NULL;
    }
    KiUnlockDispatcher(OldIrql);
    return First;
}
