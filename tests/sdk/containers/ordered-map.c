// SPDX-License-Identifier: MIT
// Ordered maps.
#include "test.h"
#include "../failing-allocator.h"

// So large that a node has as few slots as can be, and the tree many levels.
typedef struct WIDE {
    ULONG64 Number;
    UCHAR Bytes[80];
} WIDE;

static LONG NTAPI CompareNumbers(const VOID *Left, const VOID *Right, PVOID Context)
{
    ULONG64 One = *(const ULONG64 *)Left, Other = *(const ULONG64 *)Right;

    UNREFERENCED_PARAMETER(Context);
    return (One > Other) - (One < Other);
}

static LONG NTAPI CompareBackwards(const VOID *Left, const VOID *Right, PVOID Context)
{
    return CompareNumbers(Right, Left, Context);
}

static LONG NTAPI CompareBytes(const VOID *Left, const VOID *Right, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return (LONG) * (const UCHAR *)Left - (LONG) * (const UCHAR *)Right;
}

static LONG NTAPI CompareStrings(const VOID *Left, const VOID *Right, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return RtlCompareUnicodeString(*(const PCUNICODE_STRING *)Left, *(const PCUNICODE_STRING *)Right, TRUE);
}

KM_ORDERED_MAP_DEFINE(NumberMap, ULONG64, ULONG64, CompareNumbers)
KM_ORDERED_MAP_DEFINE(WideMap, WIDE, ULONG64, CompareNumbers)
KM_ORDERED_MAP_DEFINE(ReverseMap, ULONG64, UCHAR, CompareBackwards)
KM_ORDERED_MAP_DEFINE(ByteMap, UCHAR, WIDE, CompareBytes)
KM_ORDERED_MAP_DEFINE(NameMap, PCUNICODE_STRING, ULONG, CompareStrings)

static FAILING_ALLOCATOR Failing = FAILING_ALLOCATOR_INIT;

static void TestEmpty(void)
{
    NumberMap Map;
    NumberMapCursor Cursor;
    ULONG64 Old = 77;

    NumberMapInit(&Map, &Failing.Allocator);
    IS(NumberMapCount(&Map), 0);
    IS(NumberMapBytes(&Map), 0);
    OK(NumberMapFind(&Map, 0) == NULL);
    OK(!NumberMapContains(&Map, 0));
    OK(!NumberMapErase(&Map, 0, &Old));
    IS(Old, 77);
    OK(NumberMapFirst(&Map).Key == NULL);
    OK(NumberMapLast(&Map).Key == NULL);
    Cursor = NumberMapLowerBound(&Map, 0);
    OK(Cursor.Key == NULL && Cursor.Value == NULL);
    OK(NumberMapUpperBound(&Map, 0).Key == NULL);
    NumberMapFree(&Map);
    IS(Failing.Outstanding, 0);
}

