// SPDX-License-Identifier: MIT
// Requests for directory changes: waiting, cancelled, completed with what has changed.
#include "inc/kernel.h"
#include "fsrtl/notify.h"

// Of the lists of waiting requests: a cancel routine cannot take the notify lock.
static KSPIN_LOCK FsRtlpNotifyIrpLock;

NTSTATUS FsRtlpLockNotifyBuffer(PIRP Irp)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.NotifyDirectory.Length;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Length == 0 || Irp->MdlAddress != NULL || Irp->UserBuffer == NULL) {
        return STATUS_SUCCESS;
    }
    PMDL Mdl = IoAllocateMdl(Irp->UserBuffer, Length, FALSE, FALSE, Irp);
    if (Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        MmProbeAndLockPages(Mdl, Irp->RequestorMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        Irp->MdlAddress = NULL;
        IoFreeMdl(Mdl);
    }
    return Status;
}

VOID FsRtlpCompleteNotifyIrp(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_DISK_INCREMENT);
}

static VOID NTAPI FsRtlpCancelNotify(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL OldIrql;
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&FsRtlpNotifyIrpLock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&FsRtlpNotifyIrpLock, OldIrql);
    FsRtlpCompleteNotifyIrp(Irp, STATUS_CANCELLED, 0);
}

VOID FsRtlpPendNotifyIrp(FSRTLP_NOTIFY *Notify, PIRP Irp)
{
    KIRQL OldIrql;
    IoMarkIrpPending(Irp);
    KeAcquireSpinLock(&FsRtlpNotifyIrpLock, &OldIrql);
    InsertTailList(&Notify->Irps, &Irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(Irp, FsRtlpCancelNotify);
    // Cancelled before there was a routine: ours to complete, unless that one is called after all.
    BOOLEAN Cancelled = Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL;
    if (Cancelled) {
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    }
    KeReleaseSpinLock(&FsRtlpNotifyIrpLock, OldIrql);
    if (Cancelled) {
        FsRtlpCompleteNotifyIrp(Irp, STATUS_CANCELLED, 0);
    }
}

// The first that waits, or the first whose file object's FsContext is FileContext, and that nobody cancels;
// NULL.
static PIRP FsRtlpTakeNotifyIrp(FSRTLP_NOTIFY *Notify, PVOID FileContext)
{
    KIRQL OldIrql;
    PIRP Taken = NULL;
    KeAcquireSpinLock(&FsRtlpNotifyIrpLock, &OldIrql);
    for (PLIST_ENTRY Link = Notify->Irps.Flink; Taken == NULL && Link != &Notify->Irps; Link = Link->Flink) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
        if (FileContext != NULL && (FileObject == NULL || FileObject->FsContext != FileContext)) {
            continue;
        }
        if (IoSetCancelRoutine(Irp, NULL) != NULL) {
            Taken = Irp;
            RemoveEntryList(Link);
        }
    }
    KeReleaseSpinLock(&FsRtlpNotifyIrpLock, OldIrql);
    return Taken;
}

VOID FsRtlpCompleteNotifyIrps(FSRTLP_NOTIFY *Notify, PVOID FileContext, NTSTATUS Status)
{
    PIRP Irp;
    while ((Irp = FsRtlpTakeNotifyIrp(Notify, FileContext)) != NULL) {
        FsRtlpCompleteNotifyIrp(Irp, Status, 0);
    }
}

static PVOID FsRtlpNotifyBuffer(PIRP Irp)
{
    return Irp->MdlAddress != NULL ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority)
                                   : Irp->AssociatedIrp.SystemBuffer;
}

static VOID FsRtlpAnswer(const FSRTLP_NOTIFY *Notify, PIRP Irp)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.NotifyDirectory.Length;
    PVOID Buffer = FsRtlpNotifyBuffer(Irp);
    if (Notify->ChangesLost || Notify->IgnoreBuffer || Notify->ChangesBytes > Length || Buffer == NULL) {
        FsRtlpCompleteNotifyIrp(Irp, STATUS_NOTIFY_ENUM_DIR, 0);
        return;
    }
    RtlCopyMemory(Buffer, Notify->Changes, Notify->ChangesBytes);
    FsRtlpCompleteNotifyIrp(Irp, STATUS_SUCCESS, Notify->ChangesBytes);
}

static VOID FsRtlpForgetChanges(FSRTLP_NOTIFY *Notify)
{
    Notify->ChangesLost = FALSE;
    Notify->ChangesBytes = Notify->LastChange = 0;
}

VOID FsRtlpDeliverChanges(FSRTLP_NOTIFY *Notify, PIRP Irp)
{
    FsRtlpAnswer(Notify, Irp);
    FsRtlpForgetChanges(Notify);
}

VOID FsRtlpDeliverToWaiting(FSRTLP_NOTIFY *Notify)
{
    BOOLEAN Delivered = FALSE;
    PIRP Irp;
    while ((Irp = FsRtlpTakeNotifyIrp(Notify, NULL)) != NULL) {
        FsRtlpAnswer(Notify, Irp);
        Delivered = TRUE;
    }
    if (Delivered) {
        FsRtlpForgetChanges(Notify);
    }
}
