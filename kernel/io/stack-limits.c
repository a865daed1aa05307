// SPDX-License-Identifier: MIT
// How much stack the caller has. Any IRQL.
#include "inc/kernel.h"

// The bounds of the stack that the caller runs on.
VOID NTAPI IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
    KiQueryStackLimits(LowLimit, HighLimit);
}

// TRUE if [RegionStart, RegionStart + RegionSize) lies on the caller's stack.
LOGICAL NTAPI IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize)
{
    ULONG_PTR Low, High;
    KiQueryStackLimits(&Low, &High);
    return RegionStart >= Low && RegionStart <= High && RegionSize <= High - RegionStart;
}
