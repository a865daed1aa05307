// SPDX-License-Identifier: MIT
// The I/O manager's types.
#include "inc/kernel.h"
#include "io/pnp.h"
#include "io/wmi.h"

NTSTATUS IoInitSystem(VOID)
{
    IopInitializeTimers();
    IopInitializeFileSystems();
    NTSTATUS Status = IopInitializeDriverType();
    if (NT_SUCCESS(Status)) {
        Status = IopInitializeDeviceType();
    }
    if (NT_SUCCESS(Status)) {
        Status = IopInitializeFileType();
    }
    if (NT_SUCCESS(Status)) {
        Status = WmipInitialize();
    }
    if (NT_SUCCESS(Status)) {
        Status = PipInitialize();
    }
    return Status;
}
