// SPDX-License-Identifier: MIT
// Requests for byte-range locks: granted at once, refused, or waiting until others are released.
#include "inc/kernel.h"
#include "fsrtl/file-lock.h"

NTSTATUS FsRtlpCompleteLockIrp(PFILE_LOCK FileLock, PIRP Irp, PVOID Context, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    if (FileLock->CompleteLockIrpRoutine != NULL) {
        return FileLock->CompleteLockIrpRoutine(Context, Irp);
    }
    IoCompleteRequest(Irp, IO_DISK_INCREMENT);
    return Status;
}

static BOOLEAN FsRtlpRequestOfIrp(PIRP Irp, FSRTLP_LOCK_REQUEST *Request)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LARGE_INTEGER Length = *Stack->Parameters.LockControl.Length;
    *Request = (FSRTLP_LOCK_REQUEST){.FileObject = Stack->FileObject,
                                     .Process = IoGetRequestorProcess(Irp),
                                     .Key = Stack->Parameters.LockControl.Key,
                                     .Exclusive = (Stack->Flags & SL_EXCLUSIVE_LOCK) != 0};
    return FsRtlpSetRange(Request, &Stack->Parameters.LockControl.ByteOffset, &Length);
}

// A waiting request is cancelled. Its FILE_LOCK stands in its second context.
static VOID NTAPI FsRtlpCancelLock(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL OldIrql;
    PFILE_LOCK FileLock = Irp->Tail.Overlay.DriverContext[1];
    FSRTLP_LOCKS *Locks = FileLock->LockInformation;
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Locks->SpinLock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Locks->SpinLock, OldIrql);
    FsRtlpCompleteLockIrp(FileLock, Irp, Irp->Tail.Overlay.DriverContext[0], STATUS_CANCELLED);
}

// The spin lock is held. FALSE: it has been cancelled, and is the caller's to complete.
static BOOLEAN FsRtlpWait(PFILE_LOCK FileLock, FSRTLP_LOCKS *Locks, PIRP Irp, PVOID Context)
{
    IoMarkIrpPending(Irp);
    Irp->Tail.Overlay.DriverContext[0] = Context;
    Irp->Tail.Overlay.DriverContext[1] = FileLock;
    InsertTailList(&Locks->Waiting, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, FsRtlpCancelLock);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
        return FALSE;
    }
    return TRUE;
}

// Takes the first waiting request that is granted now off the list.
static PIRP FsRtlpTakeGranted(PFILE_LOCK FileLock, FSRTLP_LOCKS *Locks, FSRTLP_LOCK **New)
{
    KIRQL OldIrql;
    PIRP Granted = NULL;
    FSRTLP_LOCK_REQUEST Request;
    KeAcquireSpinLock(&Locks->SpinLock, &OldIrql);
    for (PLIST_ENTRY Link = Locks->Waiting.Flink; Granted == NULL && Link != &Locks->Waiting;
         Link = Link->Flink) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        PDRIVER_CANCEL Cancel = IoSetCancelRoutine(Irp, NULL);
        if (Cancel == NULL) {
            continue;
        }
        FsRtlpRequestOfIrp(Irp, &Request);
        if (NT_SUCCESS(FsRtlpTryLock(FileLock, Locks, &Request, New))) {
            RemoveEntryList(Link);
            Granted = Irp;
        } else {
            IoSetCancelRoutine(Irp, Cancel);
            if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
                // Cancelled while it had no routine: what that would have done is done for it.
                RemoveEntryList(Link);
                Granted = Irp;
            }
        }
    }
    KeReleaseSpinLock(&Locks->SpinLock, OldIrql);
    return Granted;
}

VOID FsRtlpGrantWaiting(PFILE_LOCK FileLock)
{
    FSRTLP_LOCKS *Locks = FileLock->LockInformation;
    FSRTLP_LOCK_REQUEST Request;
    FSRTLP_LOCK *New = NULL;
    for (;;) {
        if (New == NULL) {
            New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_FILE_LOCK);
        }
        // Without memory they wait on, for the next release.
        PIRP Irp = New != NULL ? FsRtlpTakeGranted(FileLock, Locks, &New) : NULL;
        if (Irp == NULL) {
            break;
        }
        BOOLEAN Cancelled = New != NULL;
        PVOID Context = Irp->Tail.Overlay.DriverContext[0];
        FsRtlpRequestOfIrp(Irp, &Request);
        NTSTATUS Status =
            FsRtlpCompleteLockIrp(FileLock, Irp, Context, Cancelled ? STATUS_CANCELLED : STATUS_SUCCESS);
        if (!Cancelled && !NT_SUCCESS(Status)) {
            FsRtlpRemoveLock(FileLock, &Request);
        }
    }
    if (New != NULL) {
        ExFreePoolWithTag(New, TAG_FILE_LOCK);
    }
}

