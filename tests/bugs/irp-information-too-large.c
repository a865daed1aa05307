// SPDX-License-Identifier: MIT
// finding: irp-information-too-large in Complete
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// The driver tells the size of its structure, whatever room the caller has.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, BUG(16) MENDED_BY(8));
}
