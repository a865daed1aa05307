// SPDX-License-Identifier: MIT
// KM_LIST and KM_SINGLE_LIST: each routine, and steps against an array of the order.
#include "test.h"
#include "../failing-allocator.h"

typedef struct THING {
    ULONG Number;
    LIST_ENTRY Link;
    LIST_ENTRY OtherLink;
    SINGLE_LIST_ENTRY Single;
} THING, *PTHING;
typedef KM_LIST(THING, Link) THING_LIST;
typedef KM_LIST(THING, OtherLink) OTHER_LIST;
typedef KM_SINGLE_LIST(THING, Single) THING_STACK;

#define THINGS 40

static THING Things[THINGS];
static THING_LIST AtStart = KM_LIST_INIT(AtStart);

static VOID Reset(VOID)
{
    RtlZeroMemory(Things, sizeof(Things));
    for (ULONG Index = 0; Index < THINGS; Index += 1) {
        Things[Index].Number = Index;
    }
}

// Whether the list has these numbers, either way.
static BOOLEAN Has(THING_LIST *List, SIZE_T Count, const ULONG *Numbers)
{
    SIZE_T Place = 0;
    BOOLEAN Right = KmListCount(List) == Count && KmListIsEmpty(List) == (Count == 0);

    KmListForEach(THING, Thing, List) {
        Right = Right && Place < Count && Thing->Number == Numbers[Place] && KmListIsLinked(List, Thing);
        Place += 1;
    }
    Right = Right && Place == Count;
    KmListForEachReverse(THING, Thing, List) {
        Place -= 1;
        Right = Right && Thing->Number == Numbers[Place];
    }
    return Right && Place == 0 &&
           (Count == 0
                ? KmListFirst(List) == NULL && KmListLast(List) == NULL
                : KmListFirst(List)->Number == Numbers[0] && KmListLast(List)->Number == Numbers[Count - 1]);
}
#define HAS(List, ...)                                                                                       \
    OK(Has((List), sizeof((const ULONG[]){__VA_ARGS__}) / sizeof(ULONG), (const ULONG[]){__VA_ARGS__}))

static void TestList(void)
{
    THING_LIST List, More = KM_LIST_INIT(More);
    OTHER_LIST Others;

    Reset();
    KmListInit(&List);
    KmListInit(&Others);
    OK(KmListIsEmpty(&List) && KmListIsEmpty(&AtStart) && KmListCount(&List) == 0);
    OK(KmListPopFront(&List) == NULL && KmListPopBack(&List) == NULL);
    OK(!KmListIsLinked(&List, &Things[0]));
    KmListPushBack(&List, &Things[2]);
    KmListPushFront(&List, &Things[1]);
    KmListPushBack(&List, &Things[3]);
    HAS(&List, 1, 2, 3);
    KmListInsertBefore(&List, &Things[1], &Things[0]);
    KmListInsertBefore(&List, &Things[2], &Things[5]);
    KmListInsertAfter(&List, &Things[2], &Things[6]);
    KmListInsertAfter(&List, &Things[3], &Things[7]);
    HAS(&List, 0, 1, 5, 2, 6, 3, 7);
    // By another link, an element is in another list.
    KmListPushBack(&Others, &Things[2]);
    KmListPushBack(&Others, &Things[5]);
    OK(KmListFirst(&Others) == &Things[2] && KmListLast(&Others) == &Things[5]);
    OK(KmListNext(&List, &Things[5]) == &Things[2] && KmListPrevious(&List, &Things[5]) == &Things[1]);
    OK(KmListNext(&Others, &Things[5]) == NULL && KmListPrevious(&Others, &Things[2]) == NULL);
    KmListRemove(&List, &Things[5]);
    OK(!KmListIsLinked(&List, &Things[5]) && KmListIsLinked(&Others, &Things[5]));
    HAS(&List, 0, 1, 2, 6, 3, 7);
    OK(KmListPopFront(&List) == &Things[0] && KmListPopBack(&List) == &Things[7]);
    OK(KmListPopFront(&Others) == &Things[2] && KmListPopFront(&Others) == &Things[5] &&
       KmListIsEmpty(&Others));
    HAS(&List, 1, 2, 6, 3);

    KmListPushBack(&More, &Things[8]);
    KmListPushBack(&More, &Things[9]);
    KmListAppend(&List, &More);
    HAS(&List, 1, 2, 6, 3, 8, 9);
    OK(KmListIsEmpty(&More));
    KmListAppend(&List, &More);
    KmListAppend(&List, &List);
    HAS(&List, 1, 2, 6, 3, 8, 9);
    KmListAppend(&More, &List);
    HAS(&More, 1, 2, 6, 3, 8, 9);
    OK(KmListIsEmpty(&List));

    // The one that the loop is at goes, or goes elsewhere.
    KmListForEach(THING, Thing, &More) {
        if (Thing->Number % 2 == 0) {
            KmListRemove(&More, Thing);
            KmListPushFront(&List, Thing);
        }
        if (Thing->Number == 8) {
            break;
        }
    }
    HAS(&More, 1, 3, 9);
    HAS(&List, 8, 6, 2);
    KmListForEachReverse(THING, Thing, &List) {
        KmListRemove(&List, Thing);
        RtlFillMemory(Thing, sizeof(*Thing), 0xDD);
    }
    OK(KmListIsEmpty(&List));
}

