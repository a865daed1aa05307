// SPDX-License-Identifier: MIT
// Strings beside each other.
#include <kmode.h>

// The order of the first Count units.
static LONG CompareUnits(PCWCH Left, PCWCH Right, SIZE_T Count, BOOLEAN CaseInsensitive)
{
    SIZE_T Index;
    WCHAR First, Second;

    for (Index = 0; Index < Count; Index += 1) {
        First = Left[Index];
        Second = Right[Index];
        if (First != Second && CaseInsensitive) {
            First = KmUpcaseUnicodeChar(First);
            Second = KmUpcaseUnicodeChar(Second);
        }
        if (First != Second) {
            return (LONG)First - (LONG)Second;
        }
    }
    return 0;
}

LONG NTAPI KmUnicodeCompare(PCUNICODE_STRING Left, PCUNICODE_STRING Right, BOOLEAN CaseInsensitive)
{
    LONG Order = CompareUnits(Left->Buffer, Right->Buffer, min(Left->Length, Right->Length) / sizeof(WCHAR),
                              CaseInsensitive);

    return Order != 0 ? Order : (LONG)Left->Length - (LONG)Right->Length;
}

BOOLEAN NTAPI KmUnicodeIsEqual(PCUNICODE_STRING Left, PCUNICODE_STRING Right, BOOLEAN CaseInsensitive)
{
    return Left->Length == Right->Length &&
           CompareUnits(Left->Buffer, Right->Buffer, Left->Length / sizeof(WCHAR), CaseInsensitive) == 0;
}

BOOLEAN NTAPI KmUnicodeHasPrefix(PCUNICODE_STRING String, PCUNICODE_STRING Prefix, BOOLEAN CaseInsensitive)
{
    return Prefix->Length <= String->Length &&
           CompareUnits(String->Buffer, Prefix->Buffer, Prefix->Length / sizeof(WCHAR), CaseInsensitive) == 0;
}

BOOLEAN NTAPI KmUnicodeHasSuffix(PCUNICODE_STRING String, PCUNICODE_STRING Suffix, BOOLEAN CaseInsensitive)
{
    return Suffix->Length <= String->Length &&
           CompareUnits(String->Buffer + (String->Length - Suffix->Length) / sizeof(WCHAR), Suffix->Buffer,
                        Suffix->Length / sizeof(WCHAR), CaseInsensitive) == 0;
}
