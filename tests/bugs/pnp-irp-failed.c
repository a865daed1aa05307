// SPDX-License-Identifier: MIT
// finding: pnp-irp-failed after AddDevice
// A driver that knows nothing of surprise removal completes it as it came, STATUS_NOT_SUPPORTED.
#include "pnp-bug.h"

static NTSTATUS BugPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MinorFunction)
{
    switch (MinorFunction) {
    case IRP_MN_REMOVE_DEVICE: return Remove(DeviceObject, Irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        Irp->IoStatus.Information |= PNP_DEVICE_FAILED; // what follows is a surprise removal
        return Succeed(DeviceObject, Irp);
    case IRP_MN_SURPRISE_REMOVAL:
        BUG({
            NTSTATUS Status = Irp->IoStatus.Status;
            IoCompleteRequest(Irp, IO_NO_INCREMENT);
            return Status;
        })
        MENDED_BY(return Succeed(DeviceObject, Irp);)
    default: return Pass(DeviceObject, Irp);
    }
}
