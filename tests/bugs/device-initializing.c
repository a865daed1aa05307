// SPDX-License-Identifier: MIT
// finding: device-initializing after AddDevice
// The device object stays as IoCreateDevice has made it: nobody can open it.
#ifdef MENDED
#define READY(DeviceObject) ((DeviceObject)->Flags &= ~DO_DEVICE_INITIALIZING)
#else
#define READY(DeviceObject)
#endif
#include "pnp-bug.h"

static NTSTATUS BugPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MinorFunction)
{
    return MinorFunction == IRP_MN_REMOVE_DEVICE ? Remove(DeviceObject, Irp) : Pass(DeviceObject, Irp);
}
