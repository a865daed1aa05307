// SPDX-License-Identifier: MIT
// KmSort, KmSortInline, KmSortStable, KmBinarySearch: every order of few elements, many orders of many.
#include "test.h"
#include "../failing-allocator.h"

#define MOST 5000

static FAILING_ALLOCATOR Memory = FAILING_ALLOCATOR_INIT;
static ULONG64 Compared;

// An element of any size begins with its key, and ends in its first place and a mark.
#define KEY_OF(Element) (*(const ULONG *)(Element))

static LONG NTAPI CompareKeys(const VOID *Left, const VOID *Right, PVOID Context)
{
    OK(Context == &Memory || Context == NULL);
    Compared += 1;
    return KmCompareNumbers(KEY_OF(Left), KEY_OF(Right));
}

static LONG NTAPI CompareQuietly(const VOID *Left, const VOID *Right, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Compared += 1;
    return KmCompareNumbers(KEY_OF(Left), KEY_OF(Right));
}

// What no comparison should do.
static LONG NTAPI CompareAtRandom(const VOID *Left, const VOID *Right, PVOID Context)
{
    UNREFERENCED_PARAMETER(Left);
    UNREFERENCED_PARAMETER(Right);
    return (LONG)(TestRandom((PULONG64)Context) % 3) - 1;
}

typedef enum SORT_KIND { SortAny, SortInline, SortStable, SortHeap, SortKinds } SORT_KIND;

static NTSTATUS Sort(SORT_KIND Kind, PVOID Elements, SIZE_T Count, SIZE_T Bytes, PKM_COMPARE Compare,
                     PVOID Context)
{
    switch (Kind) {
    case SortAny: KmSort(Elements, Count, Bytes, Compare, Context); break;
    case SortInline:
        if (Bytes == sizeof(ULONG) && Compare == CompareQuietly) {
            KmSortInline(Elements, Count, sizeof(ULONG), CompareQuietly, NULL);
        } else {
            KmSortInline(Elements, Count, Bytes, Compare, Context);
        }
        break;
    case SortStable: return KmSortStable(Elements, Count, Bytes, Compare, Context, &Memory.Allocator);
    default: KmpHeapSort(Elements, Count, Bytes, Compare, Context); break;
    }
    return STATUS_SUCCESS;
}

// Sorts Keys as elements of Bytes, and looks whether it is so: in order, none lost, none torn, none outside
// touched.
static BOOLEAN IsSorted(SORT_KIND Kind, const ULONG *Keys, SIZE_T Count, SIZE_T Bytes)
{
    SIZE_T Size = (Count + 2) * Bytes, Index, Each, PlaceAt = Bytes >= 8 ? 4 : 0;
    PUCHAR Elements = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'troS'), First = Elements + Bytes;
    BOOLEAN Result = Elements != NULL;
    ULONG64 Sum = 0, SumAfter = 0;

    if (!Result) {
        return FALSE;
    }
    RtlFillMemory(Elements, Size, 0xEE);
    for (Index = 0; Index < Count; Index += 1) {
        PUCHAR Element = First + Index * Bytes;

        RtlFillMemory(Element, Bytes, (UCHAR)Keys[Index]);
        *(PULONG)(Element + PlaceAt) = (ULONG)Index;
        *(PULONG)Element = Keys[Index];
        Sum += (ULONG64)Keys[Index] * 31 + (PlaceAt ? Index : 0);
    }
    Result = Sort(Kind, First, Count, Bytes, CompareQuietly, NULL) == STATUS_SUCCESS;
    for (Index = 0; Index < Count && Result; Index += 1) {
        PUCHAR Element = First + Index * Bytes;
        ULONG Key = KEY_OF(Element), Place = *(PULONG)(Element + PlaceAt);

        SumAfter += (ULONG64)Key * 31 + (PlaceAt ? Place : 0);
        if (PlaceAt && Keys[Place] != Key) {
            Result = FALSE;
        }
        for (Each = 8; Each < Bytes; Each += 1) {
            Result = Result && Element[Each] == (UCHAR)Key;
        }
        if (Index > 0 && (KEY_OF(Element - Bytes) > Key ||
                          (Kind == SortStable && PlaceAt && KEY_OF(Element - Bytes) == Key &&
                           *(PULONG)(Element - Bytes + PlaceAt) > Place))) {
            Result = FALSE;
        }
    }
    for (Index = 0; Index < Bytes; Index += 1) {
        Result = Result && Elements[Index] == 0xEE && Elements[(Count + 1) * Bytes + Index] == 0xEE;
    }
    ExFreePoolWithTag(Elements, 'troS');
    return Result && Sum == SumAfter;
}

static const SIZE_T Sizes[] = {4, 8, 12, 16, 24, 40, 64, 68, 200};

