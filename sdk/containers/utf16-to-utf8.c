// SPDX-License-Identifier: MIT
// UTF-16 to UTF-8.
#include <kmode.h>

NTSTATUS NTAPI KmUtf16ToUtf8(PCWCH Units, SIZE_T UnitsCount, ULONG Flags, PCHAR Text, SIZE_T TextBytes,
                             PSIZE_T TextBytesNeeded)
{
    PCWCH Place = Units, End = Units + UnitsCount, Start;
    NTSTATUS Status = STATUS_SUCCESS;
    SIZE_T Needed = 0;
    ULONG Character, Length;
    CHAR Put[4];

    while (Place != End) {
        Start = Place;
        Character = KmpUtf16Next(&Place, End);
        if (Character == KMP_NO_CHARACTER) {
            if (Flags & KM_UTF_STRICT) {
                *TextBytesNeeded = (SIZE_T)(Start - Units);
                return STATUS_UNMAPPABLE_CHARACTER;
            }
            Character = KM_UTF_REPLACEMENT;
            if (Status == STATUS_SUCCESS) {
                Status = STATUS_SOME_NOT_MAPPED;
            }
        }
        Length = KmpUtf8Put(Character, Put);
        if (Text != NULL && Status != STATUS_BUFFER_TOO_SMALL) {
            if (Length <= TextBytes - Needed) {
                RtlCopyMemory(Text + Needed, Put, Length);
            } else {
                Status = STATUS_BUFFER_TOO_SMALL;
            }
        }
        Needed += Length;
    }
    *TextBytesNeeded = Needed;
    return Status;
}
