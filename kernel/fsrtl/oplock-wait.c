// SPDX-License-Identifier: MIT
// Operations that wait until an oplock's owner has answered.
#include "inc/kernel.h"
#include "fsrtl/oplock.h"

// An IRP that waits leads to its FSRTLP_WAITER by IoStatus.Information.

static VOID FsRtlpResumeWaiter(FSRTLP_WAITER *Waiter)
{
    PIRP Irp = Waiter->Irp;
    if (Waiter->Routine == NULL && !Waiter->Notify) {
        KeSetEvent(&Waiter->Event, 0, FALSE); // it is on the stack of the one who waits
        return;
    }
    Irp->IoStatus.Status = Waiter->Status;
    Irp->IoStatus.Information = 0;
    if (Waiter->Notify) {
        IofCompleteRequest(Irp, IO_DISK_INCREMENT);
    } else {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "POPLOCK_WAIT_COMPLETE_ROUTINE", Waiter->Routine, 2, Waiter->Context, Irp);
        Waiter->Routine(Waiter->Context, Irp);
        ViLeaveCallback(&Callback, 0);
    }
    ExFreePoolWithTag(Waiter, TAG_OPLOCK);
}

VOID FsRtlpResumeWaiters(PLIST_ENTRY Waiters)
{
    while (!IsListEmpty(Waiters)) {
        FsRtlpResumeWaiter(CONTAINING_RECORD(RemoveHeadList(Waiters), FSRTLP_WAITER, Link));
    }
}

static VOID NTAPI FsRtlpCancelWaiter(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    FSRTLP_DUE Due;
    FSRTLP_WAITER *Waiter = (FSRTLP_WAITER *)Irp->IoStatus.Information;
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    RemoveEntryList(&Waiter->Link);
    FsRtlpUnlockOplocks(&Due, OldIrql);
    Waiter->Status = STATUS_CANCELLED;
    FsRtlpResumeWaiter(Waiter);
}

typedef enum _FSRTLP_QUEUED { FsRtlpWaits, FsRtlpNothingToWaitFor, FsRtlpIsCancelled } FSRTLP_QUEUED;

static FSRTLP_QUEUED FsRtlpQueueWaiter(FSRTLP_OPLOCK *Oplock, FSRTLP_WAITER *Waiter)
{
    FSRTLP_DUE Due;
    FSRTLP_QUEUED Queued = FsRtlpNothingToWaitFor;
    KIRQL OldIrql = FsRtlpLockOplocks(&Due);
    if (FsRtlpIsBreaking(Oplock)) {
        Queued = FsRtlpWaits;
        InsertTailList(&Oplock->Waiters, &Waiter->Link);
        Waiter->Irp->IoStatus.Information = (ULONG_PTR)Waiter;
        IoSetCancelRoutine(Waiter->Irp, FsRtlpCancelWaiter);
        if (Waiter->Irp->Cancel && IoSetCancelRoutine(Waiter->Irp, NULL) != NULL) {
            RemoveEntryList(&Waiter->Link);
            Queued = FsRtlpIsCancelled;
        }
    }
    FsRtlpUnlockOplocks(&Due, OldIrql);
    return Queued;
}

static NTSTATUS FsRtlpWaitHere(FSRTLP_OPLOCK *Oplock, PIRP Irp)
{
    FSRTLP_WAITER Waiter = {.Irp = Irp};
    KeInitializeEvent(&Waiter.Event, NotificationEvent, FALSE);
    switch (FsRtlpQueueWaiter(Oplock, &Waiter)) {
    case FsRtlpNothingToWaitFor: return STATUS_SUCCESS;
    case FsRtlpIsCancelled: return STATUS_CANCELLED;
    default: break;
    }
    KeWaitForSingleObject(&Waiter.Event, Executive, KernelMode, FALSE, NULL);
    Irp->IoStatus.Information = 0;
    return Waiter.Status;
}

static FSRTLP_WAITER *FsRtlpAllocateWaiter(PIRP Irp)
{
    FSRTLP_WAITER *Waiter = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Waiter), TAG_OPLOCK);
    if (Waiter != NULL) {
        Waiter->Irp = Irp;
    }
    return Waiter;
}

NTSTATUS FsRtlpWaitForBreak(FSRTLP_OPLOCK *Oplock, PIRP Irp, PVOID Context,
                            POPLOCK_WAIT_COMPLETE_ROUTINE Routine, POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    if (Routine == NULL) {
        return FsRtlpWaitHere(Oplock, Irp);
    }
    FSRTLP_WAITER *Waiter = FsRtlpAllocateWaiter(Irp);
    if (Waiter == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Waiter->Routine = Routine;
    Waiter->Context = Context;
    if (PostIrpRoutine != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "POPLOCK_FS_PREPOST_IRP", PostIrpRoutine, 2, Context, Irp);
        PostIrpRoutine(Context, Irp);
        ViLeaveCallback(&Callback, 0);
    }
    // From here on the IRP is not the caller's any more, even if the answer has come meanwhile.
    IoMarkIrpPending(Irp);
    FSRTLP_QUEUED Queued = FsRtlpQueueWaiter(Oplock, Waiter);
    if (Queued != FsRtlpWaits) {
        Waiter->Status = Queued == FsRtlpIsCancelled ? STATUS_CANCELLED : STATUS_SUCCESS;
        FsRtlpResumeWaiter(Waiter);
    }
    return STATUS_PENDING;
}

NTSTATUS FsRtlpNotifyOfBreak(FSRTLP_OPLOCK *Oplock, PIRP Irp)
{
    FSRTLP_WAITER *Waiter = FsRtlpAllocateWaiter(Irp);
    if (Waiter == NULL) {
        Irp->IoStatus.Status = STATUS_INSUFFICIENT_RESOURCES;
        IofCompleteRequest(Irp, IO_DISK_INCREMENT);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Waiter->Notify = TRUE;
    IoMarkIrpPending(Irp);
    FSRTLP_QUEUED Queued = FsRtlpQueueWaiter(Oplock, Waiter);
    if (Queued != FsRtlpWaits) {
        Waiter->Status = Queued == FsRtlpIsCancelled ? STATUS_CANCELLED : STATUS_SUCCESS;
        FsRtlpResumeWaiter(Waiter);
    }
    return STATUS_PENDING;
}
