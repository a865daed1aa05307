// SPDX-License-Identifier: MIT
// KM_VEC: each routine, and each with every allocation failing once.
#include "test.h"
#include "../failing-allocator.h"

typedef KM_VEC(ULONG) ULONG_VEC;

typedef struct LARGE_ELEMENT {
    ULONG Number;
    UCHAR Filler[200];
} LARGE_ELEMENT;
typedef KM_VEC(LARGE_ELEMENT) LARGE_VEC;

static FAILING_ALLOCATOR Memory = FAILING_ALLOCATOR_INIT;
static ULONG_VEC AtStart = KM_VEC_INIT(&Memory.Allocator);

// Whether the vec has these numbers.
static BOOLEAN Has(ULONG_VEC *Vec, SIZE_T Count, const ULONG *Numbers)
{
    return KmVecCount(Vec) == Count &&
           (Count == 0 ||
            RtlCompareMemory(Vec->Elements, Numbers, Count * sizeof(ULONG)) == Count * sizeof(ULONG));
}
#define HAS(Vec, ...)                                                                                        \
    OK(Has((Vec), sizeof((const ULONG[]){__VA_ARGS__}) / sizeof(ULONG), (const ULONG[]){__VA_ARGS__}))
#define FILL(Vec, ...)                                                                                       \
    (KmVecClear(Vec), (void)KmVecExtend((Vec), ((const ULONG[]){__VA_ARGS__}),                               \
                                        sizeof((const ULONG[]){__VA_ARGS__}) / sizeof(ULONG)))

