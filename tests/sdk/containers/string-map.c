// SPDX-License-Identifier: MIT
// Hash maps whose keys are strings, or bytes.
#include "test.h"
#include "../failing-allocator.h"

KM_STRING_MAP_DEFINE(NameMap, ULONG)
KM_BYTES_MAP_DEFINE(BytesMap, ULONG64)

static FAILING_ALLOCATOR Failing = FAILING_ALLOCATOR_INIT;

#define STRING(Name, Text) static const UNICODE_STRING Name = RTL_CONSTANT_STRING(Text)

STRING(Lower, L"\\device\\null");
STRING(Upper, L"\\DEVICE\\NULL");
STRING(Mixed, L"\\Device\\Null");
STRING(Other, L"\\Device\\Null0");
STRING(Umlaut, L"\x00E4\x0451");
STRING(UpperUmlaut, L"\x00C4\x0401");
static const UNICODE_STRING Empty = {0, 0, NULL};

static void TestStrings(void)
{
    WCHAR Buffer[] = L"temporary";
    UNICODE_STRING Temporary = {18, 20, Buffer};
    NameMap Map;
    NameMapEntry *Entry = NULL;
    BOOLEAN Inserted;
    ULONG Old = 77, Seen = 0, *Value;

    NameMapInit(&Map, &Failing.Allocator);
    OK(NameMapFind(&Map, &Lower) == NULL);
    OK(!NameMapErase(&Map, &Empty, NULL));
    IS(NameMapInsert(&Map, &Mixed, 1), STATUS_SUCCESS);
    IS(NameMapInsert(&Map, &Upper, 2), STATUS_OBJECT_NAME_COLLISION);
    IS(NameMapInsert(&Map, &Other, 3), STATUS_SUCCESS);
    IS(*NameMapFind(&Map, &Lower), 1);
    IS(*NameMapFind(&Map, &Other), 3);
    IS(NameMapReplace(&Map, &Upper, 4, &Old), STATUS_OBJECT_NAME_EXISTS);
    IS(Old, 1);
    IS(NameMapReplace(&Map, &Umlaut, 5, NULL), STATUS_SUCCESS);
    OK(NameMapContains(&Map, &UpperUmlaut));
    OK(!NameMapContains(&Map, &Empty));
    IS(NameMapInsert(&Map, &Empty, 6), STATUS_SUCCESS);
    IS(*NameMapFind(&Map, &Empty), 6);
    Value = NameMapGetOrInsert(&Map, &Temporary, &Inserted);
    OK(Value != NULL && *Value == 0 && Inserted);
    // The key is a copy, as it was first.
    Buffer[0] = 'T';
    OK(NameMapContains(&Map, &Temporary));
    Buffer[0] = 'x';
    OK(!NameMapContains(&Map, &Temporary));
    IS(NameMapCount(&Map), 5);
    while ((Entry = NameMapNext(&Map, Entry)) != NULL) {
        Seen += Entry->Value;
        if (Entry->Value == 4) {
            OK(Entry->Key.Length == Mixed.Length && RtlEqualUnicodeString(&Entry->Key, &Mixed, FALSE));
        }
    }
    IS(Seen, 4 + 3 + 5 + 6);
    OK(NameMapErase(&Map, &Lower, &Old));
    IS(Old, 4);
    OK(!NameMapErase(&Map, &Lower, &Old));
    OK(NameMapErase(&Map, &Empty, NULL));
    IS(Failing.Outstanding, 4);
    NameMapClear(&Map);
    IS(NameMapCount(&Map), 0);
    IS(Failing.Outstanding, 1);
    IS(NameMapInsert(&Map, &Mixed, 1), STATUS_SUCCESS);
    NameMapFree(&Map);
    IS(Failing.Outstanding, 0);
    OK(!Failing.Misused);
}

