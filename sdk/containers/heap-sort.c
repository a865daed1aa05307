// SPDX-License-Identifier: MIT
// Heap sort: for what the partitions of KmSortInline do badly, so that no order of the elements takes long.
#include <kmode.h>

static VOID SiftDown(PUCHAR Elements, SIZE_T Index, SIZE_T Count, SIZE_T ElementBytes, PKM_COMPARE Compare,
                     PVOID Context)
{
    SIZE_T Child;

    // Index is below Count / 2 where it has a child, so that Child cannot overflow.
    while (Index < Count / 2) {
        Child = Index * 2 + 1;
        if (Child + 1 < Count &&
            Compare(Elements + Child * ElementBytes, Elements + (Child + 1) * ElementBytes, Context) < 0) {
            Child += 1;
        }
        if (Compare(Elements + Index * ElementBytes, Elements + Child * ElementBytes, Context) >= 0) {
            return;
        }
        KmpSortSwap(Elements + Index * ElementBytes, Elements + Child * ElementBytes, ElementBytes);
        Index = Child;
    }
}

VOID NTAPI KmpHeapSort(PVOID Elements, SIZE_T Count, SIZE_T ElementBytes, PKM_COMPARE Compare, PVOID Context)
{
    PUCHAR First = (PUCHAR)Elements;
    SIZE_T Index;

    for (Index = Count / 2; Index != 0; Index -= 1) {
        SiftDown(First, Index - 1, Count, ElementBytes, Compare, Context);
    }
    for (Index = Count; Index > 1; Index -= 1) {
        KmpSortSwap(First, First + (Index - 1) * ElementBytes, ElementBytes);
        SiftDown(First, 0, Index - 1, ElementBytes, Compare, Context);
    }
}
