// SPDX-License-Identifier: MIT
// AVL trees: insertion and removal keep the heights of siblings within one of each other.
#include "rtl/avl-tree.h"

static PRTL_BALANCED_LINKS *RtlpChild(PRTL_BALANCED_LINKS Links, BOOLEAN IsRight)
{
    return IsRight ? &Links->RightChild : &Links->LeftChild;
}

static BOOLEAN RtlpIsRight(const RTL_BALANCED_LINKS *Links)
{
    return Links->Parent->RightChild == Links;
}

// Child, which may be NULL, becomes Parent's.
static VOID RtlpAttach(PRTL_BALANCED_LINKS Parent, BOOLEAN IsRight, PRTL_BALANCED_LINKS Child)
{
    *RtlpChild(Parent, IsRight) = Child;
    if (Child != NULL) {
        Child->Parent = Parent;
    }
}

// Links goes down to the side IsRight, and its child of the other side takes its place.
static VOID RtlpRotate(PRTL_BALANCED_LINKS Links, BOOLEAN IsRight)
{
    PRTL_BALANCED_LINKS Up = *RtlpChild(Links, !IsRight);

    RtlpAttach(Links->Parent, RtlpIsRight(Links), Up);
    RtlpAttach(Links, !IsRight, *RtlpChild(Up, IsRight));
    RtlpAttach(Up, IsRight, Links);
}

// Mends a subtree of balance 2 or -2. Returns its new root, whose balance is 0 if it is now less high.
static PRTL_BALANCED_LINKS RtlpRebalance(PRTL_BALANCED_LINKS Links)
{
    CHAR Sign = Links->Balance > 0 ? 1 : -1;
    BOOLEAN IsRight = Sign > 0;
    PRTL_BALANCED_LINKS Heavy = *RtlpChild(Links, IsRight), Inner;

    __assume(Heavy != NULL); // it is two higher than its sibling
    if (Heavy->Balance != -Sign) {
        RtlpRotate(Links, !IsRight);
        Links->Balance = Heavy->Balance == 0 ? Sign : 0;
        Heavy->Balance = Heavy->Balance == 0 ? (CHAR)-Sign : 0;
        return Heavy;
    }
    Inner = *RtlpChild(Heavy, !IsRight);
    RtlpRotate(Heavy, IsRight);
    RtlpRotate(Links, !IsRight);
    Links->Balance = Inner->Balance == Sign ? (CHAR)-Sign : 0;
    Heavy->Balance = Inner->Balance == -Sign ? Sign : 0;
    Inner->Balance = 0;
    return Inner;
}

VOID RtlpAvlInsert(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Parent, BOOLEAN IsRight,
                   PRTL_BALANCED_LINKS Links)
{
    memset(Links, 0, sizeof(*Links));
    RtlpAttach(Parent, IsRight, Links);
    for (; Parent != &Table->BalancedRoot; Links = Parent, Parent = Links->Parent) {
        Parent->Balance += RtlpIsRight(Links) ? 1 : -1;
        if (Parent->Balance == 0) {
            return;
        }
        if (Parent->Balance != 1 && Parent->Balance != -1) {
            RtlpRebalance(Parent);
            return;
        }
    }
    Table->DepthOfTree += 1;
}

VOID RtlpAvlRemove(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links)
{
    PRTL_BALANCED_LINKS Parent = Links->Parent;
    BOOLEAN IsRight = RtlpIsRight(Links);

    if (Links->LeftChild == NULL || Links->RightChild == NULL) {
        RtlpAttach(Parent, IsRight, Links->LeftChild != NULL ? Links->LeftChild : Links->RightChild);
    } else {
        // The next in order, which has no left child, leaves its place for that of Links.
        PRTL_BALANCED_LINKS Next = RtlpAvlFirst(Links->RightChild), NextParent = Next->Parent;
        BOOLEAN IsNextRight = RtlpIsRight(Next);

        RtlpAttach(NextParent, IsNextRight, Next->RightChild);
        RtlpAttach(Parent, IsRight, Next);
        RtlpAttach(Next, FALSE, Links->LeftChild);
        RtlpAttach(Next, TRUE, Links->RightChild);
        Next->Balance = Links->Balance;
        Parent = NextParent == Links ? Next : NextParent;
        IsRight = IsNextRight;
    }
    // The subtree of Parent on the side IsRight is one less high.
    while (Parent != &Table->BalancedRoot) {
        Parent->Balance -= IsRight ? 1 : -1;
        if (Parent->Balance == 1 || Parent->Balance == -1) {
            return;
        }
        if (Parent->Balance != 0) {
            Parent = RtlpRebalance(Parent);
            if (Parent->Balance != 0) {
                return;
            }
        }
        IsRight = RtlpIsRight(Parent);
        Parent = Parent->Parent;
    }
    Table->DepthOfTree -= 1;
}

PRTL_BALANCED_LINKS RtlpAvlFirst(PRTL_BALANCED_LINKS Links)
{
    while (Links != NULL && Links->LeftChild != NULL) {
        Links = Links->LeftChild;
    }
    return Links;
}

PRTL_BALANCED_LINKS RtlpAvlNeighbour(PRTL_BALANCED_LINKS Links, BOOLEAN IsRight)
{
    PRTL_BALANCED_LINKS Next = *RtlpChild(Links, IsRight);

    if (Next != NULL) {
        while (*RtlpChild(Next, !IsRight) != NULL) {
            Next = *RtlpChild(Next, !IsRight);
        }
        return Next;
    }
    while (*RtlpChild(Links->Parent, IsRight) == Links) {
        Links = Links->Parent;
        if (Links->Parent == Links) {
            return NULL; // the table's own links, of which the whole tree is to the right
        }
    }
    return Links->Parent->Parent == Links->Parent ? NULL : Links->Parent;
}
