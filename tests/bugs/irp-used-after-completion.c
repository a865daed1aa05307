// SPDX-License-Identifier: MIT
// finding: irp-used-after-completion in Control after Complete
// The IRP belongs to nobody when it has been completed.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    Complete(Irp, STATUS_SUCCESS, 0);
    BUG(DbgPrint("0x%x\n", *(volatile NTSTATUS *)&Irp->IoStatus.Status);)
    return STATUS_PENDING;
}
