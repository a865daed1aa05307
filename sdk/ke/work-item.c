// SPDX-License-Identifier: MIT
// Work items that know whether they run.
#include <kmode.h>

typedef enum KMP_WORK_STATE { WorkIdle, WorkQueued, WorkRunning, WorkRunningAndQueued } KMP_WORK_STATE;

struct KM_WORK_ITEM {
    PKM_ALLOCATOR Allocator;
    PKM_ROUTINE Routine;
    PVOID Context;
    KSPIN_LOCK Lock; // of what follows
    KMP_WORK_STATE State;
    WORK_QUEUE_TYPE Queue; // of the run that is queued while another runs
    BOOLEAN Stopped;
    KEVENT Idle; // set while State is WorkIdle
};

// The system's own is of a size that only the system knows, and follows ours.
static SIZE_T OwnBytes(VOID)
{
    return (sizeof(struct KM_WORK_ITEM) + MEMORY_ALLOCATION_ALIGNMENT - 1) &
           ~(SIZE_T)(MEMORY_ALLOCATION_ALIGNMENT - 1);
}

static SIZE_T AllBytes(VOID)
{
    return OwnBytes() + IoSizeofWorkItem();
}

static PIO_WORKITEM IoItem(PKM_WORK_ITEM Item)
{
    return (PIO_WORKITEM)((PUCHAR)Item + OwnBytes());
}

static VOID Submit(PKM_WORK_ITEM Item, WORK_QUEUE_TYPE Queue);

static IO_WORKITEM_ROUTINE_EX Run;
static VOID NTAPI Run(PVOID IoObject, PVOID Context, PIO_WORKITEM WorkItem)
{
    PKM_WORK_ITEM Item = (PKM_WORK_ITEM)Context;
    WORK_QUEUE_TYPE Queue;
    BOOLEAN Again;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(IoObject);
    UNREFERENCED_PARAMETER(WorkItem);
    KeAcquireSpinLock(&Item->Lock, &OldIrql);
    Item->State = WorkRunning;
    KeReleaseSpinLock(&Item->Lock, OldIrql);

    Item->Routine(Item->Context);

    KeAcquireSpinLock(&Item->Lock, &OldIrql);
    Again = (BOOLEAN)(Item->State == WorkRunningAndQueued);
    Queue = Item->Queue;
    Item->State = Again ? WorkQueued : WorkIdle;
    if (!Again) {
        KeSetEvent(&Item->Idle, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&Item->Lock, OldIrql);
    // If it is idle, its memory may be gone by now.
    if (Again) {
        Submit(Item, Queue);
    }
}

static VOID Submit(PKM_WORK_ITEM Item, WORK_QUEUE_TYPE Queue)
{
    IoQueueWorkItemEx(IoItem(Item), Run, Queue, Item);
}

NTSTATUS NTAPI KmWorkItemCreate(PKM_ALLOCATOR Allocator, PVOID IoObject, PKM_ROUTINE Routine, PVOID Context,
                                PKM_WORK_ITEM *Item)
{
    PKM_WORK_ITEM New = (PKM_WORK_ITEM)KmAlloc(Allocator, AllBytes());

    *Item = New;
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->Allocator = Allocator;
    New->Routine = Routine;
    New->Context = Context;
    KeInitializeSpinLock(&New->Lock);
    KeInitializeEvent(&New->Idle, NotificationEvent, TRUE);
    IoInitializeWorkItem(IoObject, IoItem(New));
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI KmWorkItemQueue(PKM_WORK_ITEM Item, WORK_QUEUE_TYPE Queue)
{
    BOOLEAN First = FALSE, Taken = FALSE;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Item->Lock, &OldIrql);
    if (!Item->Stopped) {
        First = (BOOLEAN)(Item->State == WorkIdle);
        Taken = (BOOLEAN)(First || Item->State == WorkRunning);
    }
    if (Taken) {
        Item->State = First ? WorkQueued : WorkRunningAndQueued;
        Item->Queue = Queue;
        KeClearEvent(&Item->Idle);
    }
    KeReleaseSpinLock(&Item->Lock, OldIrql);
    if (First) {
        Submit(Item, Queue);
    }
    return Taken;
}

VOID NTAPI KmWorkItemFlush(PKM_WORK_ITEM Item)
{
    KIRQL OldIrql;

    (void)KmWait(&Item->Idle, KM_WAIT_FOREVER);
    // Who set the event holds the lock still, and is behind it with the item only when it has released that.
    KeAcquireSpinLock(&Item->Lock, &OldIrql);
    KeReleaseSpinLock(&Item->Lock, OldIrql);
}

VOID NTAPI KmWorkItemStop(PKM_WORK_ITEM Item)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&Item->Lock, &OldIrql);
    Item->Stopped = TRUE;
    KeReleaseSpinLock(&Item->Lock, OldIrql);
    KmWorkItemFlush(Item);
}

VOID NTAPI KmWorkItemDelete(PKM_WORK_ITEM Item)
{
    if (Item != NULL) {
        KmWorkItemStop(Item);
        IoUninitializeWorkItem(IoItem(Item));
        KmFree(Item->Allocator, Item, AllBytes());
    }
}
