// SPDX-License-Identifier: MIT
// finding: power-irp-failed after BugPower
// kmode run: --suspend S3
// A driver that knows nothing of power completes what it is told as it came, STATUS_NOT_SUPPORTED.
#include <ntddk.h>
#include "power-bug.h"

static NTSTATUS BugPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
#ifdef MENDED
    return Pass(DeviceObject, Irp);
#else
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MinorFunction == IRP_MN_QUERY_POWER ||
        Stack->Parameters.Power.State.SystemState == PowerSystemWorking) {
        return Pass(DeviceObject, Irp);
    }
    NTSTATUS Status = Irp->IoStatus.Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
#endif
}
