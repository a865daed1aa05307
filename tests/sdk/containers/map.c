// SPDX-License-Identifier: MIT
// Hash maps keyed by scalars.
#include "test.h"
#include "../failing-allocator.h"

typedef struct LARGE_VALUE {
    ULONG64 Numbers[5];
} LARGE_VALUE;

typedef enum COLOUR { Red, Green, Blue } COLOUR;

KM_MAP_DEFINE(NumberMap, ULONG64, ULONG64)
KM_MAP_DEFINE(ByteMap, UCHAR, UCHAR)
KM_MAP_DEFINE(SignedMap, LONG, USHORT)
KM_MAP_DEFINE(PointerMap, PVOID, LARGE_VALUE)
KM_MAP_DEFINE(ColourMap, COLOUR, PCSTR)

static FAILING_ALLOCATOR Failing = FAILING_ALLOCATOR_INIT;

static void TestEmpty(void)
{
    NumberMap Map;
    ULONG64 Old = 77;

    NumberMapInit(&Map, &Failing.Allocator);
    IS(NumberMapCount(&Map), 0);
    IS(NumberMapBytes(&Map), 0);
    OK(NumberMapFind(&Map, 0) == NULL);
    OK(!NumberMapContains(&Map, 1));
    OK(!NumberMapErase(&Map, 1, &Old));
    IS(Old, 77);
    OK(NumberMapNext(&Map, NULL) == NULL);
    NumberMapClear(&Map);
    IS(NumberMapShrink(&Map), STATUS_SUCCESS);
    IS(NumberMapReserve(&Map, 0), STATUS_SUCCESS);
    IS(NumberMapBytes(&Map), 0);
    NumberMapFree(&Map);
    IS(Failing.Outstanding, 0);
}

static void TestRoutines(void)
{
    NumberMap Map;
    BOOLEAN Inserted = 7;
    ULONG64 Old = 77, *Value;
    NumberMapEntry *Entry;

    NumberMapInitSeeded(&Map, &Failing.Allocator, 1);
    IS(NumberMapInsert(&Map, 5, 50), STATUS_SUCCESS);
    IS(NumberMapInsert(&Map, 5, 51), STATUS_OBJECT_NAME_COLLISION);
    Value = NumberMapFind(&Map, 5);
    OK(Value != NULL && *Value == 50);
    IS(NumberMapReplace(&Map, 5, 52, &Old), STATUS_OBJECT_NAME_EXISTS);
    IS(Old, 50);
    IS(NumberMapReplace(&Map, 5, 53, NULL), STATUS_OBJECT_NAME_EXISTS);
    IS(*NumberMapFind(&Map, 5), 53);
    Old = 77;
    IS(NumberMapReplace(&Map, 6, 60, &Old), STATUS_SUCCESS);
    IS(Old, 77);
    IS(NumberMapCount(&Map), 2);
    Value = NumberMapGetOrInsert(&Map, 6, &Inserted);
    OK(Value != NULL && *Value == 60);
    IS(Inserted, FALSE);
    Value = NumberMapGetOrInsert(&Map, 7, &Inserted);
    OK(Value != NULL && *Value == 0);
    IS(Inserted, TRUE);
    Value = NumberMapGetOrInsert(&Map, 8, NULL);
    OK(Value != NULL && *Value == 0);
    OK(NumberMapContains(&Map, 8));
    OK(NumberMapErase(&Map, 6, &Old));
    IS(Old, 60);
    OK(!NumberMapErase(&Map, 6, NULL));
    OK(NumberMapErase(&Map, 8, NULL));
    IS(NumberMapCount(&Map), 2);
    Entry = NumberMapNext(&Map, NULL);
    OK(Entry != NULL && (Entry->Key == 5 || Entry->Key == 7));
    NumberMapEraseEntry(&Map, Entry);
    Entry = NumberMapNext(&Map, Entry);
    OK(Entry != NULL);
    OK(NumberMapNext(&Map, Entry) == NULL);
    NumberMapClear(&Map);
    IS(NumberMapCount(&Map), 0);
    OK(NumberMapBytes(&Map) != 0);
    OK(NumberMapNext(&Map, NULL) == NULL);
    IS(NumberMapInsert(&Map, 9, 90), STATUS_SUCCESS);
    IS(NumberMapBytes(&Map), Failing.Bytes);
    NumberMapFree(&Map);
    IS(NumberMapCount(&Map), 0);
    IS(NumberMapInsert(&Map, 9, 90), STATUS_SUCCESS);
    NumberMapFree(&Map);
    IS(Failing.Outstanding, 0);
    OK(!Failing.Misused);
}

