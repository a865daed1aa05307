// SPDX-License-Identifier: MIT
// The search in a vec, one element after the other.
#include <kmode.h>

SIZE_T NTAPI KmpVecFindElement(const VOID *Elements, SIZE_T Count, SIZE_T Start, PKM_PREDICATE Match,
                               PVOID Context, SIZE_T ElementBytes)
{
    SIZE_T Index;

    for (Index = Start; Index < Count; Index += 1) {
        if (Match((const UCHAR *)Elements + Index * ElementBytes, Context)) {
            return Index;
        }
    }
    return Count;
}
