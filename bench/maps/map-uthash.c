// SPDX-License-Identifier: MIT
// uthash, with its own hash. As each map must, it looks before it adds; the hash is computed once for both.
#include "peer.h"

#define uthash_fatal(Message) ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES)
#include "uthash.h"

typedef struct ITEM {
    uint64_t Key;
    uint64_t Value;
    UT_hash_handle hh;
} ITEM;

static VOID Insert(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    ITEM *Items = *State;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        ITEM *Item;
        unsigned Hash;

        HASH_VALUE(&Keys[Index], sizeof(uint64_t), Hash);
        HASH_FIND_BYHASHVALUE(hh, Items, &Keys[Index], sizeof(uint64_t), Hash, Item);
        if (Item == NULL) {
            Item = malloc(sizeof(*Item));
            Item->Key = Keys[Index];
            Item->Value = ~Keys[Index];
            HASH_ADD_KEYPTR_BYHASHVALUE(hh, Items, &Item->Key, sizeof(uint64_t), Hash, Item);
        }
    }
    *State = Items;
}

static ULONG64 Find(PVOID State, const ULONG64 *Keys, ULONG Count)
{
    ITEM *Items = State;
    ULONG64 Sum = 0;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        ITEM *Item;

        HASH_FIND(hh, Items, &Keys[Index], sizeof(uint64_t), Item);
        if (Item != NULL) {
            Sum += Item->Value;
        }
    }
    return Sum;
}

static VOID Erase(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    ITEM *Items = *State;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        ITEM *Item;

        HASH_FIND(hh, Items, &Keys[Index], sizeof(uint64_t), Item);
        if (Item != NULL) {
            HASH_DEL(Items, Item);
            free(Item);
        }
    }
    *State = Items;
}

static ULONG64 Iterate(PVOID State)
{
    ULONG64 Sum = 0;

    for (ITEM *Item = State; Item != NULL; Item = Item->hh.next) {
        Sum += Item->Value;
    }
    return Sum;
}

static VOID FreeMap(PVOID *State)
{
    ITEM *Items = *State, *Item, *Next;

    HASH_ITER(hh, Items, Item, Next)
    {
        HASH_DEL(Items, Item);
        free(Item);
    }
    *State = NULL;
}

const BENCH_MAP UtMap = {"uthash", Insert, Find, Erase, Iterate, FreeMap};
