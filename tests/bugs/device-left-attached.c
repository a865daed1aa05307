// SPDX-License-Identifier: MIT
// finding: device-left-attached in BugPnp
// The removed device is deleted, but was not taken out of the stack before.
#include "pnp-bug.h"

static NTSTATUS BugPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MinorFunction)
{
    if (MinorFunction != IRP_MN_REMOVE_DEVICE) {
        return Pass(DeviceObject, Irp);
    }
    PDEVICE_OBJECT Lower = ((FDO *)DeviceObject->DeviceExtension)->Lower;
    NTSTATUS Status = Succeed(DeviceObject, Irp);
    MENDED_BY(IoDetachDevice(Lower);)
    BUG(UNREFERENCED_PARAMETER(Lower);)
    IoDeleteDevice(DeviceObject);
    return Status;
}
