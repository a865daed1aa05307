// SPDX-License-Identifier: MIT
// Generic tables on splay trees, against a sorted array and the order of insertion, under many seeds.
#define TABLE                   RTL_GENERIC_TABLE
#define CALL(Name)              Name
#define LINKS_SIZE              (sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY))
#define ALLOCATED_ELEMENT_ORDER 1
#include "generic-table.h"

static BOOLEAN CheckTree(void)
{
    ULONG Nodes = 0;

    if (Table.TableRoot == NULL) {
        return Count == 0;
    }
    if (!RtlIsRoot(Table.TableRoot)) {
        return FALSE;
    }
    PRTL_SPLAY_LINKS Links = Table.TableRoot;
    while (RtlLeftChild(Links) != NULL) {
        Links = RtlLeftChild(Links);
    }
    for (; Links != NULL; Links = RtlRealSuccessor(Links)) {
        Nodes += 1;
        if ((RtlLeftChild(Links) && RtlParent(RtlLeftChild(Links)) != Links) ||
            (RtlRightChild(Links) && RtlParent(RtlRightChild(Links)) != Links)) {
            return FALSE;
        }
    }
    return Nodes == Table.NumberGenericTableElements;
}

static ULONG RootKey(void)
{
    return ((ELEMENT *)((PUCHAR)Table.TableRoot + LINKS_SIZE))->Key;
}

// What is inserted, found or enumerated becomes the root; what is not found does not change the tree.
static void TestSplaying(void)
{
    PVOID RestartKey = NULL;
    ULONG Key = 0;

    Initialize();
    for (ULONG I = 0; I < 50; ++I) {
        Insert(I * 37 % 50, 0, NULL);
        IS(RootKey(), I * 37 % 50);
    }
    Lookup(20);
    IS(RootKey(), 20);
    OK(Lookup(77) == NULL);
    IS(RootKey(), 20);
    RtlEnumerateGenericTableWithoutSplaying(&Table, &RestartKey);
    IS(RootKey(), 20);
    for (ELEMENT *Element = RtlEnumerateGenericTable(&Table, TRUE); Element != NULL;
         Element = RtlEnumerateGenericTable(&Table, FALSE)) {
        IS(Element->Key, Key);
        IS(RootKey(), Key);
        Key += 1;
    }
    // Flattened: a list, the last element first.
    Key = 0;
    for (PRTL_SPLAY_LINKS Links = Table.TableRoot; Links != NULL; Links = RtlLeftChild(Links)) {
        OK(RtlRightChild(Links) == NULL);
        Key += 1;
    }
    IS(Key, 50);
    for (Key = 0; Key < 50; ++Key) {
        OK(Delete(Key));
    }
    OK(Table.TableRoot == NULL);
}

TEST_DRIVER(TestEmpty, TestElements, TestAgainstModel, TestSplaying)
