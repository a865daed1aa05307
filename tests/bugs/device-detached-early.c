// SPDX-License-Identifier: MIT
// finding: device-detached-early after AddDevice
// The device is deleted as soon as it is pulled out: IRP_MN_REMOVE_DEVICE finds nobody any more.
#include "pnp-bug.h"

static NTSTATUS BugPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MinorFunction)
{
    switch (MinorFunction) {
    case IRP_MN_REMOVE_DEVICE: return Remove(DeviceObject, Irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        Irp->IoStatus.Information |= PNP_DEVICE_FAILED; // what follows is a surprise removal
        return Succeed(DeviceObject, Irp);
    case IRP_MN_SURPRISE_REMOVAL:
        BUG(return Remove(DeviceObject, Irp);)
        MENDED_BY(return Succeed(DeviceObject, Irp);)
    default: return Pass(DeviceObject, Irp);
    }
}
