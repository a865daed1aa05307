// SPDX-License-Identifier: MIT
// Random numbers from a seed that the caller keeps: the same seed gives the same number.
#include "inc/kernel.h"

#define MODULUS    MAXLONG // 2^31 - 1, a prime: remainders are 0 to MAXLONG - 1
#define MULTIPLIER 48271   // a primitive root of it, so that every seed but one is on one cycle
#define INCREMENT  11

// 0 to MAXLONG - 1; *Seed becomes the next seed. Any IRQL if it is resident.
ULONG NTAPI RtlRandom(PULONG Seed)
{
    ULONG Number = (ULONG)(((ULONGLONG)*Seed * MULTIPLIER + INCREMENT) % MODULUS);

    if (Number == *Seed) {
        Number = (Number + 1) % MODULUS; // the one seed that gives itself joins the cycle
    }
    *Seed = Number;
    return Number;
}

// Likewise. Seeds are counted up by an odd constant, so that all 2^32 of them come before one comes again.
ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    ULONG Mixed = *Seed += 0x9E3779B9;

    Mixed = (Mixed ^ Mixed >> 16) * 0x85EBCA6B;
    Mixed = (Mixed ^ Mixed >> 13) * 0xC2B2AE35;
    Mixed ^= Mixed >> 16;
    return (ULONG)((ULONGLONG)Mixed * MODULUS >> 32);
}
