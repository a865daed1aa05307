// SPDX-License-Identifier: MIT
// Events on one side, requests on the other, and what brings them together in order.
#include "monitor.h"

typedef struct _MONITOR_QUEUED_EVENT {
    LIST_ENTRY Link;
    MONITOR_EVENT Event;
} MONITOR_QUEUED_EVENT, *PMONITOR_QUEUED_EVENT;

static IO_CSQ_INSERT_IRP MonitorInsert;
static IO_CSQ_REMOVE_IRP MonitorRemove;
static IO_CSQ_PEEK_NEXT_IRP MonitorPeek;
static IO_CSQ_ACQUIRE_LOCK MonitorAcquire;
static IO_CSQ_RELEASE_LOCK MonitorRelease;
static IO_CSQ_COMPLETE_CANCELED_IRP MonitorCancel;

_Use_decl_annotations_ NTSTATUS MonitorInitializeEvents(PMONITOR_DEVICE Device)
{
    KeInitializeSpinLock(&Device->Lock);
    InitializeListHead(&Device->RequestList);
    InitializeListHead(&Device->Events);
    return IoCsqInitialize(&Device->Requests, MonitorInsert, MonitorRemove, MonitorPeek, MonitorAcquire,
                           MonitorRelease, MonitorCancel);
}

_Use_decl_annotations_ VOID MonitorFreeEvents(PMONITOR_DEVICE Device)
{
    while (!IsListEmpty(&Device->Events)) {
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Device->Events), MONITOR_QUEUED_EVENT, Link),
                          MONITOR_POOL_TAG);
    }
}

_Use_decl_annotations_ static VOID MonitorInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&CONTAINING_RECORD(Csq, MONITOR_DEVICE, Requests)->RequestList,
                   &Irp->Tail.Overlay.ListEntry);
}

_Use_decl_annotations_ static VOID MonitorRemove(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

_Use_decl_annotations_ static PIRP MonitorPeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PLIST_ENTRY List = &CONTAINING_RECORD(Csq, MONITOR_DEVICE, Requests)->RequestList, Entry;

    for (Entry = Irp == NULL ? List->Flink : Irp->Tail.Overlay.ListEntry.Flink; Entry != List;
         Entry = Entry->Flink) {
        PIRP Candidate = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL || IoGetCurrentIrpStackLocation(Candidate)->FileObject == PeekContext) {
            return Candidate;
        }
    }
    return NULL;
}

_Use_decl_annotations_ static VOID MonitorAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, MONITOR_DEVICE, Requests)->Lock, Irql);
}

_Use_decl_annotations_ static VOID MonitorRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, MONITOR_DEVICE, Requests)->Lock, Irql);
}

_Use_decl_annotations_ static VOID MonitorCancel(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    (VOID) MonitorComplete(Irp, STATUS_CANCELLED, 0);
}

// The oldest event, which stays in front; NULL: there is none, or somebody else delivers already, who will
// see it.
static PMONITOR_QUEUED_EVENT MonitorBeginDelivery(_Inout_ PMONITOR_DEVICE Device, _In_ BOOLEAN Going)
{
    PMONITOR_QUEUED_EVENT Queued = NULL;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Device->Lock, &OldIrql);
    if (Going || !Device->Delivering) {
        Device->Delivering = !IsListEmpty(&Device->Events) && !IsListEmpty(&Device->RequestList);
        if (Device->Delivering) {
            Queued = CONTAINING_RECORD(Device->Events.Flink, MONITOR_QUEUED_EVENT, Link);
        }
    }
    KeReleaseSpinLock(&Device->Lock, OldIrql);
    return Queued;
}

// One at a time, so that events arrive in their order.
static VOID MonitorDeliver(_Inout_ PMONITOR_DEVICE Device)
{
    PMONITOR_QUEUED_EVENT Queued;
    BOOLEAN Going = FALSE;
    KIRQL OldIrql;
    PIRP Irp;

    while ((Queued = MonitorBeginDelivery(Device, Going)) != NULL) {
        Going = TRUE;
        Irp = IoCsqRemoveNextIrp(&Device->Requests, NULL);
        if (Irp == NULL) {
            continue; // cancelled in between
        }
        KeAcquireSpinLock(&Device->Lock, &OldIrql);
        RemoveEntryList(&Queued->Link);
        Device->EventCount -= 1;
        KeReleaseSpinLock(&Device->Lock, OldIrql);
        *(MONITOR_EVENT *)Irp->AssociatedIrp.SystemBuffer = Queued->Event;
        ExFreePoolWithTag(Queued, MONITOR_POOL_TAG);
        (VOID) MonitorComplete(Irp, STATUS_SUCCESS, sizeof(MONITOR_EVENT));
    }
}

_Use_decl_annotations_ VOID MonitorAddEvent(PMONITOR_DEVICE Device, const MONITOR_EVENT *Event)
{
    PMONITOR_QUEUED_EVENT Queued = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Queued), MONITOR_POOL_TAG);
    KIRQL OldIrql;

    if (Queued != NULL) {
        Queued->Event = *Event;
    }
    KeAcquireSpinLock(&Device->Lock, &OldIrql);
    if (Queued == NULL || Device->EventCount == MONITOR_EVENTS) {
        Device->Lost += 1;
        Device->Sequence += 1;
    } else {
        Queued->Event.Lost = Device->Lost;
        Queued->Event.Sequence = Device->Sequence++;
        Device->Lost = 0;
        InsertTailList(&Device->Events, &Queued->Link);
        Device->EventCount += 1;
        Queued = NULL;
    }
    KeReleaseSpinLock(&Device->Lock, OldIrql);
    if (Queued != NULL) {
        ExFreePoolWithTag(Queued, MONITOR_POOL_TAG);
    }
    MonitorDeliver(Device);
}

_Use_decl_annotations_ VOID MonitorAddRequest(PMONITOR_DEVICE Device, PIRP Irp)
{
    IoCsqInsertIrp(&Device->Requests, Irp, NULL);
    MonitorDeliver(Device);
}

_Use_decl_annotations_ VOID MonitorCancelRequests(PMONITOR_DEVICE Device, PFILE_OBJECT FileObject)
{
    PIRP Irp;

    while ((Irp = IoCsqRemoveNextIrp(&Device->Requests, FileObject)) != NULL) {
        (VOID) MonitorComplete(Irp, STATUS_CANCELLED, 0);
    }
}