// Every width of key, its edges among them.
static void TestKeys(void)
{
    ByteMap Bytes;
    SignedMap Signed;
    PointerMap Pointers;
    ColourMap Colours;
    LARGE_VALUE Large = {{1, 2, 3, 4, 5}};
    ULONG Right = 0;

    ByteMapInit(&Bytes, &Failing.Allocator);
    for (ULONG Key = 0; Key < 256; Key += 1) {
        Right += ByteMapInsert(&Bytes, (UCHAR)Key, (UCHAR)~Key) == STATUS_SUCCESS;
    }
    for (ULONG Key = 0; Key < 256; Key += 1) {
        Right += *ByteMapFind(&Bytes, (UCHAR)Key) == (UCHAR)~Key;
        Right += ByteMapInsert(&Bytes, (UCHAR)Key, 0) == STATUS_OBJECT_NAME_COLLISION;
    }
    IS(Right, 3 * 256);
    ByteMapFree(&Bytes);

    SignedMapInit(&Signed, &Failing.Allocator);
    IS(SignedMapInsert(&Signed, -1, 1), STATUS_SUCCESS);
    IS(SignedMapInsert(&Signed, MINLONG, 2), STATUS_SUCCESS);
    IS(SignedMapInsert(&Signed, MAXLONG, 3), STATUS_SUCCESS);
    IS(SignedMapInsert(&Signed, 0, 4), STATUS_SUCCESS);
    IS(*SignedMapFind(&Signed, -1), 1);
    IS(*SignedMapFind(&Signed, MINLONG), 2);
    IS(*SignedMapFind(&Signed, MAXLONG), 3);
    IS(*SignedMapFind(&Signed, 0), 4);
    OK(SignedMapFind(&Signed, 1) == NULL);
    SignedMapFree(&Signed);

    PointerMapInit(&Pointers, &Failing.Allocator);
    for (ULONG_PTR Key = 0; Key < 100; Key += 1) {
        Large.Numbers[4] = Key;
        Right += PointerMapReplace(&Pointers, (PVOID)(Key << 12), Large, NULL) == STATUS_SUCCESS;
    }
    for (ULONG_PTR Key = 0; Key < 100; Key += 1) {
        Right += PointerMapFind(&Pointers, (PVOID)(Key << 12))->Numbers[4] == Key;
        Right += PointerMapFind(&Pointers, (PVOID)(Key << 12))->Numbers[0] == 1;
    }
    IS(Right, 3 * 256 + 300);
    PointerMapFree(&Pointers);

    ColourMapInit(&Colours, &Failing.Allocator);
    IS(ColourMapInsert(&Colours, Green, "green"), STATUS_SUCCESS);
    OK(!ColourMapContains(&Colours, Blue));
    IS_STRING(*ColourMapFind(&Colours, Green), "green");
    ColourMapFree(&Colours);
    IS(Failing.Outstanding, 0);
    OK(!Failing.Misused);
}

