// SPDX-License-Identifier: MIT
// finding: irp-leak after Bug
// An IRP of the driver's own is never freed.
#include "bug.h"

static void Bug(void)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    if (Irp != NULL) {
        MENDED_BY(IoFreeIrp(Irp);)
    }
}
