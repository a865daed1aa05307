// SPDX-License-Identifier: MIT
// Queues of pending requests, over the I/O manager's cancel-safe queues.
#include "device/device.h"

static PKM_REQUEST_QUEUE QueueOf(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, KM_REQUEST_QUEUE, Csq);
}

static VOID NTAPI InsertIrp(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&QueueOf(Csq)->Irps, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI RemoveIrp(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

// PeekContext: the handle whose requests are looked for; NULL: all.
static PIRP NTAPI PeekNextIrp(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PLIST_ENTRY Head = &QueueOf(Csq)->Irps;

    for (PLIST_ENTRY Link = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Head->Flink; Link != Head;
         Link = Link->Flink) {
        PIRP Next = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        if (PeekContext == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == PeekContext) {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI AcquireLock(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&QueueOf(Csq)->Lock, Irql);
}

static VOID NTAPI ReleaseLock(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&QueueOf(Csq)->Lock, Irql);
}

static VOID NTAPI CompleteCanceledIrp(PIO_CSQ Csq, PIRP Irp)
{
    PKM_DEVICE Device = QueueOf(Csq)->Device;
    KM_REQUEST Request;

    KmpBeginRequest(&Request, Device, Irp,
                    (const KM_DEVICE_ENTRY *)Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_ENTRY]);
    Request.OutputMdl = (PMDL)Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_MDL];
    KmpTakeKeptInput(&Request);
    KmRequestComplete(&Request, STATUS_CANCELLED);
}

static VOID CancelQueues(PKM_DEVICE Device, PFILE_OBJECT FileObject)
{
    // Queues are only ever added, and before there are requests.
    for (PLIST_ENTRY Link = Device->Queues.Flink; Link != &Device->Queues; Link = Link->Flink) {
        KmQueueCancel(CONTAINING_RECORD(Link, KM_REQUEST_QUEUE, Link), FileObject);
    }
}

VOID NTAPI KmQueueInit(PKM_REQUEST_QUEUE Queue, PKM_DEVICE Device)
{
    KeInitializeSpinLock(&Queue->Lock);
    InitializeListHead(&Queue->Irps);
    Queue->Device = Device;
    IoCsqInitialize(&Queue->Csq, InsertIrp, RemoveIrp, PeekNextIrp, AcquireLock, ReleaseLock,
                    CompleteCanceledIrp);
    InsertTailList(&Device->Queues, &Queue->Link);
    Device->CancelQueues = CancelQueues;
}

NTSTATUS NTAPI KmRequestPend(PKM_REQUEST Request, PKM_REQUEST_QUEUE Queue)
{
    PIRP Irp = Request->Irp;
    PKM_DEVICE Device = Request->Device;
    NTSTATUS Status;

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
    IoCsqInsertIrp(&Queue->Csq, Irp, NULL);
    if (Device->Ending) {
        KmQueueCancel(Queue, NULL);
    }
    Status = STATUS_PENDING;
Release:
    KmpRundownRelease(&Device->Requests);
    return Status;
}

NTSTATUS NTAPI KmQueueTakeOf(PKM_REQUEST_QUEUE Queue, PFILE_OBJECT FileObject, PKM_REQUEST Request)
{
    PIRP Irp;

    while ((Irp = IoCsqRemoveNextIrp(&Queue->Csq, FileObject)) != NULL) {
        NTSTATUS Status;

        KmpBeginRequest(Request, Queue->Device, Irp,
                        (const KM_DEVICE_ENTRY *)Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_ENTRY]);
        Request->OutputMdl = (PMDL)Irp->Tail.Overlay.DriverContext[KMP_CONTEXT_MDL];
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

    while ((Irp = IoCsqRemoveNextIrp(&Queue->Csq, FileObject)) != NULL) {
        CompleteCanceledIrp(&Queue->Csq, Irp);
    }
}