static void TestReserve(void)
{
    NumberMap Map;
    ULONG Right = 0;
    SIZE_T Bytes;

    NumberMapInit(&Map, &Failing.Allocator);
    IS(NumberMapReserve(&Map, 10000), STATUS_SUCCESS);
    Bytes = NumberMapBytes(&Map);
    Failing.Left = 0;
    for (ULONG64 Key = 0; Key < 10000; Key += 1) {
        Right += NumberMapInsert(&Map, Key, Key) == STATUS_SUCCESS;
    }
    // Also when entries come and go, so that erased slots stand between.
    for (ULONG64 Key = 0; Key < 100000; Key += 1) {
        Right += NumberMapErase(&Map, Key, NULL);
        Right += NumberMapInsert(&Map, Key + 10000, Key) == STATUS_SUCCESS;
    }
    IS(Right, 10000 + 200000);
    IS(NumberMapBytes(&Map), Bytes);
    IS(NumberMapReserve(&Map, 10000), STATUS_SUCCESS);
    IS(NumberMapReserve(&Map, 1000000), STATUS_INSUFFICIENT_RESOURCES);
    Failing.Left = MAXULONG;
    IS(NumberMapReserve(&Map, (SIZE_T)-1), STATUS_INSUFFICIENT_RESOURCES);
    IS(NumberMapReserve(&Map, (SIZE_T)1 << 60), STATUS_INSUFFICIENT_RESOURCES);
    IS(NumberMapCount(&Map), 10000);

    for (ULONG64 Key = 100000; Key < 109990; Key += 1) {
        (void)NumberMapErase(&Map, Key, NULL);
    }
    Failing.Left = 0;
    IS(NumberMapShrink(&Map), STATUS_INSUFFICIENT_RESOURCES);
    IS(NumberMapBytes(&Map), Bytes);
    Failing.Left = MAXULONG;
    IS(NumberMapShrink(&Map), STATUS_SUCCESS);
    OK(NumberMapBytes(&Map) < 500);
    IS(NumberMapCount(&Map), 10);
    IS(*NumberMapFind(&Map, 109995), 99995);
    Bytes = NumberMapBytes(&Map);
    IS(NumberMapShrink(&Map), STATUS_SUCCESS);
    IS(NumberMapBytes(&Map), Bytes);
    NumberMapClear(&Map);
    IS(NumberMapShrink(&Map), STATUS_SUCCESS);
    IS(Failing.Outstanding, 0);
    NumberMapFree(&Map);
    OK(!Failing.Misused);
}

// The n-th allocation fails, for each n until none does: the map is as it was, and what is not there can be
// added afterwards.
static void TestFailures(void)
{
    ULONG Wrong = 0, Limit = 0;
    BOOLEAN Failed;

    do {
        NumberMap Map;
        ULONG64 Done = 0;

        NumberMapInitSeeded(&Map, &Failing.Allocator, Limit);
        Failing.Left = Limit;
        Failed = FALSE;
        for (ULONG64 Key = 0; Key < 2000; Key += 1) {
            NTSTATUS Status = Key % 3 == 0   ? NumberMapInsert(&Map, Key, ~Key)
                              : Key % 3 == 1 ? NumberMapReplace(&Map, Key, ~Key, NULL)
                                             : STATUS_SUCCESS;

            if (Key % 3 == 2) {
                PULONG64 Value = NumberMapGetOrInsert(&Map, Key, NULL);

                if (Value != NULL) {
                    *Value = ~Key;
                } else {
                    Status = STATUS_INSUFFICIENT_RESOURCES;
                }
            }
            if (!NT_SUCCESS(Status)) {
                Wrong += Status != STATUS_INSUFFICIENT_RESOURCES;
                Wrong += NumberMapContains(&Map, Key);
                Wrong += NumberMapCount(&Map) != Done;
                for (ULONG64 Before = 0; Before < Done; Before += 1) {
                    PULONG64 Value = NumberMapFind(&Map, Before);

                    Wrong += Value == NULL || *Value != ~Before;
                }
                Failed = TRUE;
                Failing.Left = MAXULONG;
                Wrong += NumberMapInsert(&Map, Key, ~Key) != STATUS_SUCCESS;
            }
            Done += 1;
        }
        Wrong += NumberMapCount(&Map) != 2000;
        NumberMapFree(&Map);
        Wrong += Failing.Outstanding != 0;
        Limit += 1;
    } while (Failed);
    Failing.Left = MAXULONG;
    IS(Wrong, 0);
    OK(Limit > 5);
    OK(!Failing.Misused);
}

// ---- beside a model: an array that has the value of each key of a small domain

#define DOMAIN 400

static ULONG64 Model[DOMAIN]; // 0: not there
static ULONG ModelCount;

static ULONG64 KeyOf(ULONG Index, ULONG64 Style)
{
    switch (Style % 4) {
    case 0: return Index;
    case 1: return (ULONG64)Index << 52;
    case 2: return (ULONG64)Index * 0x10000;
    default: return Index * 0x9E3779B97F4A7C15;
    }
}

