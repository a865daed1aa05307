// SPDX-License-Identifier: MIT
// System power IRPs: whether each driver of a stack passes them on, and none fails one that may not be
// failed.
#ifndef KMODE_VERIFY_SYSTEM_POWER_H
#define KMODE_VERIFY_SYSTEM_POWER_H

// Irp, about the system's power, is about to be sent to the stack on PhysicalDeviceObject. The power manager
// has one such under way at a time.
VOID ViBeginPower(PDEVICE_OBJECT PhysicalDeviceObject, PIRP Irp);
// It has ended. MinorFunction: IRP_MN_QUERY_POWER or IRP_MN_SET_POWER.
VOID ViEndPower(UCHAR MinorFunction);

// Irp, about the power of a Kind ("system"), has been under way for Seconds, and no longer.
VOID ViReportPowerHeld(PIRP Irp, PCSTR Kind, ULONG Seconds);

// Irp, whichever it is, is about to be given to DeviceObject's driver. IRQL <= DISPATCH_LEVEL.
VOID ViNotePowerSent(PDEVICE_OBJECT DeviceObject, PIRP Irp);

#endif
