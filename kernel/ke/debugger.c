// SPDX-License-Identifier: MIT
// What drivers read about a debugger and about how the system was started, as variables.
#include "inc/kernel.h"

BOOLEAN KdDebuggerEnabled = FALSE;
BOOLEAN KdDebuggerNotPresent = TRUE;
BOOLEAN KdEnteredDebugger = FALSE;
BOOLEAN KdEventLoggingEnabled = FALSE;
ULONG InitSafeBootMode = 0; // not safe mode
ULONG NtGlobalFlag = 0;     // nothing that gflags would set

// TRUE: no debugger is there now. Any IRQL. (ntddk, KdRefreshDebuggerNotPresent)
BOOLEAN NTAPI KdRefreshDebuggerNotPresent(VOID)
{
    return KdDebuggerNotPresent;
}
