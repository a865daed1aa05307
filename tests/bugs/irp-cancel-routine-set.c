// SPDX-License-Identifier: MIT
// finding: irp-cancel-routine-set in Complete
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// A request is completed while its cancel routine could still be called.
#include "irp-bug.h"

static VOID NTAPI Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoSetCancelRoutine(Irp, Cancel);
    MENDED_BY(IoSetCancelRoutine(Irp, NULL);)
    return Complete(Irp, STATUS_SUCCESS, 0);
}
