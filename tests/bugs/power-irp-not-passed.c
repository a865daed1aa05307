// SPDX-License-Identifier: MIT
// finding: power-irp-not-passed after BugPower
// kmode run: --suspend S3
// A driver that does not mind takes that for its device's answer.
#include <ntddk.h>
#include "power-bug.h"

static NTSTATUS BugPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
#ifdef MENDED
    return Pass(DeviceObject, Irp);
#else
    if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_SET_POWER) {
        return Pass(DeviceObject, Irp);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
#endif
}
