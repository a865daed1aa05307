// SPDX-License-Identifier: MIT
// Nanoseconds of the performance counter, and stop-watches.
#include <kmode.h>

#define NANOSECONDS_IN_SECOND 1000000000ULL

ULONG64 NTAPI KmNanoseconds(VOID)
{
    LARGE_INTEGER Frequency, Counter = KeQueryPerformanceCounter(&Frequency);
    ULONG64 Count = (ULONG64)Counter.QuadPart, PerSecond = (ULONG64)Frequency.QuadPart;

    // In two parts: the whole product is more than 64 bits hold after half an hour at 10 MHz.
    return Count / PerSecond * NANOSECONDS_IN_SECOND + Count % PerSecond * NANOSECONDS_IN_SECOND / PerSecond;
}

VOID NTAPI KmStopwatchStart(PKM_STOPWATCH Watch)
{
    if (Watch->Since == 0) {
        Watch->Since = max(KmNanoseconds(), 1);
    }
}

ULONG64 NTAPI KmStopwatchRead(const KM_STOPWATCH *Watch)
{
    return Watch->Measured + (Watch->Since != 0 ? KmNanoseconds() - Watch->Since : 0);
}

VOID NTAPI KmStopwatchStop(PKM_STOPWATCH Watch)
{
    Watch->Measured = KmStopwatchRead(Watch);
    Watch->Since = 0;
}