static ULONG CheckAll(NumberMap *Map, ULONG64 Style)
{
    ULONG Wrong = 0, Seen = 0;
    NumberMapEntry *Entry = NULL;

    for (ULONG Index = 0; Index < DOMAIN; Index += 1) {
        PULONG64 Value = NumberMapFind(Map, KeyOf(Index, Style));

        Wrong += Value == NULL ? Model[Index] != 0 : *Value != Model[Index];
    }
    while ((Entry = NumberMapNext(Map, Entry)) != NULL) {
        Seen += 1;
    }
    return Wrong + (Seen != ModelCount) + (NumberMapCount(Map) != ModelCount);
}

static ULONG Step(NumberMap *Map, PULONG64 Random, ULONG64 Style, ULONG64 Bias)
{
    ULONG Index = (ULONG)(TestRandom(Random) % DOMAIN);
    ULONG64 Key = KeyOf(Index, Style), New = TestRandom(Random) | 1, Old = 0;
    NumberMapEntry *Entry = NULL;
    BOOLEAN Inserted;
    PULONG64 Value;
    NTSTATUS Status;

    // Failures, now and then.
    Failing.Left = TestRandom(Random) % 8 == 0 ? 0 : MAXULONG;
    switch (TestRandom(Random) % 100 < Bias ? TestRandom(Random) % 3 : 3 + TestRandom(Random) % 5) {
    case 0:
        Status = NumberMapInsert(Map, Key, New);
        if (Status == STATUS_INSUFFICIENT_RESOURCES) {
            return Model[Index] != 0 || Failing.Left != 0;
        }
        if (Model[Index] != 0) {
            return Status != STATUS_OBJECT_NAME_COLLISION;
        }
        Model[Index] = New;
        ModelCount += 1;
        return Status != STATUS_SUCCESS;
    case 1:
        Status = NumberMapReplace(Map, Key, New, &Old);
        if (Status == STATUS_INSUFFICIENT_RESOURCES) {
            return Model[Index] != 0 || Failing.Left != 0;
        }
        Inserted = Model[Index] == 0;
        ModelCount += Inserted;
        Status = Old != Model[Index] || Status != (Inserted ? STATUS_SUCCESS : STATUS_OBJECT_NAME_EXISTS);
        Model[Index] = New;
        return Status;
    case 2:
        Value = NumberMapGetOrInsert(Map, Key, &Inserted);
        if (Value == NULL) {
            return Model[Index] != 0 || Failing.Left != 0 || Inserted;
        }
        if (*Value != Model[Index] || Inserted != (Model[Index] == 0)) {
            return 1;
        }
        ModelCount += Inserted;
        *Value = Model[Index] = New;
        return 0;
    case 3:
    case 4:
        Inserted = NumberMapErase(Map, Key, &Old);
        Status = Inserted != (Model[Index] != 0) || Old != Model[Index];
        ModelCount -= Inserted;
        Model[Index] = 0;
        return Status;
    case 5: return NumberMapContains(Map, Key) != (Model[Index] != 0);
    case 6:
        if (TestRandom(Random) % 64 == 0) {
            // Everything is seen once, though the current entry and others go.
            ULONG Seen = 0, Count = ModelCount;
            BOOLEAN Enumerated = TestRandom(Random) % 2 == 0;
            NumberMapCursor Cursor = {0};

            while ((Entry = Enumerated ? NumberMapEnumerate(Map, &Cursor) : NumberMapNext(Map, Entry)) !=
                   NULL) {
                Seen += 1;
                if (Entry->Value % 4 != 1) {
                    ULONG Gone = 0;

                    while (KeyOf(Gone, Style) != Entry->Key) {
                        Gone += 1;
                    }
                    Model[Gone] = 0;
                    ModelCount -= 1;
                    NumberMapEraseEntry(Map, Entry);
                }
            }
            return Seen != Count;
        }
        return 0;
    default:
        if (TestRandom(Random) % 128 == 0) {
            NumberMapClear(Map);
            RtlZeroMemory(Model, sizeof(Model));
            ModelCount = 0;
        } else if (TestRandom(Random) % 16 == 0) {
            Status = NumberMapShrink(Map);
            return Status != STATUS_SUCCESS && Failing.Left != 0;
        }
        return 0;
    }
}

