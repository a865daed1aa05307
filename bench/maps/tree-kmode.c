// SPDX-License-Identifier: MIT
// kmode's ordered map.
#include <kmode.h>
#include "bench.h"

static LONG NTAPI Compare(const VOID *Left, const VOID *Right, PVOID Context)
{
    ULONG64 One = *(const ULONG64 *)Left, Other = *(const ULONG64 *)Right;

    UNREFERENCED_PARAMETER(Context);
    return (One > Other) - (One < Other);
}

KM_ORDERED_MAP_DEFINE(NumberMap, ULONG64, ULONG64, Compare)

extern const KM_ALLOCATOR_OPERATIONS BenchOperations;
static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(BenchOperations, 'hcnB');

static VOID Insert(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    NumberMap *Map = (NumberMap *)*State;

    if (Map == NULL) {
        Map = *State = BenchAllocate(sizeof(*Map));
        NumberMapInit(Map, &Allocator);
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        (void)NumberMapInsert(Map, Keys[Index], ~Keys[Index]);
    }
}

static ULONG64 Find(PVOID State, const ULONG64 *Keys, ULONG Count)
{
    NumberMap *Map = (NumberMap *)State;
    ULONG64 Sum = 0;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        ULONG64 *Value = NumberMapFind(Map, Keys[Index]);

        if (Value != NULL) {
            Sum += *Value;
        }
    }
    return Sum;
}

static VOID Erase(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        (void)NumberMapErase((NumberMap *)*State, Keys[Index], NULL);
    }
}

static ULONG64 Iterate(PVOID State)
{
    ULONG64 Sum = 0;

    for (NumberMapCursor Cursor = NumberMapFirst((NumberMap *)State); Cursor.Key != NULL;
         NumberMapNext(&Cursor)) {
        Sum += *Cursor.Value;
    }
    return Sum;
}

static VOID FreeMap(PVOID *State)
{
    NumberMapFree((NumberMap *)*State);
    BenchFree(*State);
    *State = NULL;
}

const BENCH_MAP KmodeTree = {"kmode-ordered", Insert, Find, Erase, Iterate, FreeMap};
