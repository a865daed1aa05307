// SPDX-License-Identifier: MIT
// Bitmaps: what the pages say, and every routine against an array of bytes under many seeds.
#include "test.h"

#define MAX_BITS 200
#define NONE     0xFFFFFFFFu
#define GUARD    0xA5C3A5C3u

static ULONG Words[MAX_BITS / 32 + 3];
static RTL_BITMAP Map;
static UCHAR Model[MAX_BITS];
static ULONG Size, Random;

static ULONG Next(ULONG Below)
{
    Random = Random * 1664525 + 1013904223;
    return (ULONG)(((ULONG64)(Random ^ Random >> 15) * Below) >> 32);
}

static void Make(ULONG Bits)
{
    Size = Bits;
    for (ULONG I = 0; I < RTL_NUMBER_OF(Words); ++I) {
        Words[I] = GUARD;
    }
    RtlInitializeBitMap(&Map, Words + 1, Bits);
}

// Is the bitmap the model, and the ULONG before and behind it untouched?
static BOOLEAN Agrees(void)
{
    ULONG Set = 0;

    if (Words[0] != GUARD || Words[1 + (Size + 31) / 32] != GUARD) {
        return FALSE;
    }
    for (ULONG I = 0; I < Size; ++I) {
        if (RtlTestBit(&Map, I) != Model[I] || RtlCheckBit(&Map, I) != Model[I]) {
            return FALSE;
        }
        Set += Model[I];
    }
    return RtlNumberOfSetBits(&Map) == Set && RtlNumberOfClearBits(&Map) == Size - Set;
}

static BOOLEAN ModelAre(ULONG Value, ULONG Start, ULONG Length)
{
    if (Length == 0 || (ULONG64)Start + Length > Size) {
        return FALSE;
    }
    for (ULONG I = 0; I < Length; ++I) {
        if (Model[Start + I] != Value) {
            return FALSE;
        }
    }
    return TRUE;
}

static ULONG ModelFind(ULONG Value, ULONG Count, ULONG Hint)
{
    Hint = Hint < Size ? Hint : 0;
    for (ULONG I = 0; I < Size; ++I) {
        ULONG Start = (Hint + I) % Size;
        if (ModelAre(Value, Start, Count)) {
            return Start;
        }
    }
    return NONE;
}

static void ModelFill(ULONG Value, ULONG Start, ULONG Length)
{
    for (ULONG I = 0; I < Length; ++I) {
        Model[Start + I] = (UCHAR)Value;
    }
}

static ULONG ModelRun(ULONG From, PULONG Start)
{
    ULONG Length = 0;
    while (From < Size && Model[From] != 0) {
        ++From;
    }
    *Start = From;
    while (From + Length < Size && Model[From + Length] == 0) {
        ++Length;
    }
    return Length;
}

static BOOLEAN CheckRuns(void)
{
    RTL_BITMAP_RUN Runs[MAX_BITS], All[MAX_BITS];
    ULONG Count = 0, From = 0, Start, Length, Asked = Next(12), Found, Longest = 0;

    while ((Length = ModelRun(From, &Start)) != 0) {
        All[Count].StartingIndex = Start;
        All[Count].NumberOfBits = Length;
        Count += 1;
        Longest = max(Longest, Length);
        From = Start + Length;
    }
    Found = RtlFindClearRuns(&Map, Runs, Asked, FALSE);
    if (Found != min(Asked, Count) ||
        RtlCompareMemory(Runs, All, Found * sizeof(*Runs)) != Found * sizeof(*Runs)) {
        return FALSE;
    }
    // A stable sort, longest first.
    for (ULONG I = 1; I < Count; ++I) {
        for (ULONG J = I; J != 0 && All[J - 1].NumberOfBits < All[J].NumberOfBits; --J) {
            RTL_BITMAP_RUN Run = All[J];
            All[J] = All[J - 1];
            All[J - 1] = Run;
        }
    }
    Found = RtlFindClearRuns(&Map, Runs, Asked, TRUE);
    if (Found != min(Asked, Count) ||
        RtlCompareMemory(Runs, All, Found * sizeof(*Runs)) != Found * sizeof(*Runs)) {
        return FALSE;
    }
    if (RtlFindLongestRunClear(&Map, &Start) != Longest || (Count != 0 && Start != All[0].StartingIndex)) {
        return FALSE;
    }
    Length = RtlFindFirstRunClear(&Map, &Start);
    return Length == ModelRun(0, &From) && (Length == 0 || Start == From);
}

static BOOLEAN CheckNeighbours(ULONG From)
{
    ULONG Start, Expected, Length = RtlFindNextForwardRunClear(&Map, From, &Start), Low, High;

    if (Length != ModelRun(From, &Expected) || (Length != 0 && Start != Expected)) {
        return FALSE;
    }
    High = min(From + 1, Size);
    while (High != 0 && Model[High - 1] != 0) {
        --High;
    }
    for (Low = High; Low != 0 && Model[Low - 1] == 0;) {
        --Low;
    }
    Length = RtlFindLastBackwardRunClear(&Map, From, &Start);
    return Length == High - Low && (Length == 0 || Start == Low);
}

