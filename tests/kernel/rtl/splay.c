// SPDX-License-Identifier: MIT
// Splay links: rotation, deletion with and without splaying, neighbours; against sorted order under many
// seeds.
#include "test.h"

#define NODES 64

static RTL_SPLAY_LINKS Nodes[NODES]; // ordered by address
static BOOLEAN Present[NODES];
static PRTL_SPLAY_LINKS Root;
static ULONG Random;

static ULONG Next(ULONG Below)
{
    Random = Random * 1664525 + 1013904223;
    return (ULONG)(((ULONG64)(Random ^ Random >> 15) * Below) >> 32);
}

static VOID Insert(ULONG Index)
{
    PRTL_SPLAY_LINKS New = &Nodes[Index], Parent = Root;

    RtlInitializeSplayLinks(New);
    Present[Index] = TRUE;
    while (Parent != NULL) {
        PRTL_SPLAY_LINKS Child = New < Parent ? RtlLeftChild(Parent) : RtlRightChild(Parent);
        if (Child == NULL) {
            break;
        }
        Parent = Child;
    }
    if (Parent == NULL) {
        Root = New;
    } else if (New < Parent) {
        RtlInsertAsLeftChild(Parent, New);
    } else {
        RtlInsertAsRightChild(Parent, New);
    }
}

static ULONG CountSubtree(PRTL_SPLAY_LINKS Links)
{
    ULONG Count = 1;

    if (Links == NULL) {
        return 0;
    }
    if (RtlLeftChild(Links) != NULL) {
        Count += RtlParent(RtlLeftChild(Links)) == Links ? CountSubtree(RtlLeftChild(Links)) : 1000;
    }
    if (RtlRightChild(Links) != NULL) {
        Count += RtlParent(RtlRightChild(Links)) == Links ? CountSubtree(RtlRightChild(Links)) : 1000;
    }
    return Count;
}

static BOOLEAN Check(void)
{
    PRTL_SPLAY_LINKS Before = NULL;
    ULONG Count = 0;

    for (ULONG I = 0; I < NODES; ++I) {
        if (Present[I]) {
            Count += 1;
            if (RtlRealPredecessor(&Nodes[I]) != Before ||
                (Before != NULL && RtlRealSuccessor(Before) != &Nodes[I])) {
                return FALSE;
            }
            if (RtlLeftChild(&Nodes[I]) != NULL ? RtlSubtreePredecessor(&Nodes[I]) != Before
                                                : RtlSubtreePredecessor(&Nodes[I]) != NULL) {
                return FALSE;
            }
            Before = &Nodes[I];
        }
    }
    for (ULONG I = 0; I < NODES; ++I) {
        if (Present[I] &&
            (RtlRightChild(&Nodes[I]) != NULL ? RtlSubtreeSuccessor(&Nodes[I]) != RtlRealSuccessor(&Nodes[I])
                                              : RtlSubtreeSuccessor(&Nodes[I]) != NULL)) {
            return FALSE;
        }
    }
    return (Before == NULL || RtlRealSuccessor(Before) == NULL) && (Root == NULL || RtlIsRoot(Root)) &&
           CountSubtree(Root) == Count;
}

static BOOLEAN Step(void)
{
    ULONG Index = Next(NODES);

    if (!Present[Index]) {
        Insert(Index);
        if (Next(2)) {
            Root = RtlSplay(&Nodes[Index]);
            return Root == &Nodes[Index] && Check();
        }
    } else {
        switch (Next(3)) {
        case 0:
            Present[Index] = FALSE;
            Root = RtlDelete(&Nodes[Index]);
            break;
        case 1:
            Present[Index] = FALSE;
            RtlDeleteNoSplay(&Nodes[Index], &Root);
            break;
        default: Root = RtlSplay(&Nodes[Index]); return Root == &Nodes[Index] && Check();
        }
    }
    return Check();
}

static void TestAgainstModel(void)
{
    for (ULONG Seed = 0; Seed < 100; ++Seed) {
        ULONG Steps = 0;
        Random = Seed * 2654435761u;
        Root = NULL;
        RtlZeroMemory(Present, sizeof(Present));
        while (Steps < 300 && Step()) {
            ++Steps;
        }
        if (Steps != 300) {
            DbgPrint("# seed %lu, step %lu\n", Seed, Steps);
            OK(FALSE);
            return;
        }
    }
    OK(TRUE);
}

// The page's six patterns come down to three and their mirrors; here the left ones by hand.
static void TestPatterns(void)
{
    RtlZeroMemory(Present, sizeof(Present));
    Root = NULL;
    Insert(3);
    Insert(1);
    OK(RtlSplay(&Nodes[1]) == &Nodes[1]); // L under its parent, the root
    OK(RtlRightChild(&Nodes[1]) == &Nodes[3] && RtlIsRoot(&Nodes[1]));

    Root = NULL;
    Insert(5);
    Insert(3);
    Insert(1);
    RtlSplay(&Nodes[1]); // L and P both left children: the chain turns over
    OK(RtlRightChild(&Nodes[1]) == &Nodes[3] && RtlRightChild(&Nodes[3]) == &Nodes[5]);

    Root = NULL;
    Insert(5);
    Insert(1);
    Insert(3);
    RtlSplay(&Nodes[3]); // L right, P left: L between them
    OK(RtlLeftChild(&Nodes[3]) == &Nodes[1] && RtlRightChild(&Nodes[3]) == &Nodes[5]);
}

// Without splaying, nothing but the deleted node's place changes.
static void TestDeleteNoSplay(void)
{
    RtlZeroMemory(Present, sizeof(Present));
    Root = NULL;
    Insert(8);
    Insert(4);
    Insert(12);
    Insert(6);
    RtlDeleteNoSplay(&Nodes[4], &Root);
    OK(Root == &Nodes[8] && RtlLeftChild(&Nodes[8]) == &Nodes[6] && RtlRightChild(&Nodes[8]) == &Nodes[12]);
    RtlDeleteNoSplay(&Nodes[8], &Root);
    OK(Root == &Nodes[6] && RtlIsRoot(&Nodes[6]) && RtlRightChild(&Nodes[6]) == &Nodes[12]);
    RtlDeleteNoSplay(&Nodes[6], &Root);
    OK(Root == &Nodes[12]);
    RtlDeleteNoSplay(&Nodes[12], &Root);
    OK(Root == NULL);
    Insert(2);
    OK(RtlDelete(&Nodes[2]) == NULL);
}

TEST_DRIVER(TestPatterns, TestDeleteNoSplay, TestAgainstModel)