static LONG NTAPI ByTens(const VOID *Left, const VOID *Right, PVOID Context)
{
    *(PULONG)Context += 1;
    return KmCompareNumbers(((const THING *)Left)->Number / 10, ((const THING *)Right)->Number / 10);
}

static void TestSort(void)
{
    THING_LIST List;
    ULONG64 Random = (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart | 1;
    BOOLEAN Right = TRUE;

    KmListInit(&List);
    for (ULONG Count = 0; Count <= THINGS; Count += 1) {
        ULONG Compared = 0;

        Reset();
        for (ULONG Index = 0; Index < Count; Index += 1) {
            // The tens at random, the ones in order: what is alike has to keep it.
            Things[Index].Number = (ULONG)(TestRandom(&Random) % 5) * 100 + Index % 10;
            KmListPushBack(&List, &Things[Index]);
        }
        KmListSort(&List, ByTens, &Compared);
        Right = Right && KmListCount(&List) == Count && Compared <= Count * 6;
        KmListForEach(THING, Thing, &List) {
            PTHING Next = KmListNext(&List, Thing);

            Right = Right && (Next == NULL || Thing->Number / 10 < Next->Number / 10 ||
                              (Thing->Number / 10 == Next->Number / 10 && Thing < Next));
        }
        while (KmListPopFront(&List) != NULL) {
        }
    }
    OK(Right);
}

static void TestAgainstModel(void)
{
    ULONG64 Now = (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart, Random, Start;
    THING_LIST List;
    ULONG Model[THINGS], Count, Number;
    BOOLEAN Right = TRUE;

    for (ULONG Seed = 1; Seed <= 20 && Right; Seed += 1) {
        Random = Start = Seed % 2 ? Seed * 0x9E3779B97F4A7C15ull : Now * Seed + Seed;
        Reset();
        KmListInit(&List);
        Count = 0;
        for (ULONG Step = 0; Step < 300 && Right; Step += 1) {
            ULONG Place = Count != 0 ? (ULONG)(TestRandom(&Random) % Count) : 0, At = Count;

            Number = (ULONG)(TestRandom(&Random) % THINGS);
            if (KmListIsLinked(&List, &Things[Number])) {
                for (At = 0; Model[At] != Number; At += 1) {
                }
                KmListRemove(&List, &Things[Number]);
                Count -= 1;
                RtlMoveMemory(Model + At, Model + At + 1, (Count - At) * sizeof(ULONG));
            } else {
                switch (Count == 0 ? 0 : TestRandom(&Random) % 4) {
                case 0:
                    KmListPushBack(&List, &Things[Number]);
                    At = Count;
                    break;
                case 1:
                    KmListPushFront(&List, &Things[Number]);
                    At = 0;
                    break;
                case 2:
                    KmListInsertBefore(&List, &Things[Model[Place]], &Things[Number]);
                    At = Place;
                    break;
                default:
                    KmListInsertAfter(&List, &Things[Model[Place]], &Things[Number]);
                    At = Place + 1;
                    break;
                }
                RtlMoveMemory(Model + At + 1, Model + At, (Count - At) * sizeof(ULONG));
                Model[At] = Number;
                Count += 1;
            }
            Right = Has(&List, Count, Model);
            if (!Right) {
                DbgPrint("# start value 0x%I64x, step %lu\n", Start, Step);
            }
        }
    }
    OK(Right);
}

static void TestSingle(void)
{
    THING_STACK Stack = KM_SINGLE_LIST_INIT;
    ULONG Sum = 0;

    Reset();
    KmSingleListInit(&Stack);
    OK(KmSingleListIsEmpty(&Stack) && KmSingleListFirst(&Stack) == NULL && KmSingleListPop(&Stack) == NULL);
    KmSingleListReverse(&Stack);
    for (ULONG Index = 1; Index <= 4; Index += 1) {
        KmSingleListPush(&Stack, &Things[Index]);
    }
    KmSingleListForEach(THING, Thing, &Stack) {
        Sum = Sum * 10 + Thing->Number;
    }
    IS(Sum, 4321);
    KmSingleListReverse(&Stack);
    OK(KmSingleListFirst(&Stack) == &Things[1]);
    Sum = 0;
    KmSingleListForEach(THING, Thing, &Stack) {
        if (Thing->Number == 2) {
            continue;
        }
        Sum = Sum * 10 + Thing->Number;
    }
    IS(Sum, 134);
    OK(KmSingleListPop(&Stack) == &Things[1] && KmSingleListPop(&Stack) == &Things[2]);
    OK(KmSingleListPop(&Stack) == &Things[3] && KmSingleListPop(&Stack) == &Things[4] &&
       KmSingleListIsEmpty(&Stack));
}

static void TestAnyIrql(void)
{
    THING_LIST List;
    KIRQL OldIrql;
    ULONG Sum = 0;

    Reset();
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmListInit(&List);
    KmListPushBack(&List, &Things[1]);
    KmListPushBack(&List, &Things[2]);
    KmListForEach(THING, Thing, &List) {
        KmListRemove(&List, Thing);
        Sum += Thing->Number;
    }
    KeLowerIrql(OldIrql);
    IS(Sum, 3);
}

TEST_DRIVER(TestList, TestSort, TestAgainstModel, TestSingle, TestAnyIrql)
