// SPDX-License-Identifier: MIT
// Requests that are the device below's alone.
#include "device/device.h"

NTSTATUS KmpPassDown(PKM_DEVICE Device, PIRP Irp)
{
    NTSTATUS Status;

    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Device->Lower, Irp);
    KmpRundownRelease(&Device->Requests);
    return Status;
}
