// SPDX-License-Identifier: MIT
// STC's hmap, with its own hash of 64-bit numbers.
#include "peer.h"

#define i_type Numbers, uint64_t, uint64_t
#include "stc/hmap.h"

static VOID Insert(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    Numbers *Map = *State;

    if (Map == NULL) {
        Map = *State = BenchAllocateZeroed(1, sizeof(*Map));
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Numbers_insert(Map, Keys[Index], ~Keys[Index]);
    }
}

static ULONG64 Find(PVOID State, const ULONG64 *Keys, ULONG Count)
{
    Numbers *Map = State;
    ULONG64 Sum = 0;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        const Numbers_value *Entry = Numbers_get(Map, Keys[Index]);

        if (Entry != NULL) {
            Sum += Entry->second;
        }
    }
    return Sum;
}

static VOID Erase(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Numbers_erase((Numbers *)*State, Keys[Index]);
    }
}

static ULONG64 Iterate(PVOID State)
{
    ULONG64 Sum = 0;

    for (Numbers_iter Entry = Numbers_begin((Numbers *)State); Entry.ref != NULL; Numbers_next(&Entry)) {
        Sum += Entry.ref->second;
    }
    return Sum;
}

static VOID FreeMap(PVOID *State)
{
    Numbers_drop((Numbers *)*State);
    BenchFree(*State);
    *State = NULL;
}

const BENCH_MAP StcMap = {"hmap", Insert, Find, Erase, Iterate, FreeMap};
