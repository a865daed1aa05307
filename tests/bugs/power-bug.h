// SPDX-License-Identifier: MIT
// Function drivers with a mistake in what they do about power: the driver, but for BugPower, which a test
// defines.
#ifndef KMODE_TESTS_POWER_BUG_H
#define KMODE_TESTS_POWER_BUG_H

static NTSTATUS BugPower(PDEVICE_OBJECT DeviceObject, PIRP Irp);

#define MORE_ROUTINES(DriverObject) ((DriverObject)->MajorFunction[IRP_MJ_POWER] = BugPower)

#include "pnp-bug.h"

static NTSTATUS BugPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp, UCHAR MinorFunction)
{
    return MinorFunction == IRP_MN_REMOVE_DEVICE ? Remove(DeviceObject, Irp) : Pass(DeviceObject, Irp);
}

#endif
