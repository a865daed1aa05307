// SPDX-License-Identifier: MIT
// kmode's hash map, and the allocator of both of its maps: the same memory that the peers' malloc gives.
#include <kmode.h>
#include "bench.h"

KM_MAP_DEFINE(NumberMap, ULONG64, ULONG64)

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    UNREFERENCED_PARAMETER(Allocator);
    return Zeroed ? BenchAllocateZeroed(1, Bytes) : BenchAllocate(Bytes);
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Allocator);
    UNREFERENCED_PARAMETER(Bytes);
    BenchFree(Memory);
}

const KM_ALLOCATOR_OPERATIONS BenchOperations = {Allocate, Free, NULL, DISPATCH_LEVEL};
static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(BenchOperations, 'hcnB');

static VOID Insert(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    NumberMap *Map = (NumberMap *)*State;

    if (Map == NULL) {
        Map = *State = BenchAllocate(sizeof(*Map));
        NumberMapInit(Map, &Allocator);
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        *NumberMapGetOrInsert(Map, Keys[Index], NULL) = ~Keys[Index];
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
    NumberMapCursor Cursor = {0};
    NumberMapEntry *Entry;
    ULONG64 Sum = 0;

    while ((Entry = NumberMapEnumerate((NumberMap *)State, &Cursor)) != NULL) {
        Sum += Entry->Value;
    }
    return Sum;
}

static VOID FreeMap(PVOID *State)
{
    NumberMapFree((NumberMap *)*State);
    BenchFree(*State);
    *State = NULL;
}

const BENCH_MAP KmodeMap = {"kmode", Insert, Find, Erase, Iterate, FreeMap};
