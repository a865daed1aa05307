// SPDX-License-Identifier: MIT
// Work items that know whether they run.
#include <kmode.h>
#include "runtime/io-work-item.h"

typedef enum KMP_WORK_STATE { WorkIdle, WorkQueued, WorkRunning, WorkRunningAndQueued } KMP_WORK_STATE;

struct KM_WORK_ITEM {
    PKM_ALLOCATOR Allocator;
    KMP_IO_WORK_ITEM IoItem;
    PKM_ROUTINE Routine;
    PVOID Context;
    KSPIN_LOCK Lock; // of what follows
    KMP_WORK_STATE State;
    WORK_QUEUE_TYPE Queue; // of the run that is queued while another runs
    BOOLEAN Stopped;
    KEVENT Idle; // set while State is WorkIdle
};

static KM_ROUTINE Run;
static VOID NTAPI Run(PVOID Context)
{
    PKM_WORK_ITEM Item = (PKM_WORK_ITEM)Context;
    WORK_QUEUE_TYPE Queue;
    BOOLEAN Again;
    KIRQL OldIrql;

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
        KmpIoWorkItemQueue(&Item->IoItem, Queue);
    }
}

NTSTATUS NTAPI KmWorkItemCreate(PKM_ALLOCATOR Allocator, PVOID IoObject, PKM_ROUTINE Routine, PVOID Context,
                                PKM_WORK_ITEM *Item)
{
    PKM_WORK_ITEM New = (PKM_WORK_ITEM)KmAlloc(Allocator, sizeof(*New));
    NTSTATUS Status;

    *Item = NULL;
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = KmpIoWorkItemInit(&New->IoItem, IoObject, Run, New);
    if (!NT_SUCCESS(Status)) {
        KmFree(Allocator, New, sizeof(*New));
        return Status;
    }
    New->Allocator = Allocator;
    New->Routine = Routine;
    New->Context = Context;
    KeInitializeSpinLock(&New->Lock);
    KeInitializeEvent(&New->Idle, NotificationEvent, TRUE);
    *Item = New;
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
        KmpIoWorkItemQueue(&Item->IoItem, Queue);
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
        KmpIoWorkItemFree(&Item->IoItem);
        KmFree(Item->Allocator, Item, sizeof(*Item));
    }
}
