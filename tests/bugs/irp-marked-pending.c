// SPDX-License-Identifier: MIT
// finding: irp-marked-pending after Control
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// The request is marked pending and completed at once, and the status returned is not STATUS_PENDING.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    BUG(IoMarkIrpPending(Irp);)
    return Complete(Irp, STATUS_SUCCESS, 0);
}
