// SPDX-License-Identifier: MIT
// Cancel-safe queues: a driver's queue, with the races between its requests' removal and cancellation decided
// here. DriverContext[3] of a queued IRP leads to its IO_CSQ_IRP_CONTEXT, or to the IO_CSQ if it has none;
// both begin with their type.
#include "inc/kernel.h"

static NTSTATUS IopInitializeCsq(PIO_CSQ Csq, ULONG Type, PIO_CSQ_INSERT_IRP CsqInsertIrp,
                                 PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                                 PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    *Csq = (IO_CSQ){.Type = Type,
                    .CsqInsertIrp = CsqInsertIrp,
                    .CsqRemoveIrp = CsqRemoveIrp,
                    .CsqPeekNextIrp = CsqPeekNextIrp,
                    .CsqAcquireLock = CsqAcquireLock,
                    .CsqReleaseLock = CsqReleaseLock,
                    .CsqCompleteCanceledIrp = CsqCompleteCanceledIrp};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    return IopInitializeCsq(Csq, IO_TYPE_CSQ, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock,
                            CsqReleaseLock, CsqCompleteCanceledIrp);
}

NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp,
                                 PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                                 PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    return IopInitializeCsq(Csq, IO_TYPE_CSQ_EX, (PIO_CSQ_INSERT_IRP)(PVOID)CsqInsertIrp, CsqRemoveIrp,
                            CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
}

// The queue is locked. Irp is in nobody's queue any more.
static VOID IopForgetCsq(PIRP Irp)
{
    PIO_CSQ_IRP_CONTEXT Context = Irp->Tail.Overlay.DriverContext[3];
    Irp->Tail.Overlay.DriverContext[3] = NULL;
    if (Context->Type == IO_TYPE_CSQ_IRP_CONTEXT) {
        Context->Irp = NULL;
    }
}

static VOID NTAPI IopCsqCancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL OldIrql;
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    PIO_CSQ Csq = Irp->Tail.Overlay.DriverContext[3];
    if (Csq->Type == IO_TYPE_CSQ_IRP_CONTEXT) {
        Csq = ((PIO_CSQ_IRP_CONTEXT)Csq)->Csq;
    }
    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &OldIrql);
    Csq->CsqRemoveIrp(Csq, Irp);
    IopForgetCsq(Irp);
    Csq->CsqReleaseLock(Csq, OldIrql);
    Csq->CsqCompleteCanceledIrp(Csq, Irp);
}

// The queue is locked. TRUE: the IRP has been cancelled, is not in the queue, and is the caller's to
// complete.
static BOOLEAN IopCsqTakeCancelled(PIO_CSQ Csq, PIRP Irp)
{
    IoSetCancelRoutine(Irp, IopCsqCancel);
    // Cancelled in between: nobody will call the routine, unless somebody has taken it meanwhile.
    if (!Irp->Cancel || IoSetCancelRoutine(Irp, NULL) == NULL) {
        return FALSE;
    }
    Csq->CsqRemoveIrp(Csq, Irp);
    IopForgetCsq(Irp);
    return TRUE;
}

NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
    KIRQL OldIrql;
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN Cancelled = FALSE;
    if (Context != NULL) {
        *Context = (IO_CSQ_IRP_CONTEXT){.Type = IO_TYPE_CSQ_IRP_CONTEXT, .Irp = Irp, .Csq = Csq};
        Irp->Tail.Overlay.DriverContext[3] = Context;
    } else {
        Irp->Tail.Overlay.DriverContext[3] = Csq;
    }
    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &OldIrql);
    IoMarkIrpPending(Irp);
    if (Irp->Cancel) {
        IopForgetCsq(Irp);
        Csq->CsqReleaseLock(Csq, OldIrql);
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
        return STATUS_SUCCESS;
    }
    if (Csq->Type == IO_TYPE_CSQ_EX) {
        Status = ((PIO_CSQ_INSERT_IRP_EX)(PVOID)Csq->CsqInsertIrp)(Csq, Irp, InsertContext);
    } else {
        Csq->CsqInsertIrp(Csq, Irp);
    }
    if (NT_SUCCESS(Status)) {
        Cancelled = IopCsqTakeCancelled(Csq, Irp);
    } else {
        IopForgetCsq(Irp);
    }
    Csq->CsqReleaseLock(Csq, OldIrql);
    if (Cancelled) {
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
    }
    return Status;
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    KIRQL OldIrql;
    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &OldIrql);
    PIRP Irp = Context->Irp;
    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL) {
        // Its cancellation is under way, and waits for the lock.
        Irp = NULL;
    }
    if (Irp != NULL) {
        Csq->CsqRemoveIrp(Csq, Irp);
        IopForgetCsq(Irp);
    }
    Csq->CsqReleaseLock(Csq, OldIrql);
    return Irp;
}

PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    KIRQL OldIrql;
    Csq->ReservePointer = NULL;
    Csq->CsqAcquireLock(Csq, &OldIrql);
    PIRP Irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    while (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL) {
        Irp = Csq->CsqPeekNextIrp(Csq, Irp, PeekContext);
    }
    if (Irp != NULL) {
        Csq->CsqRemoveIrp(Csq, Irp);
        IopForgetCsq(Irp);
    }
    Csq->CsqReleaseLock(Csq, OldIrql);
    return Irp;
}
