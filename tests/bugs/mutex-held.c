// SPDX-License-Identifier: MIT
// finding: critical-region-held after DriverEntry
// DriverEntry returns with a mutex held, within which no normal kernel APC is delivered.
#include "bug.h"

static KMUTEX Mutex;

static void Bug(void)
{
    KeInitializeMutex(&Mutex, 0);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    MENDED_BY(KeReleaseMutex(&Mutex, FALSE);)
}
