// SPDX-License-Identifier: MIT
// UTF-8 to UTF-16.
#include <kmode.h>

NTSTATUS NTAPI KmUtf8ToUtf16(PCCH Text, SIZE_T TextBytes, ULONG Flags, PWCH Units, SIZE_T UnitsCount,
                             PSIZE_T UnitsNeeded)
{
    PCCH Place = Text, End = Text + TextBytes, Start;
    NTSTATUS Status = STATUS_SUCCESS;
    SIZE_T Needed = 0;
    ULONG Character, Length;
    WCHAR Put[2];

    while (Place != End) {
        Start = Place;
        Character = KmpUtf8Next(&Place, End);
        if (Character == KMP_NO_CHARACTER) {
            if (Flags & KM_UTF_STRICT) {
                *UnitsNeeded = (SIZE_T)(Start - Text);
                return STATUS_UNMAPPABLE_CHARACTER;
            }
            Character = KM_UTF_REPLACEMENT;
            if (Status == STATUS_SUCCESS) {
                Status = STATUS_SOME_NOT_MAPPED;
            }
        }
        Length = KmpUtf16Put(Character, Put);
        if (Units != NULL && Status != STATUS_BUFFER_TOO_SMALL) {
            if (Length <= UnitsCount - Needed) {
                RtlCopyMemory(Units + Needed, Put, Length * sizeof(WCHAR));
            } else {
                Status = STATUS_BUFFER_TOO_SMALL;
            }
        }
        Needed += Length;
    }
    *UnitsNeeded = Needed;
    return Status;
}
