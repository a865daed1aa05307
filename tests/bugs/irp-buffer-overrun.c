// SPDX-License-Identifier: MIT
// finding: pool-overrun in Control
// More is written to the system buffer than the caller has room for.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    volatile ULONG64 *Answer = Irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(DeviceObject);
    Answer[0] = 1;
    BUG(Answer[1] = 2; Answer[2] = 3;)
    return Complete(Irp, STATUS_SUCCESS, 8);
}
