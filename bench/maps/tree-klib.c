// SPDX-License-Identifier: MIT
// klib's B-tree, with its default size of a node. It would keep equal keys beside each other, so it looks
// before it adds.
#include "peer.h"
#include "kbtree.h"

typedef struct ENTRY {
    uint64_t Key;
    uint64_t Value;
} ENTRY;

#define COMPARE(Left, Right) kb_generic_cmp((Left).Key, (Right).Key)
KBTREE_INIT(Number, ENTRY, COMPARE)

static VOID Insert(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    kbtree_t(Number) *Map = *State;

    if (Map == NULL) {
        Map = *State = kb_init(Number, KB_DEFAULT_SIZE);
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        ENTRY Entry = {Keys[Index], ~Keys[Index]};

        if (kb_getp(Number, Map, &Entry) == NULL) {
            kb_putp(Number, Map, &Entry);
        }
    }
}

static ULONG64 Find(PVOID State, const ULONG64 *Keys, ULONG Count)
{
    kbtree_t(Number) *Map = State;
    ULONG64 Sum = 0;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        ENTRY Wanted = {Keys[Index], 0}, *Entry = kb_getp(Number, Map, &Wanted);

        if (Entry != NULL) {
            Sum += Entry->Value;
        }
    }
    return Sum;
}

static VOID Erase(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    kbtree_t(Number) *Map = *State;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        ENTRY Entry = {Keys[Index], 0};

        kb_delp(Number, Map, &Entry);
    }
}

static ULONG64 Iterate(PVOID State)
{
    kbtree_t(Number) *Map = State;
    kbitr_t Iterator;
    ULONG64 Sum = 0;

    for (kb_itr_first(Number, Map, &Iterator); kb_itr_valid(&Iterator); kb_itr_next(Number, Map, &Iterator)) {
        Sum += kb_itr_key(ENTRY, &Iterator).Value;
    }
    return Sum;
}

static VOID FreeMap(PVOID *State)
{
    kbtree_t(Number) *Map = *State;

    kb_destroy(Number, Map);
    *State = NULL;
}

const BENCH_MAP KlibTree = {"kbtree", Insert, Find, Erase, Iterate, FreeMap};