static void TestRoutines(void)
{
    NumberMap Map;
    NumberMapCursor Cursor;
    BOOLEAN Inserted = 7;
    ULONG64 Old = 77, *Value;

    NumberMapInit(&Map, &Failing.Allocator);
    IS(NumberMapInsert(&Map, 5, 50), STATUS_SUCCESS);
    IS(NumberMapInsert(&Map, 5, 51), STATUS_OBJECT_NAME_COLLISION);
    IS(*NumberMapFind(&Map, 5), 50);
    IS(NumberMapReplace(&Map, 5, 52, &Old), STATUS_OBJECT_NAME_EXISTS);
    IS(Old, 50);
    IS(NumberMapReplace(&Map, 5, 53, NULL), STATUS_OBJECT_NAME_EXISTS);
    Old = 77;
    IS(NumberMapReplace(&Map, 9, 90, &Old), STATUS_SUCCESS);
    IS(Old, 77);
    Value = NumberMapGetOrInsert(&Map, 9, &Inserted);
    OK(Value != NULL && *Value == 90 && !Inserted);
    Value = NumberMapGetOrInsert(&Map, 7, &Inserted);
    OK(Value != NULL && *Value == 0 && Inserted);
    OK(NumberMapGetOrInsert(&Map, 8, NULL) != NULL);
    IS(NumberMapCount(&Map), 4);

    Cursor = NumberMapFirst(&Map);
    IS(*Cursor.Key, 5);
    IS(*Cursor.Value, 53);
    NumberMapPrevious(&Cursor);
    OK(Cursor.Key == NULL && Cursor.Value == NULL);
    Cursor = NumberMapLast(&Map);
    IS(*Cursor.Key, 9);
    NumberMapPrevious(&Cursor);
    IS(*Cursor.Key, 8);
    NumberMapNext(&Cursor);
    NumberMapNext(&Cursor);
    OK(Cursor.Key == NULL);
    IS(*NumberMapLowerBound(&Map, 5).Key, 5);
    IS(*NumberMapUpperBound(&Map, 5).Key, 7);
    IS(*NumberMapLowerBound(&Map, 6).Key, 7);
    IS(*NumberMapUpperBound(&Map, 6).Key, 7);
    IS(*NumberMapLowerBound(&Map, 0).Key, 5);
    OK(NumberMapUpperBound(&Map, 9).Key == NULL);
    OK(NumberMapLowerBound(&Map, 10).Key == NULL);

    Cursor = NumberMapLowerBound(&Map, 7);
    NumberMapEraseAt(&Map, &Cursor);
    IS(*Cursor.Key, 8);
    *Cursor.Value = 80;
    NumberMapNext(&Cursor);
    NumberMapEraseAt(&Map, &Cursor);
    OK(Cursor.Key == NULL);
    IS(NumberMapCount(&Map), 2);
    OK(NumberMapErase(&Map, 8, &Old));
    IS(Old, 80);
    OK(NumberMapErase(&Map, 5, NULL));
    OK(!NumberMapErase(&Map, 5, NULL));
    IS(Failing.Outstanding, 0);
    IS(NumberMapInsert(&Map, 1, 1), STATUS_SUCCESS);
    NumberMapFree(&Map);
    IS(NumberMapCount(&Map), 0);
    IS(Failing.Outstanding, 0);
    OK(!Failing.Misused);
}

// Other sizes of keys and values, and other orders.
static void TestTypes(void)
{
    static UNICODE_STRING Names[] = {RTL_CONSTANT_STRING(L"beta"), RTL_CONSTANT_STRING(L"ALPHA"),
                                     RTL_CONSTANT_STRING(L"gamma"), RTL_CONSTANT_STRING(L"Beta")};
    ReverseMap Reverse;
    ByteMap Bytes;
    NameMap Map;
    ReverseMapCursor Cursor;
    ULONG Right = 0;
    WIDE Wide = {0, {0}};

    ReverseMapInit(&Reverse, &Failing.Allocator);
    for (ULONG Number = 0; Number < 1000; Number += 1) {
        Right += ReverseMapInsert(&Reverse, Number * 7 % 1000, (UCHAR)(Number * 7 % 1000)) == STATUS_SUCCESS;
    }
    Cursor = ReverseMapFirst(&Reverse);
    for (ULONG Number = 1000; Number != 0; Number -= 1) {
        Right += *Cursor.Key == Number - 1 && *Cursor.Value == (UCHAR)(Number - 1);
        ReverseMapNext(&Cursor);
    }
    IS(Right, 2000);
    ReverseMapFree(&Reverse);

    ByteMapInit(&Bytes, &Failing.Allocator);
    for (ULONG Number = 0; Number < 256; Number += 1) {
        Wide.Number = Number;
        Wide.Bytes[79] = (UCHAR)Number;
        Right += ByteMapInsert(&Bytes, (UCHAR)(Number * 5), Wide) == STATUS_SUCCESS;
    }
    for (ULONG Number = 0; Number < 256; Number += 1) {
        WIDE *Found = ByteMapFind(&Bytes, (UCHAR)(Number * 5));

        Right += Found->Number == Number && Found->Bytes[79] == Number;
    }
    IS(Right, 2512);
    ByteMapFree(&Bytes);

    NameMapInit(&Map, &Failing.Allocator);
    IS(NameMapInsert(&Map, &Names[0], 0), STATUS_SUCCESS);
    IS(NameMapInsert(&Map, &Names[1], 1), STATUS_SUCCESS);
    IS(NameMapInsert(&Map, &Names[2], 2), STATUS_SUCCESS);
    IS(NameMapInsert(&Map, &Names[3], 3), STATUS_OBJECT_NAME_COLLISION);
    IS(*NameMapFirst(&Map).Value, 1);
    IS(*NameMapLast(&Map).Value, 2);
    NameMapFree(&Map);
    IS(Failing.Outstanding, 0);
}