// Irp NULL: it cannot wait. Returns STATUS_PENDING if it does.
static NTSTATUS FsRtlpLock(PFILE_LOCK FileLock, const FSRTLP_LOCK_REQUEST *Request, BOOLEAN FailImmediately,
                           PIRP Irp, PVOID Context)
{
    KIRQL OldIrql;
    FSRTLP_LOCKS *Locks = FsRtlpLocksOf(FileLock);
    FSRTLP_LOCK *New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_FILE_LOCK);
    if (Locks == NULL || New == NULL) {
        if (New != NULL) {
            ExFreePoolWithTag(New, TAG_FILE_LOCK);
        }
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InterlockedIncrement(&FileLock->LockRequestsInProgress);
    KeAcquireSpinLock(&Locks->SpinLock, &OldIrql);
    NTSTATUS Status = FsRtlpTryLock(FileLock, Locks, Request, &New);
    if (!NT_SUCCESS(Status) && !FailImmediately && Irp != NULL) {
        Status = FsRtlpWait(FileLock, Locks, Irp, Context) ? STATUS_PENDING : STATUS_CANCELLED;
    }
    KeReleaseSpinLock(&Locks->SpinLock, OldIrql);
    InterlockedDecrement(&FileLock->LockRequestsInProgress);
    if (New != NULL) {
        ExFreePoolWithTag(New, TAG_FILE_LOCK);
    }
    return Status;
}

BOOLEAN NTAPI FsRtlPrivateLock(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                               PLARGE_INTEGER Length, PEPROCESS Process, ULONG Key, BOOLEAN FailImmediately,
                               BOOLEAN ExclusiveLock, PIO_STATUS_BLOCK IoStatus, PIRP Irp, PVOID Context,
                               BOOLEAN AlreadySynchronized)
{
    FSRTLP_LOCK_REQUEST Request = {
        .FileObject = FileObject, .Process = Process, .Key = Key, .Exclusive = ExclusiveLock};
    UNREFERENCED_PARAMETER(AlreadySynchronized);
    IoStatus->Information = 0;
    IoStatus->Status = FsRtlpSetRange(&Request, FileOffset, Length)
                           ? FsRtlpLock(FileLock, &Request, FailImmediately, Irp, Context)
                           : STATUS_INVALID_LOCK_RANGE;
    if (IoStatus->Status == STATUS_INSUFFICIENT_RESOURCES) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    if (Irp == NULL) {
        // Without an IRP nothing can wait: FALSE sends the caller to make one.
        return NT_SUCCESS(IoStatus->Status) || FailImmediately ||
               IoStatus->Status == STATUS_INVALID_LOCK_RANGE;
    }
    if (IoStatus->Status != STATUS_PENDING) {
        NTSTATUS Status = FsRtlpCompleteLockIrp(FileLock, Irp, Context, IoStatus->Status);
        if (NT_SUCCESS(IoStatus->Status) && !NT_SUCCESS(Status)) {
            FsRtlpRemoveLock(FileLock, &Request);
            IoStatus->Status = Status;
        }
    }
    return TRUE;
}

static NTSTATUS FsRtlpUnlock(PFILE_LOCK FileLock, PIRP Irp, UCHAR MinorFunction, PVOID Context)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    ULONG Key = Stack->Parameters.LockControl.Key;
    LARGE_INTEGER Length;
    switch (MinorFunction) {
    case IRP_MN_UNLOCK_SINGLE:
        Length = *Stack->Parameters.LockControl.Length;
        return FsRtlFastUnlockSingle(FileLock, Stack->FileObject, &Stack->Parameters.LockControl.ByteOffset,
                                     &Length, Process, Key, Context, TRUE);
    case IRP_MN_UNLOCK_ALL: return FsRtlFastUnlockAll(FileLock, Stack->FileObject, Process, Context);
    case IRP_MN_UNLOCK_ALL_BY_KEY:
        return FsRtlFastUnlockAllByKey(FileLock, Stack->FileObject, Process, Key, Context);
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS NTAPI FsRtlProcessFileLock(PFILE_LOCK FileLock, PIRP Irp, PVOID Context)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MinorFunction != IRP_MN_LOCK) {
        NTSTATUS Status = FsRtlpUnlock(FileLock, Irp, Stack->MinorFunction, Context);
        FsRtlpCompleteLockIrp(FileLock, Irp, Context, Status);
        return Status;
    }
    FSRTLP_LOCK_REQUEST Request;
    NTSTATUS Status =
        FsRtlpRequestOfIrp(Irp, &Request)
            ? FsRtlpLock(FileLock, &Request, (Stack->Flags & SL_FAIL_IMMEDIATELY) != 0, Irp, Context)
            : STATUS_INVALID_LOCK_RANGE;
    if (Status == STATUS_PENDING) {
        return Status;
    }
    NTSTATUS Completed = FsRtlpCompleteLockIrp(FileLock, Irp, Context, Status);
    if (NT_SUCCESS(Status) && !NT_SUCCESS(Completed)) {
        FsRtlpRemoveLock(FileLock, &Request);
        return Completed;
    }
    return Status;
}
