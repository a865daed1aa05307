// SPDX-License-Identifier: MIT
// RtlRandom and RtlRandomEx: range, repetition, distribution.
#include "test.h"

#define BUCKETS 64
#define DRAWS   (BUCKETS * 2000)

static ULONG Counts[BUCKETS];

static void Check(ULONG(NTAPI *Random)(PULONG), ULONG FirstSeed)
{
    ULONG Seed = FirstSeed, Again = FirstSeed, OutOfRange = 0, Different = 0, Repeated = 0, Uneven = 0,
          Last = ~0u;

    RtlZeroMemory(Counts, sizeof(Counts));
    for (ULONG I = 0; I < DRAWS; ++I) {
        ULONG Number = Random(&Seed);
        OutOfRange += Number > MAXLONG - 1;
        Different += Random(&Again) != Number || Again != Seed;
        Repeated += Number == Last;
        Last = Number;
        Counts[(Number >> 25) % BUCKETS] += 1;
    }
    for (ULONG I = 0; I < BUCKETS; ++I) {
        Uneven += Counts[I] < 1700 || Counts[I] > 2300; // 2000, and more than six deviations of 45 either way
    }
    IS(OutOfRange, 0);
    IS(Different, 0);
    OK(Repeated < 2);
    IS(Uneven, 0);
    OK(Seed != FirstSeed);
}

static void TestRandom(void)
{
    static const ULONG Seeds[] = {0, 1, 2, 0x7FFFFFFE, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 12345};

    for (ULONG I = 0; I < RTL_NUMBER_OF(Seeds); ++I) {
        Check(RtlRandom, Seeds[I]);
        Check(RtlRandomEx, Seeds[I]);
    }
}

static void TestSeedsDiffer(void)
{
    ULONG One = 1, Two = 2;

    OK(RtlRandom(&One) != RtlRandom(&Two));
    One = 1;
    Two = 2;
    OK(RtlRandomEx(&One) != RtlRandomEx(&Two));
}

TEST_DRIVER(TestRandom, TestSeedsDiffer)
