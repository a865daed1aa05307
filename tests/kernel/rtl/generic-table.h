// SPDX-License-Identifier: MIT
// Tests of generic tables, for a table type and the suffix of its routines: the test defines TABLE,
// CALL(Name), LINKS_SIZE, ALLOCATED_ELEMENT_ORDER (0: GetElement counts in sorted order) and CheckTree().
#include "test.h"

typedef struct {
    ULONG Key, Value;
} ELEMENT;

#define MAX_KEYS 128

static TABLE Table;
static ULONG Random, Allocations, Frees, LastSize;
static BOOLEAN RefuseMemory;
static const CHAR Context = 'c';

static ULONG Next(ULONG Below)
{
    Random = Random * 1664525 + 1013904223;
    return (ULONG)(((ULONG64)(Random ^ Random >> 15) * Below) >> 32);
}

static RTL_GENERIC_COMPARE_RESULTS NTAPI Compare(TABLE *Which, PVOID First, PVOID Second)
{
    ULONG A = ((ELEMENT *)First)->Key, B = ((ELEMENT *)Second)->Key;
    UNREFERENCED_PARAMETER(Which);
    return A < B ? GenericLessThan : A > B ? GenericGreaterThan : GenericEqual;
}

static PVOID NTAPI Allocate(TABLE *Which, CLONG Size)
{
    if (RefuseMemory || Which != &Table) {
        return NULL;
    }
    Allocations += 1;
    LastSize = Size;
    return ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'lbTG');
}

static VOID NTAPI Free(TABLE *Which, PVOID Buffer)
{
    UNREFERENCED_PARAMETER(Which);
    Frees += 1;
    ExFreePoolWithTag(Buffer, 'lbTG');
}

static BOOLEAN CheckTree(void);

// The model: which keys there are, and in which order they came.
static BOOLEAN Present[MAX_KEYS];
static ULONG Order[MAX_KEYS], Count;

static VOID Initialize(void)
{
    CALL(RtlInitializeGenericTable)(&Table, Compare, Allocate, Free, (PVOID)&Context);
    RtlZeroMemory(Present, sizeof(Present));
    Count = Allocations = Frees = 0;
}

static ELEMENT *Insert(ULONG Key, ULONG Value, PBOOLEAN IsNew)
{
    ELEMENT Element = {Key, Value};
    return CALL(RtlInsertElementGenericTable)(&Table, &Element, sizeof(Element), IsNew);
}

static BOOLEAN Delete(ULONG Key)
{
    ELEMENT Element = {Key, 0};
    return CALL(RtlDeleteElementGenericTable)(&Table, &Element);
}

static ELEMENT *Lookup(ULONG Key)
{
    ELEMENT Element = {Key, 0};
    return CALL(RtlLookupElementGenericTable)(&Table, &Element);
}

static ULONG NextPresent(ULONG From)
{
    while (From < MAX_KEYS && !Present[From]) {
        ++From;
    }
    return From;
}

static BOOLEAN CheckEnumeration(void)
{
    ULONG Key = NextPresent(0), Rank = 0;
    PVOID RestartKey = NULL;
    ELEMENT *Element;

    while ((Element = CALL(RtlEnumerateGenericTableWithoutSplaying)(&Table, &RestartKey)) != NULL) {
        if (Element->Key != Key || Element->Value != Key * 7) {
            return FALSE;
        }
        Key = NextPresent(Key + 1);
    }
    if (Key != MAX_KEYS) {
        return FALSE;
    }
    if (Next(8) == 0) {
        Key = NextPresent(0);
        for (Element = CALL(RtlEnumerateGenericTable)(&Table, TRUE); Element != NULL;
             Element = CALL(RtlEnumerateGenericTable)(&Table, FALSE)) {
            if (Element->Key != Key) {
                return FALSE;
            }
            Key = NextPresent(Key + 1);
        }
        if (Key != MAX_KEYS) {
            return FALSE;
        }
    }
    // Two neighbours, after whatever was asked for the last time.
    for (ULONG I = Next(Count + 2), J = 0; J < 2; ++J, ++I) {
        Element = CALL(RtlGetElementGenericTable)(&Table, I);
        if ((Element != NULL) != (I < Count)) {
            return FALSE;
        }
        for (Key = NextPresent(0), Rank = 0; Element != NULL && Rank < I; ++Rank) {
            Key = NextPresent(Key + 1);
        }
        if (Element != NULL && Element->Key != (ALLOCATED_ELEMENT_ORDER ? Order[I] : Key)) {
            return FALSE;
        }
    }
    return TRUE;
}

static BOOLEAN CheckLookupFull(ULONG Key)
{
    ELEMENT Element = {Key, 0}, *Found, *Near;
    PVOID NodeOrParent = &Element;
    TABLE_SEARCH_RESULT Result = (TABLE_SEARCH_RESULT)99;

    Found = CALL(RtlLookupElementGenericTableFull)(&Table, &Element, &NodeOrParent, &Result);
    Near = (ELEMENT *)((PUCHAR)NodeOrParent + LINKS_SIZE);
    switch (Result) {
    case TableEmptyTree: return Count == 0 && Found == NULL && NodeOrParent == &Element;
    case TableFoundNode: return Present[Key] && Found == Near && Found->Key == Key;
    case TableInsertAsLeft: return !Present[Key] && Found == NULL && NextPresent(Key) == Near->Key;
    case TableInsertAsRight: return !Present[Key] && Found == NULL && NextPresent(Near->Key + 1) > Key;
    default: return FALSE;
    }
}

