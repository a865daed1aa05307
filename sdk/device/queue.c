// SPDX-License-Identifier: MIT
// Queues of pending requests, any of which may be cancelled at any moment.
//
// Whoever exchanges an IRP's cancel routine for NULL owns it: the I/O manager, which calls the routine, or
// the queue. Both do what they do to the list under the queue's lock, so an IRP whose cancellation is under
// way stays in the list, and is passed over, until its cancel routine gets the lock. (Not IoCsqInitialize:
// not every kernel has it.)
#include "device/device.h"

#define KMP_QUEUE_CHECK 0x657565754D4BULL

// A request that was pending is the framework's again.
static VOID Resume(PKM_REQUEST Request, PKM_DEVICE Device, PIRP Irp)
{
    PVOID *Kept = Irp->Tail.Overlay.DriverContext;

    KmpBeginRequest(Request, Device, Irp, (const KM_DEVICE_ENTRY *)Kept[KMP_CONTEXT_ENTRY]);
    Request->OutputMdl = (PMDL)Kept[KMP_CONTEXT_MDL];
}

static BOOLEAN IsHandleGone(PIO_STACK_LOCATION Stack)
{
    return Stack->FileObject != NULL && (Stack->FileObject->Flags & FO_CLEANUP_COMPLETE) &&
           Stack->MajorFunction != IRP_MJ_CLEANUP && Stack->MajorFunction != IRP_MJ_CLOSE;
}

// Irp is out of the queue.
static VOID CompleteCancelled(PKM_DEVICE Device, PIRP Irp)
{
    KM_REQUEST Request;

    Resume(&Request, Device, Irp);
    KmpTakeKeptInput(&Request);
    KmRequestComplete(&Request, STATUS_CANCELLED);
}

static DRIVER_CANCEL CancelIrp;
static VOID NTAPI CancelIrp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PKM_REQUEST_QUEUE Queue = (PKM_REQUEST_QUEUE)Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_QUEUE];
    PKM_DEVICE Device = Queue->Device;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Queue->Lock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Queue->Lock, OldIrql);
    CompleteCancelled(Device, Irp);
}

// The queue is locked. Whether Irp, which is in it, is out of it now: it has been cancelled before there was
// a cancel routine, and is the caller's to complete.
static BOOLEAN TakeBackCancelled(PIRP Irp)
{
    IoSetCancelRoutine(Irp, CancelIrp);
    if (!*(volatile BOOLEAN *)&Irp->Cancel || IoSetCancelRoutine(Irp, NULL) == NULL) {
        return FALSE;
    }
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    return TRUE;
}

static VOID Insert(PKM_REQUEST_QUEUE Queue, PIRP Irp)
{
    PKM_DEVICE Device = Queue->Device;
    BOOLEAN Cancelled = TRUE;
    KIRQL OldIrql;

    Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_QUEUE] = Queue;
    KeAcquireSpinLock(&Queue->Lock, &OldIrql);
    IoMarkIrpPending(Irp);
    // What ends a device or a handle says so first, and empties the queue then.
    if (!Device->Ending && !IsHandleGone(IoGetCurrentIrpStackLocation(Irp))) {
        InsertTailList(&Queue->Irps, &Irp->Tail.Overlay.ListEntry);
        Cancelled = TakeBackCancelled(Irp);
    }
    KeReleaseSpinLock(&Queue->Lock, OldIrql);
    if (Cancelled) {
        CompleteCancelled(Device, Irp);
    }
}

// The oldest of a handle, or of all (NULL); NULL: there is none.
static PIRP RemoveNext(PKM_REQUEST_QUEUE Queue, PFILE_OBJECT FileObject)
{
    PIRP Found = NULL;
    KIRQL OldIrql;

    if (Queue->Device == NULL) {
        return NULL;
    }
    KeAcquireSpinLock(&Queue->Lock, &OldIrql);
    for (PLIST_ENTRY Link = Queue->Irps.Flink; Link != &Queue->Irps; Link = Link->Flink) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        if ((FileObject == NULL || IoGetCurrentIrpStackLocation(Irp)->FileObject == FileObject) &&
            IoSetCancelRoutine(Irp, NULL) != NULL) {
            RemoveEntryList(Link);
            Found = Irp;
            break;
        }
    }
    KeReleaseSpinLock(&Queue->Lock, OldIrql);
    return Found;
}

