// SPDX-License-Identifier: MIT
// What is in a string, and where.
#include <kmode.h>

// Whether Sought stands at Index, where String has room for it.
static BOOLEAN IsAt(PCUNICODE_STRING String, SIZE_T Index, PCUNICODE_STRING Sought, BOOLEAN CaseInsensitive)
{
    UNICODE_STRING Part;

    Part.Buffer = String->Buffer + Index;
    Part.Length = Part.MaximumLength = Sought->Length;
    return KmUnicodeIsEqual(&Part, Sought, CaseInsensitive);
}

NTSTATUS NTAPI KmUnicodeFind(PCUNICODE_STRING String, PCUNICODE_STRING Sought, SIZE_T Start,
                             BOOLEAN CaseInsensitive, PSIZE_T Index)
{
    SIZE_T Count = String->Length / sizeof(WCHAR), SoughtCount = Sought->Length / sizeof(WCHAR), Place;

    if (SoughtCount > Count) {
        return STATUS_NOT_FOUND;
    }
    for (Place = Start; Place <= Count - SoughtCount; Place += 1) {
        if (IsAt(String, Place, Sought, CaseInsensitive)) {
            *Index = Place;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_FOUND;
}

NTSTATUS NTAPI KmUnicodeFindLast(PCUNICODE_STRING String, PCUNICODE_STRING Sought, SIZE_T End,
                                 BOOLEAN CaseInsensitive, PSIZE_T Index)
{
    SIZE_T Count = String->Length / sizeof(WCHAR), SoughtCount = Sought->Length / sizeof(WCHAR), Place;

    if (SoughtCount > Count) {
        return STATUS_NOT_FOUND;
    }
    for (Place = min(End, Count - SoughtCount + 1); Place > 0; Place -= 1) {
        if (IsAt(String, Place - 1, Sought, CaseInsensitive)) {
            *Index = Place - 1;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_FOUND;
}