static void TestBytes(void)
{
    static const UCHAR Bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    BytesMap Map;
    BytesMapEntry *Entry = NULL;
    BytesMapCursor Cursor = {0};
    ULONG64 Old = 77, Seen = 0;
    ULONG Right = 0;

    BytesMapInitSeeded(&Map, &Failing.Allocator, 3);
    for (ULONG Length = 0; Length <= sizeof(Bytes); Length += 1) {
        Right += BytesMapInsert(&Map, Bytes, Length, Length) == STATUS_SUCCESS;
    }
    for (ULONG Length = 0; Length <= sizeof(Bytes); Length += 1) {
        Right += *BytesMapFind(&Map, Bytes, Length) == Length;
        Right += BytesMapInsert(&Map, Bytes, Length, 0) == STATUS_OBJECT_NAME_COLLISION;
    }
    IS(Right, 33);
    OK(BytesMapContains(&Map, NULL, 0));
    OK(!BytesMapContains(&Map, Bytes + 1, 1));
    IS(BytesMapReplace(&Map, Bytes, 3, 33, &Old), STATUS_OBJECT_NAME_EXISTS);
    IS(Old, 3);
    IS(BytesMapReplace(&Map, Bytes + 1, 3, 9, NULL), STATUS_SUCCESS);
    OK(BytesMapErase(&Map, Bytes + 1, 3, &Old));
    IS(Old, 9);
    *BytesMapGetOrInsert(&Map, Bytes + 5, 2, NULL) += 5;
    IS(*BytesMapFind(&Map, Bytes + 5, 2), 5);
    IS(BytesMapReserve(&Map, 1000), STATUS_SUCCESS);
    while ((Entry = BytesMapEnumerate(&Map, &Cursor)) != NULL) {
        Seen += Entry->Key.Length;
        Right += Entry->Key.Length == 0
                     ? Entry->Key.Buffer == NULL
                     : *(PUCHAR)Entry->Key.Buffer == (Entry->Value == 5 && Entry->Key.Length == 2 ? 5 : 0);
        BytesMapEraseEntry(&Map, Entry);
    }
    IS(Seen, 55 + 2);
    IS(Right, 33 + 12);
    IS(BytesMapCount(&Map), 0);
    IS(Failing.Outstanding, 1);
    IS(BytesMapShrink(&Map), STATUS_SUCCESS);
    IS(Failing.Outstanding, 0);
    BytesMapFree(&Map);
    OK(!Failing.Misused);
}

static UNICODE_STRING MakeName(PWCHAR Buffer, ULONG Number, BOOLEAN Upper_)
{
    UNICODE_STRING Name = {0, 20, Buffer};

    for (; Number != 0; Number /= 26) {
        Buffer[Name.Length / 2] = (WCHAR)((Upper_ ? 'A' : 'a') + Number % 26);
        Name.Length += 2;
    }
    return Name;
}

// The n-th allocation fails, for each n until none does; each is of a table or of a key.
static void TestFailures(void)
{
    ULONG Wrong = 0, Limit = 0;
    BOOLEAN Failed;

    do {
        NameMap Map;

        NameMapInitSeeded(&Map, &Failing.Allocator, Limit);
        Failing.Left = Limit;
        Failed = FALSE;
        for (ULONG Number = 0; Number < 100; Number += 1) {
            WCHAR Buffer[10];
            UNICODE_STRING Name = MakeName(Buffer, Number, FALSE);
            ULONG Blocks = Failing.Outstanding;
            BOOLEAN HasTable = NameMapBytes(&Map) != 0;
            NTSTATUS Status = NameMapInsert(&Map, &Name, Number);

            if (!NT_SUCCESS(Status)) {
                Wrong += Status != STATUS_INSUFFICIENT_RESOURCES;
                Wrong += Failing.Outstanding - Blocks > (HasTable ? 0u : 1u);
                Wrong += NameMapContains(&Map, &Name) || NameMapCount(&Map) != Number;
                Failed = TRUE;
                Failing.Left = MAXULONG;
                Wrong += NameMapInsert(&Map, &Name, Number) != STATUS_SUCCESS;
            }
        }
        for (ULONG Number = 0; Number < 100; Number += 1) {
            WCHAR Buffer[10];
            UNICODE_STRING Name = MakeName(Buffer, Number, TRUE);
            PULONG Value = NameMapFind(&Map, &Name);

            Wrong += Value == NULL || *Value != Number;
        }
        NameMapFree(&Map);
        Wrong += Failing.Outstanding != 0;
        Limit += 1;
    } while (Failed);
    Failing.Left = MAXULONG;
    IS(Wrong, 0);
    OK(Limit > 100);
    OK(!Failing.Misused);
}