static BOOLEAN Step(void)
{
    ULONG Key = Next(MAX_KEYS), I;
    ELEMENT *Element, Copy = {Key, Key * 7};
    BOOLEAN IsNew = 77, WasThere = Present[Key];
    PVOID NodeOrParent = NULL;
    TABLE_SEARCH_RESULT Result;

    switch (Next(4)) {
    case 0:
        Element = Insert(Key, Key * 7, &IsNew);
        if (Element == NULL || Element->Key != Key || Element->Value != Key * 7 || IsNew == WasThere) {
            return FALSE;
        }
        break;
    case 1:
        CALL(RtlLookupElementGenericTableFull)(&Table, &Copy, &NodeOrParent, &Result);
        Element = CALL(RtlInsertElementGenericTableFull)(&Table, &Copy, sizeof(Copy), Next(2) ? &IsNew : NULL,
                                                         NodeOrParent, Result);
        if (Element == NULL || Element->Key != Key || (IsNew != 77 && IsNew == WasThere)) {
            return FALSE;
        }
        break;
    case 2:
        if (Delete(Key) != WasThere) {
            return FALSE;
        }
        if (WasThere) {
            for (I = 0; Order[I] != Key; ++I) {
            }
            for (Count -= 1; I < Count; ++I) {
                Order[I] = Order[I + 1];
            }
            Present[Key] = FALSE;
        }
        WasThere = TRUE;
        break;
    default:
        Element = Lookup(Key);
        return (Element != NULL) == WasThere && (Element == NULL || Element->Key == Key) &&
               CheckLookupFull(Key) && CheckTree();
    }
    if (!WasThere) {
        Present[Key] = TRUE;
        Order[Count++] = Key;
    }
    return CALL(RtlNumberGenericTableElements)(&Table) == Count && Allocations - Frees == Count &&
           CALL(RtlIsGenericTableEmpty)(&Table) == (Count == 0) && CheckTree() && CheckEnumeration();
}

static void TestAgainstModel(void)
{
    for (ULONG Seed = 0; Seed < 40; ++Seed) {
        ULONG Steps = 0;
        Random = Seed * 2654435761u;
        Initialize();
        while (Steps < 400 && Step()) {
            ++Steps;
        }
        if (Steps != 400) {
            DbgPrint("# seed %lu, step %lu\n", Seed, Steps);
            OK(FALSE);
        }
        for (ULONG Key = 0; Key < MAX_KEYS; ++Key) {
            Delete(Key);
        }
        if (Allocations != Frees) {
            OK(FALSE);
        }
    }
    OK(TRUE);
}

static void TestEmpty(void)
{
    PVOID RestartKey = NULL;

    Initialize();
    OK(Table.TableContext == &Context);
    OK(CALL(RtlIsGenericTableEmpty)(&Table));
    IS(CALL(RtlNumberGenericTableElements)(&Table), 0);
    OK(Lookup(1) == NULL);
    OK(!Delete(1));
    OK(CALL(RtlEnumerateGenericTable)(&Table, TRUE) == NULL);
    OK(CALL(RtlEnumerateGenericTable)(&Table, FALSE) == NULL);
    OK(CALL(RtlEnumerateGenericTableWithoutSplaying)(&Table, &RestartKey) == NULL);
    OK(CALL(RtlGetElementGenericTable)(&Table, 0) == NULL);
    OK(CheckLookupFull(5));
}

static void TestElements(void)
{
    ELEMENT *Element;
    BOOLEAN IsNew = FALSE;

    Initialize();
    Element = Insert(5, 50, &IsNew);
    OK(Element != NULL && IsNew);
    IS(LastSize, LINKS_SIZE + sizeof(ELEMENT));
    // An equal one is not inserted, nor memory asked for; the data stay as they were.
    OK(Insert(5, 51, &IsNew) == Element && !IsNew);
    IS(Element->Value, 50);
    IS(Allocations, 1);
    OK(Insert(5, 51, NULL) == Element);
    OK(Lookup(5) == Element);
    // No memory, and more than there can be.
    RefuseMemory = TRUE;
    IsNew = TRUE;
    OK(Insert(6, 60, &IsNew) == NULL && !IsNew);
    RefuseMemory = FALSE;
    IsNew = TRUE;
    OK(CALL(RtlInsertElementGenericTable)(&Table, &(ELEMENT){7, 0}, 0xFFFFFFF8, &IsNew) == NULL && !IsNew);
    IS(Allocations, 1);
    IS(CALL(RtlNumberGenericTableElements)(&Table), 1);
    OK(Delete(5) && !Delete(5));
    IS(Frees, 1);
}
