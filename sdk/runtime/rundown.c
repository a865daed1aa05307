// SPDX-License-Identifier: MIT
// Rundown: who is within, and the end of that.
#include <ntifs.h>
#include <kmode/rundown.h>

#define ENDING 1
#define HOLDER 2

VOID NTAPI KmpRundownInit(PKMP_RUNDOWN Rundown)
{
    Rundown->State = 0;
    KeInitializeEvent(&Rundown->Left, NotificationEvent, FALSE);
}

BOOLEAN NTAPI KmpRundownAcquire(PKMP_RUNDOWN Rundown)
{
    LONG64 State = Rundown->State;

    while (!(State & ENDING)) {
        LONG64 Seen = InterlockedCompareExchange64(&Rundown->State, State + HOLDER, State);

        if (Seen == State) {
            return TRUE;
        }
        State = Seen;
    }
    return FALSE;
}

VOID NTAPI KmpRundownRelease(PKMP_RUNDOWN Rundown)
{
    // Who does not see ENDING here was gone before the wait began, and touches nothing any more.
    if (InterlockedExchangeAdd64(&Rundown->State, -HOLDER) == (HOLDER | ENDING)) {
        KeSetEvent(&Rundown->Left, IO_NO_INCREMENT, FALSE);
    }
}

VOID NTAPI KmpRundownWait(PKMP_RUNDOWN Rundown)
{
    if (InterlockedOr64(&Rundown->State, ENDING) & ~(LONG64)ENDING) {
        KeWaitForSingleObject(&Rundown->Left, Executive, KernelMode, FALSE, NULL);
    }
}

VOID NTAPI KmpRundownReopen(PKMP_RUNDOWN Rundown)
{
    KeClearEvent(&Rundown->Left);
    InterlockedAnd64(&Rundown->State, ~(LONG64)ENDING);
}
