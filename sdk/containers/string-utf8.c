// SPDX-License-Identifier: MIT
// Strings out of UTF-8.
#include <kmode.h>

NTSTATUS NTAPI KmStringAppendUtf8(PKM_STRING String, PCCH Text, SIZE_T TextBytes, ULONG Flags)
{
    SIZE_T Count = KmStringCount(String), Needed;
    NTSTATUS Status = KmUtf8ToUtf16(Text, TextBytes, Flags, NULL, 0, &Needed), Reserved;

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Reserved = KmStringReserve(String, Needed);
    if (!NT_SUCCESS(Reserved) || Needed == 0) {
        return NT_SUCCESS(Reserved) ? Status : Reserved;
    }
    Status = KmUtf8ToUtf16(Text, TextBytes, Flags, String->Unicode.Buffer + Count, Needed, &Needed);
    if (NT_SUCCESS(Status)) {
        String->Unicode.Length = (USHORT)((Count + Needed) * sizeof(WCHAR));
    }
    // The zero is back in its place, if Text has changed meanwhile, too.
    KmStringTruncate(String, KmStringCount(String));
    return Status;
}
