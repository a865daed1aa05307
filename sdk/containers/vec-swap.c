// SPDX-License-Identifier: MIT
// Elements of a vec that change places.
#include <kmode.h>

VOID NTAPI KmpVecSwapElements(PVOID First, PVOID Second, SIZE_T ElementBytes)
{
    KmpSortSwap((PUCHAR)First, (PUCHAR)Second, ElementBytes);
}

VOID NTAPI KmpVecReverse(PVOID Elements, SIZE_T Count, SIZE_T ElementBytes)
{
    PUCHAR First = (PUCHAR)Elements, Last;

    if (Count == 0) {
        return;
    }
    for (Last = First + (Count - 1) * ElementBytes; First < Last;
         First += ElementBytes, Last -= ElementBytes) {
        KmpSortSwap(First, Last, ElementBytes);
    }
}