static BOOLEAN Step(void)
{
    ULONG From = Next(Size + 3), Length = From < Size ? Next(min(Size - From, 70) + 1) : 0;
    ULONG Count = 1 + Next(Next(3) ? 8 : Size + 4), Found;

    switch (Next(9)) {
    case 0:
        RtlSetBits(&Map, From, Length);
        ModelFill(1, From, Length);
        break;
    case 1:
        RtlClearBits(&Map, From, Length);
        ModelFill(0, From, Length);
        break;
    case 2:
    case 3:
        From = Next(Size);
        RtlSetBit(&Map, From);
        Model[From] = 1;
        break;
    case 4:
    case 5:
        From = Next(Size);
        RtlClearBit(&Map, From);
        Model[From] = 0;
        break;
    case 6:
        Found = ModelFind(0, Count, From);
        if (RtlFindClearBitsAndSet(&Map, Count, From) != Found) {
            return FALSE;
        }
        ModelFill(1, Found, Found == NONE ? 0 : Count);
        break;
    case 7:
        Found = ModelFind(1, Count, From);
        if (RtlFindSetBitsAndClear(&Map, Count, From) != Found) {
            return FALSE;
        }
        ModelFill(0, Found, Found == NONE ? 0 : Count);
        break;
    default:
        if (Next(10) == 0) {
            RtlSetAllBits(&Map);
            ModelFill(1, 0, Size);
        } else if (Next(10) == 0) {
            RtlClearAllBits(&Map);
            ModelFill(0, 0, Size);
        }
    }
    From = Next(Size + 3);
    Length = Next(Size + 3);
    return Agrees() && RtlFindClearBits(&Map, Count, From) == ModelFind(0, Count, From) &&
           RtlFindSetBits(&Map, Count, From) == ModelFind(1, Count, From) &&
           RtlAreBitsClear(&Map, From, Length) == ModelAre(0, From, Length) &&
           RtlAreBitsSet(&Map, From, Length) == ModelAre(1, From, Length) &&
           RtlAreBitsSet(&Map, From, 1) == ModelAre(1, From, 1) && CheckNeighbours(From) && CheckRuns();
}

static void TestAgainstModel(void)
{
    for (ULONG Seed = 0; Seed < 200; ++Seed) {
        ULONG Steps = 0;
        Random = Seed * 2654435761u;
        Make(1 + Next(MAX_BITS));
        RtlClearAllBits(&Map);
        ModelFill(0, 0, Size);
        while (Steps < 60 && Step()) {
            ++Steps;
        }
        if (Steps != 60) {
            DbgPrint("# seed %lu, step %lu, %lu bits\n", Seed, Steps, Size);
            OK(FALSE);
            return;
        }
    }
    OK(TRUE);
}

static void TestLimits(void)
{
    ULONG Start = 7;
    RTL_BITMAP_RUN Run;

    Make(0);
    RtlSetAllBits(&Map);
    RtlClearAllBits(&Map);
    IS(Words[1], GUARD);
    IS(RtlNumberOfSetBits(&Map), 0);
    IS(RtlNumberOfClearBits(&Map), 0);
    IS(RtlFindClearBits(&Map, 1, 0), NONE);
    IS(RtlFindSetBits(&Map, 1, 0), NONE);
    IS(RtlFindFirstRunClear(&Map, &Start), 0);
    IS(RtlFindLongestRunClear(&Map, &Start), 0);
    IS(RtlFindLastBackwardRunClear(&Map, 0, &Start), 0);
    IS(RtlFindClearRuns(&Map, &Run, 1, TRUE), 0);
    OK(!RtlAreBitsSet(&Map, 0, 1));

    // RtlInitializeBitMap leaves the contents; no bits change nothing, anywhere.
    Make(40);
    IS(Map.SizeOfBitMap, 40);
    OK(Map.Buffer == Words + 1);
    RtlSetBits(&Map, 40, 0);
    RtlClearBits(&Map, 3, 0);
    IS(Words[1], GUARD);
    OK(!RtlAreBitsClear(&Map, 3, 0));
    OK(!RtlAreBitsSet(&Map, 0, 0));

    RtlSetAllBits(&Map);
    OK(RtlAreBitsSet(&Map, 0, 40));
    OK(!RtlAreBitsSet(&Map, 0, 41));
    OK(!RtlAreBitsSet(&Map, 39, 0xFFFFFFFF));
    OK(!RtlAreBitsSet(&Map, 0xFFFFFFFF, 2));
    IS(RtlFindSetBits(&Map, 40, 17), 0);
    IS(RtlFindSetBits(&Map, 41, 0), NONE);
    RtlClearBits(&Map, 10, 12);
    IS(RtlFindClearBits(&Map, 5, 12), 12);
    IS(RtlFindClearBits(&Map, 5, 20), 10);
    IS(RtlFindClearBits(&Map, 12, 15), 10); // a range across the hint
    IS(RtlFindClearBits(&Map, 0, 5), 5);
    IS(RtlFindClearBits(&Map, 5, 4000), 10);
    IS(RtlFindClearBits(&Map, 13, 0), NONE);
    IS(RtlFindClearBits(&Map, 0xFFFFFFFF, 9), NONE);
}

static void TestNumbers(void)
{
    IS(RtlNumberOfSetBitsUlongPtr(0), 0);
    IS(RtlNumberOfSetBitsUlongPtr(0x8000000000000001), 2);
    IS(RtlNumberOfSetBitsUlongPtr(~(ULONG_PTR)0), 64);
    OK(RtlFindMostSignificantBit(0) == -1);
    OK(RtlFindLeastSignificantBit(0) == -1);
    for (ULONG I = 0; I < 64; ++I) {
        OK(RtlFindMostSignificantBit((2ULL << I) - 1) == (CCHAR)I &&
           RtlFindLeastSignificantBit(~0ULL << I) == (CCHAR)I);
    }
}

TEST_DRIVER(TestLimits, TestNumbers, TestAgainstModel)