static void TestModel(void)
{
    ULONG Wrong = 0;

    for (ULONG64 Seed = 0; Seed < 200; Seed += 1) {
        ULONG64 Random = Seed * 1000003 + (ULONG64)KmHashSeed() % 1000;
        NumberMap Map;

        NumberMapInitSeeded(&Map, &Failing.Allocator, Random);
        RtlZeroMemory(Model, sizeof(Model));
        ModelCount = 0;
        for (ULONG Round = 0; Round < 8; Round += 1) {
            for (ULONG Index = 0; Index < 250; Index += 1) {
                Wrong += Step(&Map, &Random, Seed, Round % 2 == 0 ? 80 : 35);
            }
            Wrong += CheckAll(&Map, Seed);
        }
        NumberMapFree(&Map);
        if (Failing.Outstanding != 0 || Wrong != 0) {
            DbgPrint("# seed %I64u, random now %I64u\n", Seed, Random);
            break;
        }
    }
    Failing.Left = MAXULONG;
    IS(Wrong, 0);
    IS(Failing.Outstanding, 0);
    OK(!Failing.Misused);
}

// The most slots that are looked at for one key.
static SIZE_T LongestWay(const NumberMap *Map)
{
    SIZE_T Longest = 0;
    NumberMapEntry *Entry = NULL;

    while ((Entry = NumberMapNext(Map, Entry)) != NULL) {
        SIZE_T Slot = KmpMapSlotOf(&Map->Map, Entry, sizeof(*Entry));
        SIZE_T Home = (SIZE_T)KmpMapHashScalar(&Map->Map, &Entry->Key, sizeof(Entry->Key)) & Map->Map.Mask;

        Longest = max(Longest, (Slot - Home) & Map->Map.Mask);
    }
    return Longest;
}

// Keys that collide under one seed do not under another; patterns do under none.
static void TestChosenKeys(void)
{
    static ULONG64 Keys[1000];
    ULONG Found = 0, Long = 0;
    NumberMap Chooser, Victim;

    NumberMapInitSeeded(&Chooser, &Failing.Allocator, 1234);
    NumberMapInitSeeded(&Victim, &Failing.Allocator, 1235);
    for (ULONG64 Key = 0; Found < RTL_NUMBER_OF(Keys); Key += 1) {
        if ((KmpMapHashScalar(&Chooser.Map, &Key, sizeof(Key)) & 2047) == 0) {
            Keys[Found] = Key;
            Found += 1;
        }
    }
    for (ULONG Index = 0; Index < Found; Index += 1) {
        (void)NumberMapInsert(&Chooser, Keys[Index], 0);
        (void)NumberMapInsert(&Victim, Keys[Index], 0);
    }
    OK(LongestWay(&Chooser) > 500);
    OK(LongestWay(&Victim) < 100);
    NumberMapFree(&Chooser);
    NumberMapFree(&Victim);

    for (ULONG Shift = 0; Shift < 54; Shift += 1) {
        NumberMapInit(&Victim, &Failing.Allocator);
        for (ULONG64 Key = 0; Key < 1200; Key += 1) {
            (void)NumberMapInsert(&Victim, Key << Shift, 0);
        }
        Long += LongestWay(&Victim) >= 200;
        NumberMapFree(&Victim);
    }
    IS(Long, 0);
    IS(Failing.Outstanding, 0);
}

