// SPDX-License-Identifier: MIT
// The power manager's routines whose IRQL limit depends on what they are called for.
#include "inc/kernel.h"

// Only a device that is at full power again may be told of at DISPATCH_LEVEL.
POWER_STATE NTAPI ViSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State)
{
    BOOLEAN ToFullPower = Type == DevicePowerState && State.DeviceState == PowerDeviceD0;
    if (KiGetIrql() == DISPATCH_LEVEL && !ToFullPower) {
        ViReportIrqlTooHigh("PoSetPowerState", " for a state other than D0", APC_LEVEL);
    }
    return PoSetPowerState(DeviceObject, Type, State);
}

// Skipped or copied, the next stack location still names the device that sends the request on.
static BOOLEAN ViIsSenderPagable(PIRP Irp)
{
    PDEVICE_OBJECT Sender = IoGetNextIrpStackLocation(Irp)->DeviceObject;
    return Sender != NULL && Sender->Type == IO_TYPE_DEVICE &&
           (Sender->Flags & (DO_POWER_PAGABLE | DO_POWER_INRUSH)) == DO_POWER_PAGABLE;
}

NTSTATUS NTAPI ViPoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    if (KiGetIrql() == DISPATCH_LEVEL && Irp->CurrentLocation > 1 && ViIsSenderPagable(Irp)) {
        ViReportIrqlTooHigh("PoCallDriver", " for a device with DO_POWER_PAGABLE", PASSIVE_LEVEL);
    }
    return PoCallDriver(DeviceObject, Irp);
}
