// SPDX-License-Identifier: MIT
// Rings: of one producer and one consumer, and of many; their stress is in ring-stress.c.
#include "test.h"
#include "../failing-allocator.h"

typedef struct TRIPLE {
    ULONG64 Numbers[3];
} TRIPLE;

KM_RING_DEFINE(NumberRing, ULONG)
KM_RING_DEFINE(TripleRing, TRIPLE)
KM_RING_DEFINE(ByteRing, UCHAR)
KM_SHARED_RING_DEFINE(SharedRing, ULONG)
KM_SHARED_RING_DEFINE(SharedTripleRing, TRIPLE)

static FAILING_ALLOCATOR Failing = FAILING_ALLOCATOR_INIT;

typedef struct DECLSPEC_ALIGN(64) CACHE_LINE {
    ULONG64 Number;
} CACHE_LINE;

KM_RING_DEFINE(LineRing, CACHE_LINE)
KM_SHARED_RING_DEFINE(SharedLineRing, CACHE_LINE)

static void TestSingle(void)
{
    static ULONG Slots[4];
    NumberRing Ring;
    ULONG Number = 77, Right = 0;

    IS(NumberRingInit(&Ring, Slots, 0), STATUS_INVALID_PARAMETER);
    IS(NumberRingInit(&Ring, Slots, 3), STATUS_INVALID_PARAMETER);
    IS(NumberRingInit(&Ring, Slots, 4), STATUS_SUCCESS);
    IS(NumberRingCount(&Ring), 0);
    OK(!NumberRingPop(&Ring, &Number));
    IS(Number, 77);
    OK(NumberRingPeek(&Ring) == NULL);
    for (ULONG Index = 0; Index < 4; Index += 1) {
        Right += NumberRingPush(&Ring, Index);
        Right += NumberRingCount(&Ring) == Index + 1;
    }
    OK(!NumberRingPush(&Ring, 4));
    OK(NumberRingReserve(&Ring) == NULL);
    IS(NumberRingRefused(&Ring), 2);
    for (ULONG Index = 0; Index < 4; Index += 1) {
        Right += NumberRingPop(&Ring, &Number) && Number == Index;
    }
    OK(!NumberRingPop(&Ring, &Number));
    for (ULONG Index = 0; Index < 1000; Index += 1) {
        PULONG Slot = NumberRingReserve(&Ring);

        Right += Slot != NULL;
        *Slot = Index;
        Right += NumberRingPeek(&Ring) == NULL;
        NumberRingPublish(&Ring);
        Slot = NumberRingPeek(&Ring);
        Right += Slot != NULL && *Slot == Index;
        Right += NumberRingPeek(&Ring) == Slot;
        NumberRingDrop(&Ring);
    }
    IS(Right, 12 + 4000);
    IS(NumberRingRefused(&Ring), 2);
    NumberRingFree(&Ring);
}

static void TestShared(void)
{
    static SharedRingSlot Slots[4];
    SharedRing Ring;
    ULONG Number = 77, Right = 0;

    IS(SharedRingInit(&Ring, Slots, 0), STATUS_INVALID_PARAMETER);
    IS(SharedRingInit(&Ring, Slots, 1), STATUS_INVALID_PARAMETER);
    IS(SharedRingInit(&Ring, Slots, 6), STATUS_INVALID_PARAMETER);
    IS(SharedRingInit(&Ring, Slots, 4), STATUS_SUCCESS);
    OK(!SharedRingPop(&Ring, &Number));
    OK(!SharedRingPopAlone(&Ring, &Number));
    IS(Number, 77);
    for (ULONG Round = 0; Round < 100; Round += 1) {
        for (ULONG Index = 0; Index < 4; Index += 1) {
            Right += SharedRingPush(&Ring, Index);
            Right += SharedRingCount(&Ring) == Index + 1;
        }
        Right += !SharedRingPush(&Ring, 4);
        for (ULONG Index = 0; Index < 4; Index += 1) {
            Right += Index % 2 == 0 ? SharedRingPop(&Ring, &Number) : SharedRingPopAlone(&Ring, &Number);
            Right += Number == Index;
        }
        Right += !SharedRingPop(&Ring, &Number);
        // So that a round begins at each slot.
        Right += SharedRingPush(&Ring, 5) && SharedRingPop(&Ring, &Number) && Number == 5;
    }
    IS(Right, 100 * 19);
    IS(SharedRingRefused(&Ring), 100);
    IS(SharedRingCount(&Ring), 0);
    SharedRingFree(&Ring);
}

