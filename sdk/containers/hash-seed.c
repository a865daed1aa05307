// SPDX-License-Identifier: MIT
// A number that is hard to guess, without a generator of random numbers: those of Windows are other drivers'.
#include <kmode.h>
#include "runtime/security-cookie.h"

static volatile LONG64 Secret;
static volatile LONG Calls;

static ULONG64 DrawSecret(VOID)
{
    LARGE_INTEGER Counter = KeQueryPerformanceCounter(NULL), Time = {{0, 0}};
    ULONG64 Drawn = __security_cookie, Uptime = KeQueryInterruptTime();

    KMP_OPAQUE(Uptime); // as in KmpIsWindows
    KeQuerySystemTime(&Time);
    Drawn = KmpFoldedMultiply(Drawn ^ (ULONG64)Counter.QuadPart, 0x9E3779B97F4A7C15);
    Drawn = KmpFoldedMultiply(Drawn ^ (ULONG64)Time.QuadPart, 0xBF58476D1CE4E5B9);
    Drawn = KmpFoldedMultiply(Drawn ^ (ULONG_PTR)&Counter, 0x94D049BB133111EB);
    return KmpFoldedMultiply(Drawn ^ Uptime, 0xD1B54A32D192ED03) | 1;
}

ULONG64 NTAPI KmHashSeed(VOID)
{
    // Drawn once: where two draw at once, the first counts.
    if (Secret == 0) {
        (void)InterlockedCompareExchange64(&Secret, (LONG64)DrawSecret(), 0);
    }
    return KmpFoldedMultiply((ULONG64)Secret + (ULONG64)InterlockedIncrement(&Calls) * 0x9E3779B97F4A7C15,
                             0xBF58476D1CE4E5B9 ^ (ULONG64)Secret);
}
