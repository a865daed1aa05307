// SPDX-License-Identifier: MIT
// The search in elements that are sorted.
#include <kmode.h>

NTSTATUS NTAPI KmBinarySearch(const VOID *Key, const VOID *Elements, SIZE_T Count, SIZE_T ElementBytes,
                              PKM_COMPARE Compare, PVOID Context, PSIZE_T Position)
{
    const UCHAR *Base = (const UCHAR *)Elements;
    SIZE_T First = 0, Left = Count, Half;

    // What is before First comes before Key; what is from First + Left on does not.
    while (Left != 0) {
        Half = Left / 2;
        if (Compare(Key, Base + (First + Half) * ElementBytes, Context) > 0) {
            First += Half + 1;
            Left -= Half + 1;
        } else {
            Left = Half;
        }
    }
    *Position = First;
    return First != Count && Compare(Key, Base + First * ElementBytes, Context) == 0 ? STATUS_SUCCESS
                                                                                     : STATUS_NOT_FOUND;
}
