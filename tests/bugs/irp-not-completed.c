// SPDX-License-Identifier: MIT
// finding: irp-not-completed after Control
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// A control code that is not known is refused, and its IRP forgotten.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    BUG(UNREFERENCED_PARAMETER(Irp);)
    BUG(return STATUS_INVALID_DEVICE_REQUEST;)
    MENDED_BY(return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);)
}
