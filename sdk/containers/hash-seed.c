// SPDX-License-Identifier: MIT
// A number that is hard to guess, without a generator of random numbers: those of Windows are other drivers'.
#include <kmode.h>
#include "runtime/security-cookie.h"

static volatile LONG Calls;

ULONG64 NTAPI KmHashSeed(VOID)
{
    LARGE_INTEGER Counter = KeQueryPerformanceCounter(NULL), Time = {{0, 0}};
    ULONG64 Seed = __security_cookie;

    KeQuerySystemTime(&Time);
    Seed = KmpFoldedMultiply(Seed ^ (ULONG64)Counter.QuadPart, 0x9E3779B97F4A7C15);
    Seed = KmpFoldedMultiply(Seed ^ (ULONG64)Time.QuadPart, 0xBF58476D1CE4E5B9);
    Seed = KmpFoldedMultiply(Seed ^ (ULONG_PTR)&Counter, 0x94D049BB133111EB);
    return KmpFoldedMultiply(Seed ^ KeQueryInterruptTime(), 0xD1B54A32D192ED03) +
           (ULONG64)InterlockedIncrement(&Calls);
}