// Beside a model: the value of each name of a small domain, 0 if it is not there.
static void TestModel(void)
{
    static ULONG Model[300];
    ULONG Wrong = 0;

    for (ULONG64 Seed = 0; Seed < 60 && Wrong == 0; Seed += 1) {
        ULONG64 Random = Seed + (ULONG64)KmHashSeed() % 1000;
        ULONG Count = 0;
        NameMap Map;

        NameMapInitSeeded(&Map, &Failing.Allocator, Random);
        RtlZeroMemory(Model, sizeof(Model));
        for (ULONG Index = 0; Index < 2000 && Wrong == 0; Index += 1) {
            WCHAR Buffer[10];
            ULONG Number = (ULONG)(TestRandom(&Random) % RTL_NUMBER_OF(Model)), New = Index + 1, Old = 0;
            UNICODE_STRING Name = MakeName(Buffer, Number, TestRandom(&Random) % 2 == 0);
            BOOLEAN There = Model[Number] != 0;
            NTSTATUS Status;

            Failing.Left = TestRandom(&Random) % 8 == 0 ? (ULONG)(TestRandom(&Random) % 2) : MAXULONG;
            switch (TestRandom(&Random) % 4) {
            case 0:
                Status = NameMapInsert(&Map, &Name, New);
                if (Status == STATUS_INSUFFICIENT_RESOURCES) {
                    Wrong += There || Failing.Left != 0;
                } else {
                    Wrong += Status != (There ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS);
                    Count += !There;
                    Model[Number] = There ? Model[Number] : New;
                }
                break;
            case 1:
                Status = NameMapReplace(&Map, &Name, New, &Old);
                if (Status == STATUS_INSUFFICIENT_RESOURCES) {
                    Wrong += There || Failing.Left != 0;
                } else {
                    Wrong += Old != Model[Number];
                    Count += !There;
                    Model[Number] = New;
                }
                break;
            case 2:
                Wrong += NameMapErase(&Map, &Name, &Old) != There || Old != Model[Number];
                Count -= There;
                Model[Number] = 0;
                break;
            default: Wrong += NameMapContains(&Map, &Name) != There; break;
            }
            Wrong += NameMapCount(&Map) != Count;
            Wrong += Failing.Outstanding > Count + 1;
        }
        NameMapFree(&Map);
        Wrong += Failing.Outstanding != 0;
    }
    Failing.Left = MAXULONG;
    IS(Wrong, 0);
    OK(!Failing.Misused);
}

// The most slots that are looked at for one name.
static SIZE_T LongestWay(const NameMap *Map)
{
    SIZE_T Longest = 0;
    NameMapEntry *Entry = NULL;

    while ((Entry = NameMapNext(Map, Entry)) != NULL) {
        SIZE_T Slot = KmpMapSlotOf(&Map->Map, Entry, sizeof(*Entry));

        Longest = max(Longest, (Slot - ((SIZE_T)Entry->Hash & Map->Map.Mask)) & Map->Map.Mask);
    }
    return Longest;
}

// Names that collide under one seed do not under another.
static void TestChosenNames(void)
{
    NameMap Chooser, Victim;
    ULONG Found = 0;

    NameMapInitSeeded(&Chooser, &Failing.Allocator, 1234);
    NameMapInitSeeded(&Victim, &Failing.Allocator, 1235);
    for (ULONG Number = 1; Found < 200; Number += 1) {
        WCHAR Buffer[10];
        UNICODE_STRING Name = MakeName(Buffer, Number, FALSE);

        if ((KmHashUnicodeString(&Name, Chooser.Map.Seed[0]) & 511) == 0) {
            Found += NameMapInsert(&Chooser, &Name, 0) == STATUS_SUCCESS;
            (void)NameMapInsert(&Victim, &Name, 0);
        }
    }
    IS(NameMapCount(&Victim), 200);
    OK(LongestWay(&Chooser) > 150);
    OK(LongestWay(&Victim) < 60);
    NameMapFree(&Chooser);
    NameMapFree(&Victim);
    IS(Failing.Outstanding, 0);
}

static void TestIrql(void)
{
    static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'lqrI');
    NameMap Map;
    KIRQL OldIrql;
    ULONG Right = 0;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    NameMapInit(&Map, &Pool);
    Right += NameMapInsert(&Map, &Umlaut, 1) == STATUS_SUCCESS;
    KeLowerIrql(OldIrql);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    Right += *NameMapFind(&Map, &UpperUmlaut) == 1;
    KeLowerIrql(OldIrql);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Right += NameMapErase(&Map, &UpperUmlaut, NULL);
    NameMapFree(&Map);
    KeLowerIrql(OldIrql);
    IS(Right, 3);
}

TEST_DRIVER(TestStrings, TestBytes, TestFailures, TestModel, TestChosenNames, TestIrql)
