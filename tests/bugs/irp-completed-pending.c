// SPDX-License-Identifier: MIT
// finding: irp-completed-pending in Complete
// A status that means "not yet" is completed with.
#include "irp-bug.h"

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    BUG(IoMarkIrpPending(Irp);)
    return Complete(Irp, BUG(STATUS_PENDING) MENDED_BY(STATUS_SUCCESS), 0);
}