// Queues are only ever added, and before there are requests.
static VOID CancelQueues(PKM_DEVICE Device, PFILE_OBJECT FileObject)
{
    for (PLIST_ENTRY Link = Device->Queues.Flink; Link != &Device->Queues; Link = Link->Flink) {
        KmQueueCancel(CONTAINING_RECORD(Link, KM_REQUEST_QUEUE, Link), FileObject);
    }
}

// From here on the queues' memory is the driver's alone.
static VOID EndQueues(PKM_DEVICE Device)
{
    while (!IsListEmpty(&Device->Queues)) {
        PLIST_ENTRY Link = RemoveHeadList(&Device->Queues);
        PKM_REQUEST_QUEUE Queue = CONTAINING_RECORD(Link, KM_REQUEST_QUEUE, Link);

        Queue->Device = NULL;
        Queue->Check = 0;
    }
}

static const KMP_QUEUE_ROUTINES QueueRoutines = {CancelQueues, EndQueues};

// What stands in a queue that is a device's, and hardly in memory that is none.
static ULONG_PTR CheckOf(const KM_REQUEST_QUEUE *Queue)
{
    return ((ULONG_PTR)Queue ^ (ULONG_PTR)Queue->Device) + KMP_QUEUE_CHECK;
}

VOID NTAPI KmQueueInit(PKM_REQUEST_QUEUE Queue, PKM_DEVICE Device)
{
    if (Queue->Device != NULL && Queue->Check == CheckOf(Queue)) {
        if (Queue->Device != Device) {
            DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
                       "mistake: KmQueueInit was given a queue of another device, whose it stays\n");
        }
        return;
    }
    KeInitializeSpinLock(&Queue->Lock);
    InitializeListHead(&Queue->Irps);
    Queue->Device = Device;
    Queue->Check = CheckOf(Queue);
    InsertTailList(&Device->Queues, &Queue->Link);
    Device->QueueRoutines = &QueueRoutines;
}

NTSTATUS NTAPI KmRequestPend(PKM_REQUEST Request, PKM_REQUEST_QUEUE Queue)
{
    PIRP Irp = Request->Irp;
    PKM_DEVICE Device = Request->Device;
    NTSTATUS Status;

    if (Queue->Device != Device) {
        KmpComplain(Request,
                    "KmRequestPend was given a queue that is not its device's: KmQueueInit makes one");
        return STATUS_INVALID_PARAMETER;
    }
    if (Device->FilterFiles != NULL && Request->Stack->MajorFunction == IRP_MJ_CREATE) {
        return STATUS_NOT_SUPPORTED;
    }
    // The device must outlive what is done here: the request may be gone as soon as it is in the queue.
    if (Device->Ending || !KmpRundownAcquire(&Device->Requests)) {
        return STATUS_DELETE_PENDING;
    }
    Status = KmpKeepInput(Request);
    if (!NT_SUCCESS(Status)) {
        goto Release;
    }
    Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_ENTRY] = (PVOID)(ULONG_PTR)Request->Entry;
    Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_MDL] = Request->OutputMdl;
    Request->Irp = NULL;
    Insert(Queue, Irp);
    Status = STATUS_PENDING;
Release:
    KmpRundownRelease(&Device->Requests);
    return Status;
}

NTSTATUS NTAPI KmQueueTakeOf(PKM_REQUEST_QUEUE Queue, PFILE_OBJECT FileObject, PKM_REQUEST Request)
{
    PIRP Irp;

    while ((Irp = RemoveNext(Queue, FileObject)) != NULL) {
        NTSTATUS Status;

        Resume(Request, Queue->Device, Irp);
        Status = KmpPrepareBuffers(Request);
        if (NT_SUCCESS(Status)) {
            return STATUS_SUCCESS;
        }
        KmRequestComplete(Request, Status);
    }
    return STATUS_NO_MORE_ENTRIES;
}

NTSTATUS NTAPI KmQueueTake(PKM_REQUEST_QUEUE Queue, PKM_REQUEST Request)
{
    return KmQueueTakeOf(Queue, NULL, Request);
}

VOID NTAPI KmQueueCancel(PKM_REQUEST_QUEUE Queue, PFILE_OBJECT FileObject)
{
    PIRP Irp;

    while ((Irp = RemoveNext(Queue, FileObject)) != NULL) {
        CompleteCancelled(Queue->Device, Irp);
    }
}
