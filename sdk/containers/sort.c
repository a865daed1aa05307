// SPDX-License-Identifier: MIT
// The sort of any elements by any comparison.
#include <kmode.h>

VOID NTAPI KmSort(PVOID Elements, SIZE_T Count, SIZE_T ElementBytes, PKM_COMPARE Compare, PVOID Context)
{
    // Constants, so that the commonest sizes are moved by a load and a store.
    switch (ElementBytes) {
    case sizeof(ULONG): KmSortInline(Elements, Count, sizeof(ULONG), Compare, Context); break;
    case sizeof(ULONG64): KmSortInline(Elements, Count, sizeof(ULONG64), Compare, Context); break;
    default: KmSortInline(Elements, Count, ElementBytes, Compare, Context); break;
    }
}
