// SPDX-License-Identifier: MIT
// finding: power-irp-held after BugPower
// kmode run: --suspend S3
// The driver means to complete it later, and does not.
#include <ntddk.h>
#include "power-bug.h"

static NTSTATUS BugPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MinorFunction == IRP_MN_SET_POWER &&
        Stack->Parameters.Power.State.SystemState != PowerSystemWorking) {
        BUG({
            IoMarkIrpPending(Irp);
            return STATUS_PENDING;
        })
    }
    return Pass(DeviceObject, Irp);
}
