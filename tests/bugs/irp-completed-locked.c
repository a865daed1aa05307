// SPDX-License-Identifier: MIT
// finding: irp-completed-locked in Complete after Control
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222000)
// A request is completed under the lock that guards the queue it comes from.
#include "irp-bug.h"

static KSPIN_LOCK Lock;

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL OldIrql;
    UNREFERENCED_PARAMETER(DeviceObject);
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &OldIrql);
    MENDED_BY(KeReleaseSpinLock(&Lock, OldIrql);)
    NTSTATUS Status = Complete(Irp, STATUS_SUCCESS, 0);
    BUG(KeReleaseSpinLock(&Lock, OldIrql);)
    return Status;
}
