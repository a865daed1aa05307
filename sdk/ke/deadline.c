// SPDX-License-Identifier: MIT
// Deadlines.
#include <kmode.h>

#define NEVER 0x7FFFFFFFFFFFFFFFLL

KM_DEADLINE NTAPI KmDeadlineIn(ULONG Milliseconds)
{
    return Milliseconds != KM_WAIT_FOREVER ? KmTimeSinceStart() + (LONG64)Milliseconds * KM_TIME_MILLISECOND
                                           : NEVER;
}

BOOLEAN NTAPI KmDeadlineHasPassed(KM_DEADLINE Deadline)
{
    return (BOOLEAN)(Deadline != NEVER && KmTimeSinceStart() >= Deadline);
}

ULONG NTAPI KmDeadlineRemaining(KM_DEADLINE Deadline)
{
    LONG64 Left;

    if (Deadline == NEVER) {
        return KM_WAIT_FOREVER;
    }
    Left = Deadline - KmTimeSinceStart();
    if (Left <= 0) {
        return 0;
    }
    return (ULONG)min((Left + KM_TIME_MILLISECOND - 1) / KM_TIME_MILLISECOND, (LONG64)KM_WAIT_FOREVER - 1);
}
