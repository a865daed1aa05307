// SPDX-License-Identifier: MIT
// Requests that go on to the device below.
#include "device/device.h"

NTSTATUS NTAPI KmRequestForward(PKM_REQUEST Request)
{
    PIRP Irp = Request->Irp;
    PKM_DEVICE Device = Request->Device;
    NTSTATUS Status;

    KmpRestoreBuffers(Request);
    KmpReleaseBuffers(Request);
    Request->Irp = NULL;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Device->Lower, Irp);
    KmpRundownRelease(&Device->Requests);
    return Status;
}

NTSTATUS NTAPI KmRequestForwardAndWait(PKM_REQUEST Request)
{
    PIRP Irp = Request->Irp;

    KmpRestoreBuffers(Request);
    if (!IoForwardIrpSynchronously(Request->Device->Lower, Irp)) {
        // There is no stack location for the device below.
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    Request->Information = Irp->IoStatus.Information;
    return Irp->IoStatus.Status;
}
