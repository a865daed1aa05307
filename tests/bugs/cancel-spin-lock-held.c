// SPDX-License-Identifier: MIT
// finding: cancel-spin-lock-held after Cancel
// A cancel routine completes the request and forgets the lock that it was called with.
#include "irp-bug.h"

static VOID NTAPI Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    MENDED_BY(IoReleaseCancelSpinLock(Irp->CancelIrql);)
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoSetCancelRoutine(Irp, Cancel);
    IoCancelIrp(Irp);
    return Complete(Irp, STATUS_CANCELLED, 0);
}
