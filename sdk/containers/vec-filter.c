// SPDX-License-Identifier: MIT
// Of a vec's elements, those that stay.
#include <kmode.h>

SIZE_T NTAPI KmpVecRetainElements(PVOID Elements, SIZE_T Count, PKM_PREDICATE Keep, PVOID Context,
                                  SIZE_T ElementBytes)
{
    PUCHAR Element = (PUCHAR)Elements, To = Element;
    SIZE_T Kept = 0, Index;

    for (Index = 0; Index < Count; Index += 1, Element += ElementBytes) {
        if (Keep(Element, Context)) {
            if (To != Element) {
                RtlCopyMemory(To, Element, ElementBytes);
            }
            To += ElementBytes;
            Kept += 1;
        }
    }
    return Kept;
}

SIZE_T NTAPI KmpVecDedupElements(PVOID Elements, SIZE_T Count, PKM_COMPARE Compare, PVOID Context,
                                 SIZE_T ElementBytes)
{
    PUCHAR Element = (PUCHAR)Elements, To = Element;
    SIZE_T Kept = 0, Index;

    for (Index = 0; Index < Count; Index += 1, Element += ElementBytes) {
        if (Kept == 0 || Compare(To - ElementBytes, Element, Context) != 0) {
            if (To != Element) {
                RtlCopyMemory(To, Element, ElementBytes);
            }
            To += ElementBytes;
            Kept += 1;
        }
    }
    return Kept;
}
