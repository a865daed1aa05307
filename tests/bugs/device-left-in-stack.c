// SPDX-License-Identifier: MIT
// finding: device-left-attached after AddDevice
// The removed device stays where it is; the unload routine, later, is too late.
#include "pnp-bug.h"

static NTSTATUS BugPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MinorFunction)
{
    if (MinorFunction != IRP_MN_REMOVE_DEVICE) {
        return Pass(DeviceObject, Irp);
    }
    MENDED_BY(return Remove(DeviceObject, Irp);)
    BUG(return Succeed(DeviceObject, Irp);)
}