static void TestAllocated(void)
{
    TRIPLE Triple = {{1, 2, 3}};
    TripleRing Ring;
    SharedTripleRing Shared;
    ByteRing Bytes;
    UCHAR Byte = 0;
    ULONG Right = 0;

    IS(TripleRingCreate(&Ring, &Failing.Allocator, 7), STATUS_INVALID_PARAMETER);
    IS(SharedTripleRingCreate(&Shared, &Failing.Allocator, 1), STATUS_INVALID_PARAMETER);
    IS(TripleRingCreate(&Ring, &Failing.Allocator, (SIZE_T)1 << 62), STATUS_INSUFFICIENT_RESOURCES);
    IS(SharedTripleRingCreate(&Shared, &Failing.Allocator, (SIZE_T)1 << 62), STATUS_INSUFFICIENT_RESOURCES);
    Failing.Left = 0;
    IS(TripleRingCreate(&Ring, &Failing.Allocator, 8), STATUS_INSUFFICIENT_RESOURCES);
    IS(SharedTripleRingCreate(&Shared, &Failing.Allocator, 8), STATUS_INSUFFICIENT_RESOURCES);
    TripleRingFree(&Ring);
    SharedTripleRingFree(&Shared);
    Failing.Left = MAXULONG;

    IS(TripleRingCreate(&Ring, &Failing.Allocator, 8), STATUS_SUCCESS);
    IS(Failing.Bytes, 8 * sizeof(TRIPLE));
    IS(SharedTripleRingCreate(&Shared, &Failing.Allocator, 8), STATUS_SUCCESS);
    IS(Failing.Bytes, 8 * sizeof(TRIPLE) + 8 * sizeof(SharedTripleRingSlot));
    for (ULONG Index = 0; Index < 20; Index += 1) {
        Triple.Numbers[2] = Index;
        Right += TripleRingPush(&Ring, Triple) == (Index < 8);
        Right += SharedTripleRingPush(&Shared, Triple) == (Index < 8);
    }
    for (ULONG Index = 0; Index < 8; Index += 1) {
        Right += TripleRingPop(&Ring, &Triple) && Triple.Numbers[0] == 1 && Triple.Numbers[2] == Index;
        Right +=
            SharedTripleRingPop(&Shared, &Triple) && Triple.Numbers[0] == 1 && Triple.Numbers[2] == Index;
    }
    IS(Right, 56);
    IS(TripleRingRefused(&Ring), 12);
    IS(SharedTripleRingRefused(&Shared), 12);
    TripleRingFree(&Ring);
    SharedTripleRingFree(&Shared);

    IS(ByteRingCreate(&Bytes, &Failing.Allocator, 1), STATUS_SUCCESS);
    OK(ByteRingPush(&Bytes, 9));
    OK(!ByteRingPush(&Bytes, 8));
    OK(ByteRingPop(&Bytes, &Byte));
    IS(Byte, 9);
    OK(!ByteRingPop(&Bytes, &Byte));
    ByteRingFree(&Bytes);
    IS(Failing.Outstanding, 0);
    OK(!Failing.Misused);
}

// Slots are where their type wants them, and given back as what they were.
static void TestAligned(void)
{
    LineRing Ring;
    SharedLineRing Shared;
    CACHE_LINE Line = {1}, *Slot;

    IS(LineRingCreate(&Ring, &Failing.Allocator, 4), STATUS_SUCCESS);
    IS(SharedLineRingCreate(&Shared, &Failing.Allocator, 4), STATUS_SUCCESS);
    Slot = LineRingReserve(&Ring);
    OK(Slot != NULL && (ULONG_PTR)Slot % 64 == 0);
    IS((ULONG_PTR)Shared.Ring.Slots % 64, 0);
    OK(SharedLineRingPush(&Shared, Line));
    OK(SharedLineRingPop(&Shared, &Line));
    IS(Line.Number, 1);
    LineRingFree(&Ring);
    SharedLineRingFree(&Shared);
    IS(Failing.Outstanding, 0);
    OK(!Failing.Misused);
}

// Beside a model, which is the number of the oldest and of the next element.
static void TestModel(void)
{
    static ULONG SingleSlots[16];
    static SharedRingSlot SharedSlots[16];
    ULONG Wrong = 0;

    for (ULONG64 Seed = 0; Seed < 200; Seed += 1) {
        ULONG64 Random = Seed;
        NumberRing Single;
        SharedRing Shared;
        SIZE_T Count = (SIZE_T)2 << Seed % 4;
        ULONG Next = 0, Oldest = 0, Refused = 0;

        (void)NumberRingInit(&Single, SingleSlots, Count);
        (void)SharedRingInit(&Shared, SharedSlots, Count);
        for (ULONG Index = 0; Index < 500; Index += 1) {
            ULONG One = MAXULONG, Other = MAXULONG;

            if (TestRandom(&Random) % (Index / 100 % 2 ? 3 : 2) != 0) {
                BOOLEAN Fits = Next - Oldest < Count;

                Wrong += NumberRingPush(&Single, Next) != Fits;
                Wrong += SharedRingPush(&Shared, Next) != Fits;
                Next += Fits;
                Refused += !Fits;
            } else {
                BOOLEAN Any = Next != Oldest;

                Wrong += NumberRingPop(&Single, &One) != Any;
                Wrong += (TestRandom(&Random) % 2 ? SharedRingPop(&Shared, &Other)
                                                  : SharedRingPopAlone(&Shared, &Other)) != Any;
                Wrong += Any && (One != Oldest || Other != Oldest);
                Oldest += Any;
            }
            Wrong += NumberRingCount(&Single) != Next - Oldest || SharedRingCount(&Shared) != Next - Oldest;
        }
        Wrong += NumberRingRefused(&Single) != Refused || SharedRingRefused(&Shared) != Refused;
    }
    IS(Wrong, 0);
}

TEST_DRIVER(TestSingle, TestShared, TestAllocated, TestAligned, TestModel)
