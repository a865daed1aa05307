// SPDX-License-Identifier: MIT
// AVL trees of RTL_BALANCED_LINKS under an RTL_AVL_TABLE: their root is its BalancedRoot's right child.
//
// Balance is the height of the right subtree less that of the left one: -1, 0 or 1. Any IRQL if resident.
#ifndef KMODE_RTL_AVL_TREE_H
#define KMODE_RTL_AVL_TREE_H

#include "inc/kernel.h"

// Puts Links, whose contents do not matter, where Parent has no child on that side.
VOID RtlpAvlInsert(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Parent, BOOLEAN IsRight,
                   PRTL_BALANCED_LINKS Links);

// Takes Links out; it is the caller's again.
VOID RtlpAvlRemove(PRTL_AVL_TABLE Table, PRTL_BALANCED_LINKS Links);

// The leftmost of a subtree; NULL for none.
PRTL_BALANCED_LINKS RtlpAvlFirst(PRTL_BALANCED_LINKS Links);

// The next one to the right or to the left in order; NULL at the end.
PRTL_BALANCED_LINKS RtlpAvlNeighbour(PRTL_BALANCED_LINKS Links, BOOLEAN IsRight);

#endif