// All n^n arrangements of n keys, n up to 5, so all orders with all ways of being alike.
static void TestEveryOrder(void)
{
    ULONG Keys[5];
    BOOLEAN Right = TRUE;

    FailingArm(&Memory, 0);
    for (ULONG Count = 0; Count <= 5; Count += 1) {
        ULONG Arrangements = 1;

        for (ULONG Index = 0; Index < Count; Index += 1) {
            Arrangements *= Count;
        }
        for (ULONG Arrangement = 0; Arrangement < Arrangements; Arrangement += 1) {
            for (ULONG Index = 0, Rest = Arrangement; Index < Count; Index += 1, Rest /= Count) {
                Keys[Index] = Rest % Count;
            }
            for (SORT_KIND Kind = SortAny; Kind < SortKinds; Kind += 1) {
                Right = Right && IsSorted(Kind, Keys, Count, Arrangement % 2 ? 8 : 68);
            }
        }
    }
    OK(Right);
    IS(Memory.Outstanding, 0);
}

static VOID Arrange(PULONG Keys, SIZE_T Count, ULONG Pattern, PULONG64 Random)
{
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        ULONG Number = (ULONG)Index;

        switch (Pattern) {
        case 0: Keys[Index] = (ULONG)TestRandom(Random); break;
        case 1: Keys[Index] = Number; break;
        case 2: Keys[Index] = (ULONG)Count - Number; break;
        case 3: Keys[Index] = 7; break;
        case 4: Keys[Index] = (ULONG)TestRandom(Random) % 4; break;
        case 5: Keys[Index] = Number < Count / 2 ? Number : (ULONG)Count - Number; break;
        case 6: Keys[Index] = Number % 16; break;
        case 7: Keys[Index] = Index + 1 == Count ? 0 : Number; break;
        case 8: Keys[Index] = (Number ^ 1) * 3; break;
        default: Keys[Index] = (ULONG)TestRandom(Random) % ((ULONG)Count / 4 + 1); break;
        }
    }
}