// Order depends on the seed alone.
static void TestOrder(void)
{
    NumberMap One, Same, Other;
    NumberMapEntry *Left = NULL, *Right = NULL, *Third = NULL;
    ULONG Differences = 0, OtherDifferences = 0;

    NumberMapInitSeeded(&One, &Failing.Allocator, 1);
    NumberMapInitSeeded(&Same, &Failing.Allocator, 1);
    NumberMapInitSeeded(&Other, &Failing.Allocator, 2);
    for (ULONG64 Key = 0; Key < 100; Key += 1) {
        (void)NumberMapInsert(&One, Key, 0);
        (void)NumberMapInsert(&Same, Key, 0);
        (void)NumberMapInsert(&Other, Key, 0);
    }
    while ((Left = NumberMapNext(&One, Left)) != NULL) {
        Right = NumberMapNext(&Same, Right);
        Third = NumberMapNext(&Other, Third);
        Differences += Left->Key != Right->Key;
        OtherDifferences += Left->Key != Third->Key;
    }
    IS(Differences, 0);
    OK(OtherDifferences > 50);
    NumberMapFree(&One);
    NumberMapFree(&Same);
    NumberMapFree(&Other);
    OK(KmHashSeed() != KmHashSeed());
}

// Whatever goes meanwhile is not seen any more: the current entry, others of its group, all, the map's
// memory.
static void TestEnumerate(void)
{
    static BOOLEAN Seen[1000];
    NumberMap Map;
    NumberMapCursor Cursor = {0};
    NumberMapEntry *Entry;
    ULONG Count = 0, Wrong = 0;

    NumberMapInitSeeded(&Map, &Failing.Allocator, 5);
    OK(NumberMapEnumerate(&Map, &Cursor) == NULL);
    OK(NumberMapEnumerate(&Map, &Cursor) == NULL);
    for (ULONG64 Key = 0; Key < RTL_NUMBER_OF(Seen); Key += 1) {
        Wrong += NumberMapInsert(&Map, Key, ~Key) != STATUS_SUCCESS;
    }
    Cursor = (NumberMapCursor){0};
    while ((Entry = NumberMapEnumerate(&Map, &Cursor)) != NULL) {
        Wrong += Seen[Entry->Key] || Entry->Value != ~Entry->Key;
        Seen[Entry->Key] = TRUE;
        Count += 1;
    }
    IS(Count, 1000);
    OK(NumberMapEnumerate(&Map, &Cursor) == NULL);
    // Of each two, the one that is seen first takes the other with it.
    RtlZeroMemory(Seen, sizeof(Seen));
    Cursor = (NumberMapCursor){0};
    Count = 0;
    while ((Entry = NumberMapEnumerate(&Map, &Cursor)) != NULL) {
        ULONG64 Other = Entry->Key ^ 1;

        Wrong += Seen[Entry->Key] || Seen[Other];
        Seen[Entry->Key] = TRUE;
        Wrong += !NumberMapErase(&Map, Other, NULL);
        if (Entry->Key % 4 < 2) {
            NumberMapEraseEntry(&Map, Entry);
        }
        Count += 1;
    }
    IS(Count, 500);
    IS(NumberMapCount(&Map), 250);
    Cursor = (NumberMapCursor){0};
    OK(NumberMapEnumerate(&Map, &Cursor) != NULL);
    NumberMapClear(&Map);
    OK(NumberMapEnumerate(&Map, &Cursor) == NULL);
    for (ULONG64 Key = 0; Key < 10000; Key += 1) {
        Wrong += NumberMapInsert(&Map, Key, Key) != STATUS_SUCCESS;
    }
    Cursor = (NumberMapCursor){0};
    for (Count = 0; Count < 9000; Count += 1) {
        Wrong += NumberMapEnumerate(&Map, &Cursor) == NULL;
    }
    NumberMapFree(&Map);
    OK(NumberMapEnumerate(&Map, &Cursor) == NULL);
    IS(Wrong, 0);
    IS(Failing.Outstanding, 0);
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
    for (ULONG64 Key = 0; Key < 1000; Key += 1) {
        Right += *NumberMapFind(&Map, Key) == Key;
        Right += NumberMapErase(&Map, Key, NULL);
        Right += NumberMapInsert(&Map, Key, Key) == STATUS_SUCCESS;
    }
    Right += KmHashSeed() != 0;
    NumberMapClear(&Map);
    KeLowerIrql(OldIrql);
    IS(Right, 4001);
    NumberMapFree(&Map);
}

TEST_DRIVER(TestEmpty, TestRoutines, TestKeys, TestReserve, TestFailures, TestModel, TestChosenKeys,
            TestOrder, TestEnumerate, TestIrql)
