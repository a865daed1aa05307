// SPDX-License-Identifier: MIT
// finding: irp-never-completed after Control
// says: IRP_MJ_DEVICE_CONTROL (control code 0x00222004)
// A request is kept, and nobody comes back to it: not on cleanup, not when it is cancelled.
#include "irp-bug.h"

static PIRP Kept;

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_BUG) {
        IoMarkIrpPending(Irp);
        Kept = Irp;
        return STATUS_PENDING;
    }
    // The client's own request, of another thread of its making, would block that thread: this one is the
    // driver's.
    KEVENT Event;
    IO_STATUS_BLOCK IoStatus;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Own = IoBuildDeviceIoControlRequest(IOCTL_BUG + 4, DeviceObject, NULL, 0, NULL, 0, FALSE, &Event,
                                             &IoStatus);
    if (Own != NULL && IoCallDriver(DeviceObject, Own) == STATUS_PENDING) {
        MENDED_BY(Complete(Kept, STATUS_SUCCESS, 0);)
    }
    return Complete(Irp, STATUS_SUCCESS, 0);
}
