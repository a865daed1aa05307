// SPDX-License-Identifier: MIT
// Splay trees of RTL_SPLAY_LINKS: a root is its own parent.
//
// The caller keeps other users of the same tree out. IRQL <= DISPATCH_LEVEL if its nodes are resident, else
// below.
#include "inc/kernel.h"

// Links changes places with its parent, and takes one subtree over from it.
static VOID RtlpRotateUp(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Parent = Links->Parent, Above = Parent->Parent, Passed;

    if (Parent->LeftChild == Links) {
        Passed = Parent->LeftChild = Links->RightChild;
        Links->RightChild = Parent;
    } else {
        Passed = Parent->RightChild = Links->LeftChild;
        Links->LeftChild = Parent;
    }
    if (Passed != NULL) {
        Passed->Parent = Parent;
    }
    Parent->Parent = Links;
    if (Above == Parent) {
        Links->Parent = Links;
    } else {
        Links->Parent = Above;
        if (Above->LeftChild == Parent) {
            Above->LeftChild = Links;
        } else {
            Above->RightChild = Links;
        }
    }
}

// Makes Links the root, and returns it.
PRTL_SPLAY_LINKS NTAPI RtlSplay(PRTL_SPLAY_LINKS Links)
{
    while (!RtlIsRoot(Links)) {
        PRTL_SPLAY_LINKS Parent = Links->Parent;
        if (!RtlIsRoot(Parent)) {
            RtlpRotateUp(RtlIsLeftChild(Links) == RtlIsLeftChild(Parent) ? Parent : Links);
        }
        RtlpRotateUp(Links);
    }
    return Links;
}

// New, which may be NULL if Old is no root, takes Old's place under its parent.
static VOID RtlpReplace(PRTL_SPLAY_LINKS Old, PRTL_SPLAY_LINKS New)
{
    if (RtlIsRoot(Old)) {
        New->Parent = New;
        return;
    }
    if (RtlIsLeftChild(Old)) {
        Old->Parent->LeftChild = New;
    } else {
        Old->Parent->RightChild = New;
    }
    if (New != NULL) {
        New->Parent = Old->Parent;
    }
}

// Takes Links out of the tree. Returns the lowest node whose subtree changed; NULL if the tree is now empty.
static PRTL_SPLAY_LINKS RtlpUnlink(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Child = Links->LeftChild != NULL ? Links->LeftChild : Links->RightChild, Changed;

    if (Links->LeftChild != NULL && Links->RightChild != NULL) {
        // The predecessor, which has no right child, leaves its place for that of Links.
        PRTL_SPLAY_LINKS Before = RtlSubtreePredecessor(Links);
        Changed = Before;
        if (Before->Parent != Links) {
            Changed = Before->Parent;
            RtlpReplace(Before, Before->LeftChild);
            Before->LeftChild = Links->LeftChild;
            Before->LeftChild->Parent = Before;
        }
        RtlpReplace(Links, Before);
        Before->RightChild = Links->RightChild;
        Before->RightChild->Parent = Before;
        return Changed;
    }
    if (RtlIsRoot(Links)) {
        if (Child != NULL) {
            Child->Parent = Child;
        }
        return Child;
    }
    RtlpReplace(Links, Child);
    return Links->Parent;
}

// Returns the root of the tree without Links, splayed around where it was; NULL if it was the last one.
PRTL_SPLAY_LINKS NTAPI RtlDelete(PRTL_SPLAY_LINKS Links)
{
    PRTL_SPLAY_LINKS Changed = RtlpUnlink(Links);

    return Changed == NULL ? NULL : RtlSplay(Changed);
}

// The tree keeps its shape but for the place of Links; *Root is its root then.
VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS Links, PRTL_SPLAY_LINKS *Root)
{
    PRTL_SPLAY_LINKS Changed = RtlpUnlink(Links);

    while (Changed != NULL && !RtlIsRoot(Changed)) {
        Changed = Changed->Parent;
    }
    *Root = Changed;
}

// The leftmost of the right subtree; NULL if there is none.
PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(PRTL_SPLAY_LINKS Links)
{
    Links = Links->RightChild;
    while (Links != NULL && Links->LeftChild != NULL) {
        Links = Links->LeftChild;
    }
    return Links;
}

// The rightmost of the left subtree; NULL if there is none.
PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(PRTL_SPLAY_LINKS Links)
{
    Links = Links->LeftChild;
    while (Links != NULL && Links->RightChild != NULL) {
        Links = Links->RightChild;
    }
    return Links;
}

// The next in the whole tree's order; NULL for the last.
PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(PRTL_SPLAY_LINKS Links)
{
    if (Links->RightChild != NULL) {
        return RtlSubtreeSuccessor(Links);
    }
    while (RtlIsRightChild(Links)) {
        Links = Links->Parent;
    }
    return RtlIsRoot(Links) ? NULL : Links->Parent;
}

// The one before it in the whole tree's order; NULL for the first.
PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(PRTL_SPLAY_LINKS Links)
{
    if (Links->LeftChild != NULL) {
        return RtlSubtreePredecessor(Links);
    }
    while (RtlIsLeftChild(Links)) {
        Links = Links->Parent;
    }
    return RtlIsRoot(Links) ? NULL : Links->Parent;
}
