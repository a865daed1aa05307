// SPDX-License-Identifier: MIT
// klib's AVL tree.
#include "peer.h"
#include "kavl.h"

typedef struct NODE {
    uint64_t Key;
    uint64_t Value;
    KAVL_HEAD(struct NODE) Head;
} NODE;

#define COMPARE(Left, Right) (((Right)->Key < (Left)->Key) - ((Left)->Key < (Right)->Key))
KAVL_INIT(Number, NODE, Head, COMPARE)

static VOID Insert(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    NODE *Root = *State;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        NODE *Node = malloc(sizeof(*Node));

        Node->Key = Keys[Index];
        Node->Value = ~Keys[Index];
        if (kavl_insert(Number, &Root, Node, NULL) != Node) {
            free(Node);
        }
    }
    *State = Root;
}

static ULONG64 Find(PVOID State, const ULONG64 *Keys, ULONG Count)
{
    ULONG64 Sum = 0;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        NODE Wanted, *Node;

        Wanted.Key = Keys[Index];
        Node = kavl_find(Number, (NODE *)State, &Wanted, NULL);
        if (Node != NULL) {
            Sum += Node->Value;
        }
    }
    return Sum;
}

static VOID Erase(PVOID *State, const ULONG64 *Keys, ULONG Count)
{
    NODE *Root = *State;

    for (ULONG Index = 0; Index < Count; Index += 1) {
        NODE Wanted;

        Wanted.Key = Keys[Index];
        free(kavl_erase(Number, &Root, &Wanted, NULL));
    }
    *State = Root;
}

static ULONG64 Iterate(PVOID State)
{
    kavl_itr_t(Number) Iterator;
    ULONG64 Sum = 0;

    kavl_itr_first(Number, (NODE *)State, &Iterator);
    do {
        Sum += kavl_at(&Iterator)->Value;
    } while (kavl_itr_next(Number, &Iterator));
    return Sum;
}

static VOID FreeMap(PVOID *State)
{
    NODE *Root = *State;

    kavl_free(NODE, Head, Root, free);
    *State = NULL;
}

const BENCH_MAP KlibAvlTree = {"kavl", Insert, Find, Erase, Iterate, FreeMap};