static VOID Done(ULONG_VEC *Vec)
{
    KmVecFree(Vec);
    OK(KmVecIsEmpty(Vec) && Vec->Elements == NULL && KmVecCapacity(Vec) == 0);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

static void TestPushAndIndex(void)
{
    ULONG_VEC Vec;
    ULONG Number = 99;
    SIZE_T Index;

    KmVecInit(&Vec, &Memory.Allocator);
    OK(KmVecIsEmpty(&Vec));
    IS(KmVecCount(&Vec), 0);
    IS(KmVecCapacity(&Vec), 0);
    OK(KmVecFirst(&Vec) == NULL && KmVecLast(&Vec) == NULL);
    IS(KmVecPop(&Vec, &Number), STATUS_NO_MORE_ENTRIES);
    IS(KmVecGet(&Vec, 0, &Number), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecSet(&Vec, 0, Number), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(Number, 99);
    FailingArm(&Memory, 0);
    for (Index = 0; Index < 1000; Index += 1) {
        if (KmVecPush(&Vec, (ULONG)(Index * 3)) != STATUS_SUCCESS) {
            break;
        }
    }
    IS(Index, 1000);
    IS(KmVecCount(&Vec), 1000);
    OK(KmVecCapacity(&Vec) >= 1000 && KmVecCapacity(&Vec) <= 2000);
    // Doubled from 16 on: 16, 32, ... 1024.
    IS(Memory.Calls, 7);
    for (Index = 0; Index < 1000 && KmVecAt(&Vec, Index) == Index * 3; Index += 1) {
    }
    IS(Index, 1000);
    IS(*KmVecFirst(&Vec), 0);
    IS(*KmVecLast(&Vec), 2997);
    IS(KmVecGet(&Vec, 999, &Number), STATUS_SUCCESS);
    IS(Number, 2997);
    IS(KmVecGet(&Vec, 1000, &Number), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecGet(&Vec, (SIZE_T)-1, &Number), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecSet(&Vec, 1, 17), STATUS_SUCCESS);
    IS(KmVecSet(&Vec, 1000, 17), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecAt(&Vec, 1), 17);
    KmVecAt(&Vec, 1) = 3;
    for (Index = 1000; Index > 0 && KmVecPop(&Vec, &Number) == STATUS_SUCCESS; Index -= 1) {
        if (Number != (Index - 1) * 3) {
            break;
        }
    }
    IS(Index, 0);
    OK(KmVecIsEmpty(&Vec) && KmVecCapacity(&Vec) >= 1000);
    // A push of one of its own, when it must grow.
    IS(KmVecShrink(&Vec), STATUS_SUCCESS);
    IS(Memory.Outstanding, 0);
    for (Index = 0; Index < 16; Index += 1) {
        (void)KmVecPush(&Vec, (ULONG)Index + 100);
    }
    IS(KmVecCapacity(&Vec), 16);
    IS(KmVecPush(&Vec, KmVecAt(&Vec, 7)), STATUS_SUCCESS);
    IS(KmVecAt(&Vec, 16), 107);
    Done(&Vec);
    IS(KmVecPush(&AtStart, 5), STATUS_SUCCESS);
    HAS(&AtStart, 5);
    Done(&AtStart);
}

// What is put in may be had through a pointer to the vec's own memory, which moves when it grows.
static void TestOwnElements(void)
{
    ULONG_VEC Vec;
    LARGE_VEC Large;
    LARGE_ELEMENT Element = {7, {0}};
    ULONG Right = 0;

    KmVecInit(&Vec, &Memory.Allocator);
    FailingArm(&Memory, 0);
    IS(KmVecPush(&Vec, 7), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < 200; Index += 1) {
        PULONG First = KmVecFirst(&Vec), Last = KmVecLast(&Vec);

        Right += KmVecPush(&Vec, *First) == STATUS_SUCCESS && *KmVecLast(&Vec) == 7;
        Last = KmVecLast(&Vec);
        Right += KmVecInsert(&Vec, 0, *Last) == STATUS_SUCCESS && KmVecAt(&Vec, 0) == 7;
    }
    IS(Right, 400);
    Done(&Vec);

    KmVecInit(&Large, &Memory.Allocator);
    IS(KmVecPush(&Large, Element), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < 200; Index += 1) {
        LARGE_ELEMENT *First = KmVecFirst(&Large);

        Right += KmVecPush(&Large, *First) == STATUS_SUCCESS && KmVecLast(&Large)->Number == 7;
    }
    IS(Right, 600);
    KmVecFree(&Large);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

static void TestInsertAndRemove(void)
{
    ULONG_VEC Vec = KM_VEC_INIT(&Memory.Allocator);
    ULONG Number = 0;

    FailingArm(&Memory, 0);
    IS(KmVecInsert(&Vec, 1, 9), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecCount(&Vec), 0);
    IS(KmVecCapacity(&Vec), 0);
    IS(Memory.Calls, 0);
    IS(KmVecInsert(&Vec, 0, 1), STATUS_SUCCESS);
    IS(KmVecInsert(&Vec, 0, 2), STATUS_SUCCESS);
    IS(KmVecInsert(&Vec, 2, 3), STATUS_SUCCESS);
    IS(KmVecInsert(&Vec, 1, 4), STATUS_SUCCESS);
    IS(KmVecInsert(&Vec, 5, 9), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecInsert(&Vec, (SIZE_T)-1, 9), STATUS_ARRAY_BOUNDS_EXCEEDED);
    HAS(&Vec, 2, 4, 1, 3);
    // One of its own, behind the place.
    IS(KmVecInsert(&Vec, 0, KmVecAt(&Vec, 3)), STATUS_SUCCESS);
    HAS(&Vec, 3, 2, 4, 1, 3);
    IS(KmVecRemove(&Vec, 5), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecRemove(&Vec, 0), STATUS_SUCCESS);
    IS(KmVecRemove(&Vec, 3), STATUS_SUCCESS);
    IS(KmVecRemove(&Vec, 1), STATUS_SUCCESS);
    HAS(&Vec, 2, 1);
    IS(KmVecTake(&Vec, 2, &Number), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecTake(&Vec, 0, &Number), STATUS_SUCCESS);
    IS(Number, 2);
    HAS(&Vec, 1);

    FILL(&Vec, 1, 2, 3, 4);
    IS(KmVecSwapRemove(&Vec, 4), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecSwapRemove(&Vec, 1), STATUS_SUCCESS);
    HAS(&Vec, 1, 4, 3);
    IS(KmVecSwapRemove(&Vec, 2), STATUS_SUCCESS);
    HAS(&Vec, 1, 4);
    IS(KmVecSwap(&Vec, 0, 1), STATUS_SUCCESS);
    IS(KmVecSwap(&Vec, 1, 1), STATUS_SUCCESS);
    IS(KmVecSwap(&Vec, 0, 2), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecSwap(&Vec, 2, 0), STATUS_ARRAY_BOUNDS_EXCEEDED);
    HAS(&Vec, 4, 1);

    FILL(&Vec, 1, 2, 3, 4, 5);
    IS(KmVecRemoveMany(&Vec, 5, 1), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecRemoveMany(&Vec, 6, 0), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecRemoveMany(&Vec, 3, 3), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecRemoveMany(&Vec, 1, (SIZE_T)-1), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecRemoveMany(&Vec, 5, 0), STATUS_SUCCESS);
    HAS(&Vec, 1, 2, 3, 4, 5);
    IS(KmVecRemoveMany(&Vec, 1, 2), STATUS_SUCCESS);
    HAS(&Vec, 1, 4, 5);
    IS(KmVecRemoveMany(&Vec, 1, 2), STATUS_SUCCESS);
    HAS(&Vec, 1);
    Done(&Vec);
}

static void TestMany(void)
{
    static const ULONG Source[] = {7, 8, 9};
    ULONG_VEC Vec = KM_VEC_INIT(&Memory.Allocator), Other = KM_VEC_INIT(&Memory.Allocator);
    PULONG Elements;
    SIZE_T Capacity;

    FailingArm(&Memory, 0);
    IS(KmVecExtend(&Vec, Source, 0), STATUS_SUCCESS);
    IS(Memory.Calls, 0);
    IS(KmVecExtend(&Vec, Source, 3), STATUS_SUCCESS);
    IS(KmVecInsertMany(&Vec, 4, Source, 3), STATUS_ARRAY_BOUNDS_EXCEEDED);
    IS(KmVecInsertMany(&Vec, 0, Source, 2), STATUS_SUCCESS);
    IS(KmVecInsertMany(&Vec, 4, Source, 1), STATUS_SUCCESS);
    HAS(&Vec, 7, 8, 7, 8, 7, 9);
    IS(KmVecExtend(&Vec, Source, (SIZE_T)-1 / 2), STATUS_INSUFFICIENT_RESOURCES);
    IS(KmVecInsertMany(&Vec, 0, Source, (SIZE_T)-1), STATUS_INSUFFICIENT_RESOURCES);
    HAS(&Vec, 7, 8, 7, 8, 7, 9);

    // Its own elements: before, behind and across the place, in the room there is and in new room.
    for (SIZE_T Reserved = 0; Reserved < 2; Reserved += 1) {
        FILL(&Vec, 1, 2, 3, 4);
        (void)(Reserved ? KmVecReserve(&Vec, 100) : KmVecShrink(&Vec));
        IS(KmVecInsertMany(&Vec, 1, Vec.Elements, 3), STATUS_SUCCESS);
        HAS(&Vec, 1, 1, 2, 3, 2, 3, 4);
        FILL(&Vec, 1, 2, 3, 4);
        (void)(Reserved ? KmVecReserve(&Vec, 100) : KmVecShrink(&Vec));
        IS(KmVecInsertMany(&Vec, 3, Vec.Elements, 2), STATUS_SUCCESS);
        HAS(&Vec, 1, 2, 3, 1, 2, 4);
        FILL(&Vec, 1, 2, 3, 4);
        (void)(Reserved ? KmVecReserve(&Vec, 100) : KmVecShrink(&Vec));
        IS(KmVecInsertMany(&Vec, 1, Vec.Elements + 2, 2), STATUS_SUCCESS);
        HAS(&Vec, 1, 3, 4, 2, 3, 4);
        FILL(&Vec, 1, 2, 3, 4);
        (void)(Reserved ? KmVecReserve(&Vec, 100) : KmVecShrink(&Vec));
        IS(KmVecExtend(&Vec, Vec.Elements, 4), STATUS_SUCCESS);
        HAS(&Vec, 1, 2, 3, 4, 1, 2, 3, 4);
    }

    FILL(&Vec, 1, 2);
    IS(KmVecResize(&Vec, 4), STATUS_SUCCESS);
    HAS(&Vec, 1, 2, 0, 0);
    IS(KmVecResize(&Vec, (SIZE_T)-1), STATUS_INSUFFICIENT_RESOURCES);
    IS(KmVecResize(&Vec, 1), STATUS_SUCCESS);
    HAS(&Vec, 1);
    FILL(&Vec, 1, 2, 3);
    KmVecTruncate(&Vec, 4);
    HAS(&Vec, 1, 2, 3);
    KmVecTruncate(&Vec, 2);
    HAS(&Vec, 1, 2);
    KmVecClear(&Vec);
    IS(KmVecCount(&Vec), 0);

    IS(KmVecReserve(&Vec, 50), STATUS_SUCCESS);
    OK(KmVecCapacity(&Vec) >= 50);
    FailingArm(&Memory, 1);
    for (ULONG Number = 0; Number < 50; Number += 1) {
        if (KmVecPush(&Vec, Number) != STATUS_SUCCESS) {
            break;
        }
    }
    IS(KmVecCount(&Vec), 50);
    OK(!Memory.Failed);
    FailingArm(&Memory, 0);
    IS(KmVecReserve(&Vec, (SIZE_T)-1), STATUS_INSUFFICIENT_RESOURCES);
    IS(KmVecReserve(&Vec, (SIZE_T)-1 / sizeof(ULONG)), STATUS_INSUFFICIENT_RESOURCES);
    IS(KmVecShrink(&Vec), STATUS_SUCCESS);
    IS(KmVecCapacity(&Vec), 50);
    IS(KmVecAt(&Vec, 49), 49);

    IS(KmVecClone(&Other, &Vec), STATUS_SUCCESS);
    OK(KmVecIsEqual(&Other, &Vec) && Other.Elements != Vec.Elements);
    KmVecAt(&Other, 0) = 1;
    OK(!KmVecIsEqual(&Other, &Vec));
    KmVecTruncate(&Other, 3);
    OK(!KmVecIsEqual(&Other, &Vec));
    IS(KmVecClone(&Vec, &Other), STATUS_SUCCESS);
    HAS(&Vec, 1, 1, 2);
    IS(KmVecClone(&Vec, &Vec), STATUS_SUCCESS);
    HAS(&Vec, 1, 1, 2);
    FILL(&Other, 4, 5);
    KmVecMove(&Vec, &Other);
    HAS(&Vec, 4, 5);
    OK(KmVecIsEmpty(&Other) && Other.Elements == NULL);
    KmVecMove(&Vec, &Vec);
    HAS(&Vec, 4, 5);
    OK(!KmVecIsEqual(&Other, &Vec));
    KmVecClear(&Vec);
    OK(KmVecIsEqual(&Other, &Vec));

    FILL(&Vec, 4, 5);
    Capacity = KmVecCapacity(&Vec);
    Elements = KmVecRelease(&Vec);
    IS(Elements[1], 5);
    OK(KmVecIsEmpty(&Vec) && KmVecCapacity(&Vec) == 0);
    KmFree(&Memory.Allocator, Elements, Capacity * sizeof(ULONG));
    Done(&Other);
    Done(&Vec);
}

static BOOLEAN NTAPI IsOdd(const VOID *Element, PVOID Context)
{
    if (Context != NULL) {
        *(PULONG)Context += 1;
    }
    return (*(const ULONG *)Element & 1) != 0;
}

static void TestLoops(void)
{
    ULONG_VEC Vec = KM_VEC_INIT(&Memory.Allocator);
    ULONG Sum = 0, Rounds = 0;
    SIZE_T Position = 77;

    FailingArm(&Memory, 0);
    KmVecForEach(ULONG, Element, &Vec) {
        Sum += *Element;
    }
    KmVecForEachReverse(ULONG, Element, &Vec) {
        Sum += *Element;
    }
    KmVecDrain(ULONG, Element, &Vec, 0, 0) {
        Sum += *Element;
    }
    IS(Sum, 0);
    KmVecReverse(&Vec);
    IS(KmVecRetain(&Vec, IsOdd, NULL), 0);
    IS(KmVecDedup(&Vec, KmCompareUlong, NULL), 0);
    IS(KmVecFind(&Vec, 0, IsOdd, NULL, &Position), STATUS_NOT_FOUND);

    FILL(&Vec, 1, 2, 3, 4);
    KmVecForEach(ULONG, Element, &Vec) {
        if (*Element == 2) {
            continue;
        }
        if (*Element == 4) {
            break;
        }
        Sum = Sum * 10 + *Element;
        *Element += 4;
    }
    IS(Sum, 13);
    HAS(&Vec, 5, 2, 7, 4);
    Sum = 0;
    KmVecForEachReverse(ULONG, Element, &Vec) {
        if (*Element == 2) {
            continue;
        }
        Sum = Sum * 10 + *Element;
    }
    IS(Sum, 475);

    FILL(&Vec, 1, 2, 3, 4, 5);
    Sum = 0;
    KmVecDrain(ULONG, Element, &Vec, 1, 3) {
        if (*Element == 3) {
            continue;
        }
        Sum = Sum * 10 + *Element;
    }
    IS(Sum, 24);
    HAS(&Vec, 1, 5);
    KmVecDrain(ULONG, Element, &Vec, 0, 2) {
        Rounds += *Element;
        break;
    }
    IS(Rounds, 1);
    IS(KmVecCount(&Vec), 0);
    FILL(&Vec, 1, 2);
    KmVecDrain(ULONG, Element, &Vec, 2, 0) {
        Rounds += *Element;
    }
    IS(Rounds, 1);
    HAS(&Vec, 1, 2);

    FILL(&Vec, 1, 2, 3, 4, 5);
    Rounds = 0;
    IS(KmVecRetain(&Vec, IsOdd, &Rounds), 2);
    IS(Rounds, 5);
    HAS(&Vec, 1, 3, 5);
    FILL(&Vec, 1, 1, 2, 3, 3, 3, 1);
    IS(KmVecDedup(&Vec, KmCompareUlong, NULL), 3);
    HAS(&Vec, 1, 2, 3, 1);
    KmVecReverse(&Vec);
    HAS(&Vec, 1, 3, 2, 1);
    FILL(&Vec, 1, 2, 3);
    KmVecReverse(&Vec);
    HAS(&Vec, 3, 2, 1);

    FILL(&Vec, 2, 4, 5, 6, 7);
    IS(KmVecFind(&Vec, 0, IsOdd, NULL, &Position), STATUS_SUCCESS);
    IS(Position, 2);
    IS(KmVecFind(&Vec, 3, IsOdd, NULL, &Position), STATUS_SUCCESS);
    IS(Position, 4);
    IS(KmVecFind(&Vec, 5, IsOdd, NULL, &Position), STATUS_NOT_FOUND);
    IS(KmVecFind(&Vec, (SIZE_T)-1, IsOdd, NULL, &Position), STATUS_NOT_FOUND);
    IS(Position, 4);

    ULONG Key = 5;
    IS(KmVecBinarySearch(&Vec, &Key, KmCompareUlong, NULL, &Position), STATUS_SUCCESS);
    IS(Position, 2);
    Key = 3;
    IS(KmVecBinarySearch(&Vec, &Key, KmCompareUlong, NULL, &Position), STATUS_NOT_FOUND);
    IS(Position, 1);
    Done(&Vec);
}

static void TestLargeElements(void)
{
    LARGE_VEC Vec = KM_VEC_INIT(&Memory.Allocator);
    LARGE_ELEMENT Element;
    ULONG Sum = 0;

    FailingArm(&Memory, 0);
    RtlZeroMemory(&Element, sizeof(Element));
    for (ULONG Number = 0; Number < 5; Number += 1) {
        Element.Number = Number;
        Element.Filler[199] = (UCHAR)Number;
        IS(KmVecInsert(&Vec, 0, Element), STATUS_SUCCESS);
    }
    KmVecForEach(LARGE_ELEMENT, Each, &Vec) {
        Sum = Sum * 10 + Each->Number + (Each->Filler[199] == Each->Number ? 0 : 1000000);
    }
    IS(Sum, 43210);
    KmVecSort(&Vec, KmCompareUlong, NULL);
    IS(KmVecAt(&Vec, 0).Number, 0);
    IS(KmVecAt(&Vec, 4).Filler[199], 4);
    IS(KmVecSwapRemove(&Vec, 0), STATUS_SUCCESS);
    IS(KmVecAt(&Vec, 0).Number, 4);
    KmVecFree(&Vec);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

// Each growth fails once: the vec is as it was.
static void TestFailures(void)
{
    static const ULONG Source[40] = {1, 2, 3};
    ULONG_VEC Vec = KM_VEC_INIT(&Memory.Allocator), Before = KM_VEC_INIT(&Memory.Allocator);
    SIZE_T Capacity;
    ULONG Evaluated = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG Case = 0; Case < 8; Case += 1) {
        for (ULONG Start = 0; Start < 2; Start += 1) {
            FAIL_EACH(&Memory, Try) {
                FailingArm(&Memory, 0);
                KmVecFree(&Vec);
                if (Start == 1) {
                    FILL(&Vec, 9, 5, 8);
                    (void)KmVecShrink(&Vec);
                }
                (void)KmVecClone(&Before, &Vec);
                Capacity = KmVecCapacity(&Vec);
                FailingArm(&Memory, Try);
                switch (Case) {
                case 0: Status = KmVecPush(&Vec, ++Evaluated); break;
                case 1: Status = KmVecInsert(&Vec, 0, 1); break;
                case 2: Status = KmVecExtend(&Vec, Source, 40); break;
                case 3: Status = KmVecInsertMany(&Vec, Start, Source, 40); break;
                case 4: Status = KmVecReserve(&Vec, 1); break;
                case 5: Status = KmVecResize(&Vec, 30); break;
                case 6:
                    (void)KmVecReserve(&Vec, 100);
                    Capacity = KmVecCapacity(&Vec);
                    Status = KmVecShrink(&Vec);
                    break;
                default: Status = KmVecSortStable(&Vec, KmCompareUlong, NULL); break;
                }
                if (Memory.Failed && Status != STATUS_SUCCESS) {
                    IS(Status, STATUS_INSUFFICIENT_RESOURCES);
                    OK(KmVecIsEqual(&Vec, &Before));
                    IS(KmVecCapacity(&Vec), Capacity);
                } else {
                    IS(Status, STATUS_SUCCESS);
                }
            }
        }
    }
    IS(Evaluated, 4); // once by each call, whether there was memory or not
    FailingArm(&Memory, 0);
    FILL(&Before, 1, 2, 3);
    KmVecFree(&Vec);
    FailingArm(&Memory, 1);
    IS(KmVecClone(&Vec, &Before), STATUS_INSUFFICIENT_RESOURCES);
    OK(KmVecIsEmpty(&Vec));
    Done(&Before);
    Done(&Vec);
}

// A vec does what an array does to which the same is done, whatever that is, also while allocations fail.
#define MODEL_SIZE 300

static ULONG Model[MODEL_SIZE];
static SIZE_T ModelCount;

static VOID ModelInsert(SIZE_T Index, ULONG Number)
{
    RtlMoveMemory(Model + Index + 1, Model + Index, (ModelCount - Index) * sizeof(ULONG));
    Model[Index] = Number;
    ModelCount += 1;
}

static VOID ModelRemove(SIZE_T Index)
{
    ModelCount -= 1;
    RtlMoveMemory(Model + Index, Model + Index + 1, (ModelCount - Index) * sizeof(ULONG));
}

static BOOLEAN ModelStep(ULONG_VEC *Vec, PULONG64 Random)
{
    ULONG Kind = (ULONG)(TestRandom(Random) % 14), Number = (ULONG)(TestRandom(Random) % 50), Taken;
    SIZE_T Index = (SIZE_T)(TestRandom(Random) % (ModelCount + 2)), Count = (SIZE_T)(TestRandom(Random) % 5),
           Left;
    BOOLEAN InRange = Index < ModelCount, Full = ModelCount + 6 >= MODEL_SIZE;
    NTSTATUS Status = STATUS_SUCCESS, Expected = STATUS_SUCCESS;

    FailingArm(&Memory, TestRandom(Random) % 4 == 0);
    switch (Full ? 6 : Kind) {
    case 0:
    case 1:
    case 2:
        Status = KmVecPush(Vec, Number);
        if (Status == STATUS_SUCCESS) {
            ModelInsert(ModelCount, Number);
        }
        break;
    case 3:
        Expected = Index <= ModelCount ? STATUS_SUCCESS : STATUS_ARRAY_BOUNDS_EXCEEDED;
        Status = KmVecInsert(Vec, Index, Number);
        if (Status == STATUS_SUCCESS) {
            ModelInsert(Index, Number);
        }
        break;
    case 4:
        Expected = InRange ? STATUS_SUCCESS : STATUS_ARRAY_BOUNDS_EXCEEDED;
        Status = KmVecRemove(Vec, Index);
        if (Status == STATUS_SUCCESS) {
            ModelRemove(Index);
        }
        break;
    case 5:
        Expected = InRange ? STATUS_SUCCESS : STATUS_ARRAY_BOUNDS_EXCEEDED;
        Status = KmVecSwapRemove(Vec, Index);
        if (Status == STATUS_SUCCESS) {
            Model[Index] = Model[ModelCount - 1];
            ModelCount -= 1;
        }
        break;
    case 6:
        Count = Full ? 100 : Count;
        Index = min(Index, ModelCount);
        Left = ModelCount - Index;
        Expected = Left >= Count ? STATUS_SUCCESS : STATUS_ARRAY_BOUNDS_EXCEEDED;
        Status = KmVecRemoveMany(Vec, Index, Count);
        for (; Status == STATUS_SUCCESS && Count > 0; Count -= 1) {
            ModelRemove(Index);
        }
        break;
    case 7:
        Index = min(Index, ModelCount);
        // Of its own.
        Left = min(Count, ModelCount - Index);
        Status = KmVecInsertMany(Vec, Index / 2, Vec->Elements + Index, Left);
        if (Status == STATUS_SUCCESS) {
            ULONG Own[5];

            RtlCopyMemory(Own, Model + Index, Left * sizeof(ULONG));
            for (SIZE_T Each = 0; Each < Left; Each += 1) {
                ModelInsert(Index / 2 + Each, Own[Each]);
            }
        }
        break;
    case 8: Status = KmVecShrink(Vec); break;
    case 9:
        Expected = ModelCount != 0 ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
        Status = KmVecPop(Vec, &Taken);
        if (Status == STATUS_SUCCESS) {
            ModelCount -= 1;
            if (Taken != Model[ModelCount]) {
                return FALSE;
            }
        }
        break;
    case 10:
        Left = KmVecRetain(Vec, IsOdd, NULL);
        for (SIZE_T Each = 0; Each < ModelCount;) {
            if (Model[Each] & 1) {
                Each += 1;
            } else {
                ModelRemove(Each);
                Left -= 1;
            }
        }
        if (Left != 0) {
            return FALSE;
        }
        break;
    case 11:
        KmVecReverse(Vec);
        for (SIZE_T Each = 0; Each < ModelCount / 2; Each += 1) {
            Number = Model[Each];
            Model[Each] = Model[ModelCount - 1 - Each];
            Model[ModelCount - 1 - Each] = Number;
        }
        break;
    case 12:
        Index = min(Index, ModelCount);
        Count = min(Count, ModelCount - Index);
        Left = Count;
        KmVecDrain(ULONG, Each, Vec, Index, Count) {
            if (*Each != Model[Index + Count - Left]) {
                return FALSE;
            }
            Left -= 1;
        }
        for (; Count > 0; Count -= 1) {
            ModelRemove(Index);
        }
        break;
    default:
        Status = KmVecResize(Vec, Index);
        if (Status == STATUS_SUCCESS) {
            while (ModelCount < Index) {
                ModelInsert(ModelCount, 0);
            }
            ModelCount = Index;
        }
        break;
    }
    return (Status == Expected || (Memory.Failed && Status == STATUS_INSUFFICIENT_RESOURCES)) &&
           Has(Vec, ModelCount, Model) && KmVecCapacity(Vec) >= ModelCount;
}

static void TestAgainstModel(void)
{
    ULONG_VEC Vec = KM_VEC_INIT(&Memory.Allocator);
    LARGE_INTEGER Now = KeQueryPerformanceCounter(NULL);
    ULONG64 Random;
    ULONG Step = 0;

    for (ULONG64 Seed = 1; Seed <= 40; Seed += 1) {
        // Half of the start values are this run's own; a failure names its.
        ULONG64 Start = Seed % 2 ? Seed * 0x9E3779B97F4A7C15ull : (ULONG64)Now.QuadPart * Seed + Seed;

        Random = Start;
        Memory.InPlace = Seed % 3 == 0;
        ModelCount = 0;
        KmVecClear(&Vec);
        for (Step = 0; Step < 600 && ModelStep(&Vec, &Random); Step += 1) {
        }
        if (Step != 600) {
            DbgPrint("# start value 0x%I64x, step %lu\n", Start, Step);
            break;
        }
    }
    IS(Step, 600);
    Memory.InPlace = FALSE;
    Done(&Vec);
}

static void TestAtDispatchLevel(void)
{
    static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'ceVT');
    ULONG_VEC Vec = KM_VEC_INIT(&Pool);
    KIRQL OldIrql;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(KmVecPush(&Vec, 2), STATUS_SUCCESS);
    IS(KmVecPush(&Vec, 1), STATUS_SUCCESS);
    KmVecSort(&Vec, KmCompareUlong, NULL);
    IS(KmVecSortStable(&Vec, KmCompareUlong, NULL), STATUS_SUCCESS);
    HAS(&Vec, 1, 2);
    IS(KmVecShrink(&Vec), STATUS_SUCCESS);
    KmVecFree(&Vec);
    KeLowerIrql(OldIrql);
}

static ULONG Evaluated;

static ULONG_VEC *Once(ULONG_VEC *Vec)
{
    Evaluated += 1;
    return Vec;
}

static ULONG OnceNumber(ULONG Number)
{
    Evaluated += 0x10000;
    return Number;
}

// Each argument is evaluated once, and one that has commas is one.
static void TestArguments(void)
{
    typedef struct POINT {
        UCHAR X, Y, Z;
    } POINT;
    typedef KM_VEC(POINT) POINT_VEC;
    struct {
        ULONG Low : 3;
        ULONG64 High : 40;
    } Bits = {5, 6};
    ULONG_VEC Vec = KM_VEC_INIT(&Memory.Allocator), Other = KM_VEC_INIT(&Memory.Allocator);
    POINT_VEC Points = KM_VEC_INIT(&Memory.Allocator);
    SIZE_T Position;

    FailingArm(&Memory, 0);
#define EVALUATES(Times, Expression)                                                                         \
    do {                                                                                                     \
        Evaluated = 0;                                                                                       \
        (void)(Expression);                                                                                  \
        IS(Evaluated, (Times));                                                                              \
    } while (0)
    EVALUATES(0x10001, KmVecPush(Once(&Vec), OnceNumber(7)));
    EVALUATES(0x20001, KmVecInsert(Once(&Vec), OnceNumber(0), OnceNumber(8)));
    EVALUATES(0x20001, KmVecSet(Once(&Vec), OnceNumber(1), OnceNumber(9)));
    HAS(&Vec, 8, 9);
    EVALUATES(0x10001, KmVecAt(Once(&Vec), OnceNumber(1)));
    EVALUATES(1, KmVecFirst(Once(&Vec)));
    EVALUATES(1, KmVecLast(Once(&Vec)));
    EVALUATES(1, (KmVecSort(Once(&Vec), KmCompareUlong, NULL), 0));
    EVALUATES(1, (KmVecSortInline(Once(&Vec), KmCompareUlong, NULL), 0));
    EVALUATES(1, KmVecSortStable(Once(&Vec), KmCompareUlong, NULL));
    EVALUATES(1, KmVecBinarySearch(Once(&Vec), KmVecFirst(&Vec), KmCompareUlong, NULL, &Position));
    EVALUATES(2, KmVecClone(Once(&Other), Once(&Vec)));
    EVALUATES(0x20000, KmCompareNumbers(OnceNumber(1), OnceNumber(2)));
    EVALUATES(0x10002, KmVecPush(Once(&Vec), (ULONG)KmVecPush(Once(&Other), OnceNumber(1))));
    OK(KmCompareNumbers(Bits.Low, Bits.High) < 0 && KmCompareNumbers(Bits.High, (ULONG64)5) > 0);
    if (KmVecIsEmpty(&Vec))
        KmVecClear(&Other);
    else
        KmVecPop(&Vec, &Evaluated);
    IS(KmVecPush(&Points, (POINT){1, 2, 3}), STATUS_SUCCESS);
    IS(KmVecInsert(&Points, 0, (POINT){4, 5, 6}), STATUS_SUCCESS);
    IS(KmVecSet(&Points, 1, (POINT){7, 8, 9}), STATUS_SUCCESS);
    IS(KmVecSet(&Points, 2, (POINT){7, 8, 9}), STATUS_ARRAY_BOUNDS_EXCEEDED);
    OK(KmVecAt(&Points, 0).Z == 6 && KmVecAt(&Points, 1).X == 7);
    KmVecFree(&Vec);
    KmVecFree(&Other);
    KmVecFree(&Points);
    IS(Memory.Outstanding, 0);
}

TEST_DRIVER(TestPushAndIndex, TestOwnElements, TestInsertAndRemove, TestArguments, TestMany, TestLoops,
            TestLargeElements, TestFailures, TestAgainstModel, TestAtDispatchLevel)
