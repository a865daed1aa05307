// SPDX-License-Identifier: MIT
// The IRPs that a thread has sent: listed with it, cancelled when it ends; cancellation.
#include "inc/kernel.h"

static KSPIN_LOCK IopCancelSpinLock;

VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql)
{
    KeAcquireSpinLock(&IopCancelSpinLock, Irql);
}

VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&IopCancelSpinLock, Irql);
}

// The routine releases the cancel spin lock, and is back at OldIrql then.
static VOID IopCallCancelRoutine(PDRIVER_CANCEL CancelRoutine, PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                 KIRQL OldIrql)
{
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_CANCEL", CancelRoutine, 2, DeviceObject, Irp);
    Callback.Irql = OldIrql;
    CancelRoutine(DeviceObject, Irp);
    if (ViChecks() && IopCancelSpinLock == ((ULONG_PTR)KiCurrentThread() | KI_SPIN_LOCK_HELD)) {
        ViReportCancelLockHeld((PVOID)(ULONG_PTR)CancelRoutine);
        IoReleaseCancelSpinLock(OldIrql);
    }
    ViLeaveCallback(&Callback, 0);
}

BOOLEAN NTAPI IoCancelIrp(PIRP Irp)
{
    KIRQL OldIrql;
    IoAcquireCancelSpinLock(&OldIrql);
    Irp->Cancel = TRUE;
    PDRIVER_CANCEL CancelRoutine = IoSetCancelRoutine(Irp, NULL);
    if (CancelRoutine == NULL) {
        IoReleaseCancelSpinLock(OldIrql);
        return FALSE;
    }
    if (Irp->CurrentLocation > Irp->StackCount + 1) {
        KeBugCheckEx(CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)Irp, (ULONG_PTR)CancelRoutine, 0, 0);
    }
    Irp->CancelIrql = OldIrql;
    PDEVICE_OBJECT DeviceObject = Irp->CurrentLocation == Irp->StackCount + 1
                                      ? NULL
                                      : Irp->Tail.Overlay.CurrentStackLocation->DeviceObject;
    IopCallCancelRoutine(CancelRoutine, DeviceObject, Irp, OldIrql);
    return TRUE;
}

VOID IopQueueThreadIrp(PIRP Irp)
{
    PETHREAD Thread = Irp->Tail.Overlay.Thread;
    KIRQL OldIrql = KiAcquireSpinLockRaise(&Thread->IrpListLock);
    InsertHeadList(&Thread->IrpList, &Irp->ThreadListEntry);
    KiReleaseSpinLockLower(&Thread->IrpListLock, OldIrql);
}

VOID NTAPI IoQueueThreadIrp(PIRP Irp)
{
    IopQueueThreadIrp(Irp);
}

VOID IopDequeueThreadIrp(PETHREAD Thread, PIRP Irp)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&Thread->IrpListLock);
    RemoveEntryList(&Irp->ThreadListEntry);
    InitializeListHead(&Irp->ThreadListEntry);
    KiReleaseSpinLockLower(&Thread->IrpListLock, OldIrql);
}

// IRPs leave the list in an APC of this very thread, which APC_LEVEL keeps away.
VOID IopCancelListedIrps(PETHREAD Thread)
{
    KIRQL OldIrql = KiRaiseIrql(APC_LEVEL);
    for (PLIST_ENTRY Link = Thread->IrpList.Flink; Link != &Thread->IrpList; Link = Link->Flink) {
        IoCancelIrp(CONTAINING_RECORD(Link, IRP, ThreadListEntry));
    }
    KiLowerIrql(OldIrql);
}

VOID IopCancelThreadIo(VOID)
{
    PETHREAD Thread = (PETHREAD)KiCurrentThread();
    LARGE_INTEGER Interval = {.QuadPart = -10LL * 10000};
    if (IsListEmpty(&Thread->IrpList)) {
        return;
    }
    IopCancelListedIrps(Thread);
    for (ULONG Round = 0; !IsListEmpty(&Thread->IrpList) && Round < IOP_CANCEL_SECONDS * 100; Round += 1) {
        KeDelayExecutionThread(KernelMode, FALSE, &Interval);
    }
    // What a driver still holds completes without a thread: IofCompleteRequest drops it.
    KIRQL OldIrql = KiAcquireSpinLockRaise(&Thread->IrpListLock);
    while (!IsListEmpty(&Thread->IrpList)) {
        InitializeListHead(RemoveHeadList(&Thread->IrpList));
    }
    KiReleaseSpinLockLower(&Thread->IrpListLock, OldIrql);
}
