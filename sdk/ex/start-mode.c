// SPDX-License-Identifier: MIT
// How the system was started, and who looks on.
#include <kmode.h>

BOOLEAN NTAPI KmIsDebuggerPresent(VOID)
{
    return (BOOLEAN)!KdRefreshDebuggerNotPresent();
}

ULONG NTAPI KmSafeBootMode(VOID)
{
    return *InitSafeBootMode;
}
