// SPDX-License-Identifier: MIT
// finding: irp-completed-twice in Control after Complete
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// The helper has completed the request, and so does its caller.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    NTSTATUS Status = Complete(Irp, STATUS_SUCCESS, 0);
    BUG(IoCompleteRequest(Irp, IO_NO_INCREMENT);)
    return Status;
}
