// SPDX-License-Identifier: MIT
// Upper-case letters at any IRQL: Windows' own table may be paged out.
#include <kmode.h>

// From First to Last in steps, each unit becomes that plus Delta.
typedef struct KMP_CASE_RANGE {
    USHORT First;
    USHORT Last;
    USHORT Step;
    USHORT Delta;
} KMP_CASE_RANGE;

#include "upcase-table.inc"

WCHAR NTAPI KmUpcaseUnicodeChar(WCHAR Unit)
{
    ULONG Low = 0, High = KmpUpcaseRangeCount;

    if (Unit < 0x80) {
        return Unit >= 'a' && Unit <= 'z' ? (WCHAR)(Unit - 'a' + 'A') : Unit;
    }
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;

        if (KmpUpcaseRanges[Middle].Last < Unit) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    if (Low < KmpUpcaseRangeCount && KmpUpcaseRanges[Low].First <= Unit &&
        (Unit - KmpUpcaseRanges[Low].First) % KmpUpcaseRanges[Low].Step == 0) {
        return (WCHAR)(Unit + KmpUpcaseRanges[Low].Delta);
    }
    return Unit;
}

BOOLEAN NTAPI KmEqualUnicodeString(PCUNICODE_STRING Left, PCUNICODE_STRING Right)
{
    if (Left->Length != Right->Length) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Left->Length / sizeof(WCHAR); Index += 1) {
        WCHAR One = Left->Buffer[Index], Other = Right->Buffer[Index];

        if (One != Other && KmUpcaseUnicodeChar(One) != KmUpcaseUnicodeChar(Other)) {
            return FALSE;
        }
    }
    return TRUE;
}