static void TestPatterns(void)
{
    PULONG Keys = (PULONG)ExAllocatePoolWithTag(NonPagedPoolNx, MOST * sizeof(ULONG), 'troS');
    ULONG64 Random = (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart | 1;

    OK(Keys != NULL);
    FailingArm(&Memory, 0);
    for (SORT_KIND Kind = SortAny; Kind < SortKinds && Keys != NULL; Kind += 1) {
        BOOLEAN Right = TRUE;

        for (ULONG Pattern = 0; Pattern < 10; Pattern += 1) {
            static const SIZE_T Counts[] = {6, 20, 21, 33, 127, 128, 500, 1999};

            for (ULONG Which = 0; Which < RTL_NUMBER_OF(Counts); Which += 1) {
                Arrange(Keys, Counts[Which], Pattern, &Random);
                if (!IsSorted(Kind, Keys, Counts[Which], Sizes[(Which + Pattern) % RTL_NUMBER_OF(Sizes)])) {
                    DbgPrint("# kind %d, pattern %lu, %Iu elements\n", Kind, Pattern, Counts[Which]);
                    Right = FALSE;
                }
            }
        }
        OK(Right);
    }
    if (Keys != NULL) {
        ExFreePoolWithTag(Keys, 'troS');
    }
    IS(Memory.Outstanding, 0);
}

// An adversary (McIlroy's): it decides the values while it is asked, so that every pivot is nearly the least.
static ULONG Gas, Solid, Candidate, Values[MOST];

static LONG NTAPI CompareByAdversary(const VOID *Left, const VOID *Right, PVOID Context)
{
    ULONG First = KEY_OF(Left), Second = KEY_OF(Right);

    UNREFERENCED_PARAMETER(Context);
    Compared += 1;
    if (Values[First] == Gas && Values[Second] == Gas) {
        Values[First == Candidate ? First : Second] = Solid++;
    }
    if (Values[First] == Gas) {
        Candidate = First;
    } else if (Values[Second] == Gas) {
        Candidate = Second;
    }
    return KmCompareNumbers(Values[First], Values[Second]);
}

// How often two are compared is what the time depends on.
static void TestComparisons(void)
{
    PULONG Keys = (PULONG)ExAllocatePoolWithTag(NonPagedPoolNx, MOST * sizeof(ULONG), 'troS');
    ULONG64 Random = 12345;

    OK(Keys != NULL);
    if (Keys == NULL) {
        return;
    }
    for (ULONG Pattern = 0; Pattern < 10; Pattern += 1) {
        Arrange(Keys, MOST, Pattern, &Random);
        Compared = 0;
        KmSort(Keys, MOST, sizeof(ULONG), CompareQuietly, NULL);
        // MOST * log2(MOST) is 61,438.
        OK(Compared < 2 * 61438);
        if (Pattern >= 1 && Pattern <= 3) {
            OK(Compared < 2 * MOST);
        }
    }
    for (ULONG Index = 0; Index < MOST; Index += 1) {
        Keys[Index] = Index;
        Values[Index] = MOST;
    }
    Gas = MOST;
    Solid = Candidate = 0;
    Compared = 0;
    KmSort(Keys, MOST, sizeof(ULONG), CompareByAdversary, NULL);
    OK(Compared < 10 * 61438);
    ExFreePoolWithTag(Keys, 'troS');
}

static void TestBadComparison(void)
{
    ULONG Keys[300];
    ULONG64 Random = 77;
    BOOLEAN AllThere = TRUE;

    FailingArm(&Memory, 0);
    for (SORT_KIND Kind = SortAny; Kind < SortKinds; Kind += 1) {
        for (ULONG Round = 0; Round < 50; Round += 1) {
            ULONG Sum = 0;

            for (ULONG Index = 0; Index < RTL_NUMBER_OF(Keys); Index += 1) {
                Keys[Index] = Index;
            }
            IS(Sort(Kind, Keys + 1, RTL_NUMBER_OF(Keys) - 2, sizeof(ULONG), CompareAtRandom, &Random),
               STATUS_SUCCESS);
            for (ULONG Index = 0; Index < RTL_NUMBER_OF(Keys); Index += 1) {
                Sum += Keys[Index];
            }
            AllThere = AllThere && Sum == 299 * 300 / 2 && Keys[0] == 0 && Keys[299] == 299;
        }
    }
    OK(AllThere);
}

static void TestStableFails(void)
{
    ULONG Numbers[] = {3, 1, 2};

    FailingArm(&Memory, 1);
    IS(KmSortStable(Numbers, 3, sizeof(ULONG), CompareKeys, &Memory, &Memory.Allocator),
       STATUS_INSUFFICIENT_RESOURCES);
    OK(Numbers[0] == 3 && Numbers[1] == 1 && Numbers[2] == 2);
    FailingArm(&Memory, 1);
    IS(KmSortStable(Numbers, 1, sizeof(ULONG), CompareKeys, NULL, &Memory.Allocator), STATUS_SUCCESS);
    IS(KmSortStable(NULL, 0, sizeof(ULONG), CompareKeys, NULL, &Memory.Allocator), STATUS_SUCCESS);
    KmSort(NULL, 0, sizeof(ULONG), CompareKeys, NULL);
    FailingArm(&Memory, 0);
    IS(KmSortStable(Numbers, 3, sizeof(ULONG), CompareKeys, &Memory, &Memory.Allocator), STATUS_SUCCESS);
    OK(Numbers[0] == 1 && Numbers[1] == 2 && Numbers[2] == 3);
}

static void TestBinarySearch(void)
{
    ULONG Numbers[40];
    SIZE_T Position = 99;
    BOOLEAN Right = TRUE;

    IS(KmBinarySearch(&Position, NULL, 0, sizeof(ULONG), CompareKeys, NULL, &Position), STATUS_NOT_FOUND);
    IS(Position, 0);
    for (ULONG Count = 1; Count <= RTL_NUMBER_OF(Numbers); Count += 1) {
        for (ULONG Index = 0; Index < Count; Index += 1) {
            Numbers[Index] = Index / 3 * 10 + 10; // 10, 10, 10, 20, ...
        }
        for (ULONG Key = 0; Key < Count / 3 * 10 + 30; Key += 1) {
            ULONG Expected = 0;
            NTSTATUS Status =
                KmBinarySearch(&Key, Numbers, Count, sizeof(ULONG), CompareQuietly, NULL, &Position);

            while (Expected < Count && Numbers[Expected] < Key) {
                Expected += 1;
            }
            Right =
                Right && Position == Expected &&
                Status == (Expected < Count && Numbers[Expected] == Key ? STATUS_SUCCESS : STATUS_NOT_FOUND);
        }
    }
    OK(Right);
}

static void TestScalars(void)
{
    ULONG Ulongs[] = {1, 0xFFFFFFFF};
    LONG Longs[] = {MINLONG, MAXLONG};
    ULONG64 Ulong64s[] = {1, 0xFFFFFFFF00000000};
    LONG64 Long64s[] = {-0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF};
    SIZE_T SizeTs[] = {1, (SIZE_T)-1};

    OK(KmCompareUlong(&Ulongs[0], &Ulongs[1], NULL) < 0 && KmCompareUlong(&Ulongs[1], &Ulongs[0], NULL) > 0);
    OK(KmCompareLong(&Longs[0], &Longs[1], NULL) < 0 && KmCompareLong(&Longs[1], &Longs[0], NULL) > 0);
    OK(KmCompareUlong64(&Ulong64s[0], &Ulong64s[1], NULL) < 0 &&
       KmCompareUlong64(&Ulong64s[1], &Ulong64s[0], NULL) > 0);
    OK(KmCompareLong64(&Long64s[0], &Long64s[1], NULL) < 0 &&
       KmCompareLong64(&Long64s[1], &Long64s[0], NULL) > 0);
    OK(KmCompareSize(&SizeTs[0], &SizeTs[1], NULL) < 0 && KmCompareSize(&SizeTs[1], &SizeTs[0], NULL) > 0);
    IS(KmCompareUlong(&Ulongs[0], &Ulongs[0], NULL), 0);
    IS(KmCompareLong64(&Long64s[0], &Long64s[0], NULL), 0);
}

TEST_DRIVER(TestEveryOrder, TestPatterns, TestComparisons, TestBadComparison, TestStableFails,
            TestBinarySearch, TestScalars)
