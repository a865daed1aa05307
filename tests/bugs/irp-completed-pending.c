// SPDX-License-Identifier: MIT
// finding: irp-completed-pending in Complete
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// A status that means "not yet" is completed with.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    BUG(IoMarkIrpPending(Irp);)
    return Complete(Irp, BUG(STATUS_PENDING) MENDED_BY(STATUS_SUCCESS), 0);
}
