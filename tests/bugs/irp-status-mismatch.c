// SPDX-License-Identifier: MIT
// finding: irp-status-mismatch after Complete
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// The request fails and the dispatch routine says that it has succeeded.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    NTSTATUS Status = Complete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    BUG(Status = STATUS_SUCCESS;)
    return Status;
}
