// SPDX-License-Identifier: MIT
// Parts of a string.
#include <kmode.h>

BOOLEAN KmpIsOneOf(WCHAR Unit, PCWSTR Units)
{
    if (Units == NULL) {
        return Unit == L' ' || (Unit >= L'\t' && Unit <= L'\r') || Unit == 0;
    }
    for (; *Units != 0; Units += 1) {
        if (*Units == Unit) {
            return TRUE;
        }
    }
    return FALSE;
}

NTSTATUS NTAPI KmUnicodeFindAnyOf(PCUNICODE_STRING String, PCWSTR Units, SIZE_T Start, PSIZE_T Index)
{
    SIZE_T Place;

    for (Place = Start; Place < String->Length / sizeof(WCHAR); Place += 1) {
        if (KmpIsOneOf(String->Buffer[Place], Units)) {
            *Index = Place;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_FOUND;
}

NTSTATUS NTAPI KmUnicodeSlice(PCUNICODE_STRING String, SIZE_T Index, SIZE_T Count, PUNICODE_STRING Part)
{
    SIZE_T Units = String->Length / sizeof(WCHAR);

    if (Index > Units || (Count != KM_UNICODE_REST && Count > Units - Index)) {
        return STATUS_ARRAY_BOUNDS_EXCEEDED;
    }
    if (Count == KM_UNICODE_REST) {
        Count = Units - Index;
    }
    Part->Buffer = String->Buffer + Index;
    Part->Length = Part->MaximumLength = (USHORT)(Count * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

VOID NTAPI KmUnicodeTrim(PUNICODE_STRING Part, PCWSTR Units)
{
    PWCH First = Part->Buffer, End = First + Part->Length / sizeof(WCHAR);

    while (End != First && KmpIsOneOf(End[-1], Units)) {
        End -= 1;
    }
    while (First != End && KmpIsOneOf(*First, Units)) {
        First += 1;
    }
    Part->Buffer = First;
    Part->Length = Part->MaximumLength = (USHORT)((PUCHAR)End - (PUCHAR)First);
}

BOOLEAN NTAPI KmUnicodeNextPart(PUNICODE_STRING Rest, PCWSTR Separators, BOOLEAN SkipEmpty,
                                PUNICODE_STRING Part)
{
    SIZE_T Index;

    for (;;) {
        // A NULL buffer is how the end of all parts is kept: behind a last separator there is an empty one.
        if (Rest->Buffer == NULL) {
            RtlZeroMemory(Part, sizeof(*Part));
            return FALSE;
        }
        if (KmUnicodeFindAnyOf(Rest, Separators, 0, &Index) == STATUS_SUCCESS) {
            (void)KmUnicodeSlice(Rest, 0, Index, Part);
            (void)KmUnicodeSlice(Rest, Index + 1, KM_UNICODE_REST, Rest);
        } else {
            (void)KmUnicodeSlice(Rest, 0, KM_UNICODE_REST, Part);
            RtlZeroMemory(Rest, sizeof(*Rest));
        }
        if (Part->Length != 0 || !SkipEmpty) {
            return TRUE;
        }
    }
}
