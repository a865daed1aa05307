// SPDX-License-Identifier: MIT
// What becomes of system power IRPs in a stack.
#include "inc/kernel.h"
#include "verify/system-power.h"

static struct {
    PIRP Irp; // NULL: none is under way
    PDEVICE_OBJECT PhysicalDeviceObject;
    volatile BOOLEAN Reached; // its driver has been given it
    UNICODE_STRING Top;       // name of the driver of the top of the stack
} ViPower;

VOID ViBeginPower(PDEVICE_OBJECT PhysicalDeviceObject, PIRP Irp)
{
    ViPower.PhysicalDeviceObject = PhysicalDeviceObject;
    ViPower.Reached = FALSE;
    KIRQL OldIrql = IopLockDatabase();
    ViPower.Top = IopTopOfStack(PhysicalDeviceObject)->DriverObject->DriverName;
    IopUnlockDatabase(OldIrql);
    ViPower.Irp = Irp;
}

VOID ViNotePowerSent(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    if (Irp == ViPower.Irp && DeviceObject == ViPower.PhysicalDeviceObject) {
        ViPower.Reached = TRUE;
    }
}

VOID ViEndPower(UCHAR MinorFunction)
{
    PIRP Irp = ViPower.Irp;
    VI_STACK Completed;
    NTSTATUS Status = Irp->IoStatus.Status;
    BOOLEAN Known = ViWhereCompleted(Irp, &Completed);
    // A query may be failed by any driver, and goes no further then.
    if (MinorFunction == IRP_MN_SET_POWER && !NT_SUCCESS(Status)) {
        ViReportLeft(ViPowerIrpFailed, Known ? &Completed : NULL,
                     "IRP_MN_SET_POWER of a system state ended with status 0x%08lX in the stack under %wZ, "
                     "and may not be failed",
                     Status, &ViPower.Top);
    } else if (NT_SUCCESS(Status) && !ViPower.Reached) {
        ViReportLeft(ViPowerIrpNotPassed, Known ? &Completed : NULL,
                     "%s of a system state was completed in the stack under %wZ, and has not reached the bus "
                     "driver: each driver passes it down",
                     MinorFunction == IRP_MN_SET_POWER ? "IRP_MN_SET_POWER" : "IRP_MN_QUERY_POWER",
                     &ViPower.Top);
    }
    ViPower.Irp = NULL;
}

VOID ViReportPowerHeld(PIRP Irp, PCSTR Kind, ULONG Seconds)
{
    VI_STACK Routine;
    BOOLEAN Known = ViWhoHas(Irp, &Routine);
    ViReportLeft(
        ViPowerIrpHeld, Known ? &Routine : NULL,
        "the power IRP at %p about a %s state is held for %lu seconds: the driver that has it completes "
        "it or passes it down in time",
        Irp, Kind, Seconds);
}
