// SPDX-License-Identifier: MIT
// klib's khash, with its own hash of 64-bit numbers.
#include "peer.h"
#include "khash.h"

KHASH_MAP_INIT_INT64(Number, uint64_t)

static VOID Insert(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    khash_t(Number) *Map = *State;

    if (Map == NULL) {
        Map = *State = kh_init(Number);
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        int Result;
        khint_t Slot = kh_put(Number, Map, Keys[Index], &Result);

        kh_value(Map, Slot) = ~Keys[Index];
    }
}

static ULONG64 Find(PVOID State, const ULONG64 *Keys, ULONG Count)
{
    khash_t(Number) *Map = State;
    ULONG64 Sum = 0;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        khint_t Slot = kh_get(Number, Map, Keys[Index]);

        if (Slot != kh_end(Map)) {
            Sum += kh_value(Map, Slot);
        }
    }
    return Sum;
}

static VOID Erase(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    khash_t(Number) *Map = *State;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        kh_del(Number, Map, kh_get(Number, Map, Keys[Index]));
    }
}

static ULONG64 Iterate(PVOID State)
{
    khash_t(Number) *Map = State;
    ULONG64 Sum = 0, Value;

    kh_foreach_value(Map, Value, Sum += Value);
    return Sum;
}

static VOID FreeMap(PVOID *State)
{
    kh_destroy(Number, (khash_t(Number) *)*State);
    *State = NULL;
}

const BENCH_MAP KlibMap = {"khash", Insert, Find, Erase, Iterate, FreeMap};
