// SPDX-License-Identifier: MIT
// How an element that was pushed gets to its place in a vec.
#include <kmode.h>

VOID NTAPI KmpVecRotateLast(PVOID Elements, SIZE_T Count, SIZE_T Index, SIZE_T ElementBytes)
{
    UCHAR Copy[128];
    PUCHAR Place = (PUCHAR)Elements + Index * ElementBytes,
           Last = (PUCHAR)Elements + (Count - 1) * ElementBytes;

    if (ElementBytes <= sizeof(Copy)) {
        RtlCopyMemory(Copy, Last, ElementBytes);
        RtlMoveMemory(Place + ElementBytes, Place, (SIZE_T)(Last - Place));
        RtlCopyMemory(Place, Copy, ElementBytes);
        return;
    }
    for (; Last != Place; Last -= ElementBytes) {
        KmpSortSwap(Last, Last - ElementBytes, ElementBytes);
    }
}
