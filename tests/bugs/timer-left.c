// SPDX-License-Identifier: MIT
// finding: timer-left after Bug
// A periodic timer goes on when the driver has gone.
#include "bug.h"

static KTIMER Timer;

static void Bug(void)
{
    LARGE_INTEGER Due = {.QuadPart = -10000000};
    KeInitializeTimer(&Timer);
    KeSetTimerEx(&Timer, Due, 1000, NULL);
    MENDED_BY(KeCancelTimer(&Timer);)
}