// The n-th allocation fails, for each n until none does: the map is as it was.
static void TestFailures(void)
{
    ULONG Wrong = 0, Limit = 0;
    BOOLEAN Failed;

    do {
        WideMap Map;
        WIDE Key = {0, {0}};

        WideMapInit(&Map, &Failing.Allocator);
        Failing.Left = Limit;
        Failed = FALSE;
        for (ULONG Index = 0; Index < 300; Index += 1) {
            Key.Number = Index * 7 % 300;
            SIZE_T Bytes = Failing.Bytes;
            NTSTATUS Status = WideMapInsert(&Map, Key, Key.Number + 1);

            if (!NT_SUCCESS(Status)) {
                Wrong += Status != STATUS_INSUFFICIENT_RESOURCES || Failing.Bytes != Bytes;
                Wrong += WideMapContains(&Map, Key) || WideMapCount(&Map) != Index;
                for (ULONG Before = 0; Before < Index; Before += 1) {
                    WIDE Other = {Before * 7 % 300, {0}};
                    PULONG64 Value = WideMapFind(&Map, Other);

                    Wrong += Value == NULL || *Value != Other.Number + 1;
                }
                Failed = TRUE;
                Failing.Left = MAXULONG;
                Wrong += WideMapInsert(&Map, Key, Key.Number + 1) != STATUS_SUCCESS;
            }
        }
        Wrong += WideMapCount(&Map) != 300;
        WideMapFree(&Map);
        Wrong += Failing.Outstanding != 0;
        Limit += 1;
    } while (Failed);
    Failing.Left = MAXULONG;
    IS(Wrong, 0);
    OK(Limit > 50);
    OK(!Failing.Misused);
}

static void TestIrql(void)
{
    static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'lqrI');
    NumberMap Map;
    KIRQL OldIrql;
    ULONG Right = 0;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    NumberMapInit(&Map, &Pool);
    for (ULONG64 Key = 0; Key < 1000; Key += 1) {
        Right += NumberMapInsert(&Map, Key, Key) == STATUS_SUCCESS;
    }
    KeLowerIrql(OldIrql);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    for (NumberMapCursor Cursor = NumberMapFirst(&Map); Cursor.Key != NULL; NumberMapNext(&Cursor)) {
        Right += *NumberMapFind(&Map, *Cursor.Key) == *Cursor.Value;
    }
    KeLowerIrql(OldIrql);
    IS(Right, 2000);
    NumberMapFree(&Map);
}

#define DOMAIN 1500

static ULONG64 Model[DOMAIN]; // 0: not there
static ULONG ModelCount;

#define COMPARE          CompareNumbers
#define MAP              NumberMap
#define MAKE_KEY(Number) (Number)
#define NUMBER_OF(Key)   (Key)
#include "ordered-map-model.h"
#undef MAP
#undef MAKE_KEY
#undef NUMBER_OF

static WIDE MakeWide(ULONG64 Number)
{
    WIDE Wide = {Number, {0}};

    Wide.Bytes[79] = (UCHAR)Number;
    return Wide;
}

#define MAP              WideMap
#define MAKE_KEY(Number) MakeWide(Number)
#define NUMBER_OF(Key)   ((Key).Bytes[79] == (UCHAR)(Key).Number ? (Key).Number : MAXULONG)
#include "ordered-map-model.h"

TEST_DRIVER(TestEmpty, TestRoutines, TestTypes, TestFailures, TestIrql, NumberMapTestModel, WideMapTestModel,
            NumberMapTestOrders, WideMapTestOrders)
