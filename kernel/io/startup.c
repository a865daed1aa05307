// SPDX-License-Identifier: MIT
// The I/O manager's types.
#include "inc/kernel.h"

NTSTATUS IoInitSystem(VOID)
{
    IopInitializeTimers();
    NTSTATUS Status = IopInitializeDriverType();
    if (NT_SUCCESS(Status)) {
        Status = IopInitializeDeviceType();
    }
    if (NT_SUCCESS(Status)) {
        Status = IopInitializeFileType();
    }
    return Status;
}
