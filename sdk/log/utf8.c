// SPDX-License-Identifier: MIT
// UTF-16 and UTF-8, by the Unicode Standard's definitions D91 and D92.
#include "utf8.h"

#define REPLACEMENT 0xFFFDu

ULONG KmpLogDecodeUtf16(PCWSTR String, SIZE_T Count, PULONG Units)
{
    ULONG First = String[0];

    *Units = 1;
    if (First < 0xD800 || First > 0xDFFF) {
        return First;
    }
    if (First > 0xDBFF || Count < 2 || String[1] < 0xDC00 || String[1] > 0xDFFF) {
        return REPLACEMENT;
    }
    *Units = 2;
    return 0x10000 + ((First - 0xD800) << 10) + ((ULONG)String[1] - 0xDC00);
}

ULONG KmpLogDecodeUtf8(const UCHAR *String, SIZE_T Count, PULONG Bytes)
{
    static const ULONG Smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    ULONG Character = String[0], Length;

    *Bytes = 1;
    if (Character < 0x80) {
        return Character;
    }
    Length = Character >= 0xF0 && Character <= 0xF4 ? 4 : Character >= 0xE0 ? 3 : Character >= 0xC2 ? 2 : 0;
    if (Character > 0xF4 || Length == 0 || Length > Count) {
        return REPLACEMENT;
    }
    Character &= 0x7Fu >> Length;
    for (ULONG Index = 1; Index < Length; Index += 1) {
        if ((String[Index] & 0xC0) != 0x80) {
            return REPLACEMENT;
        }
        Character = (Character << 6) | (String[Index] & 0x3Fu);
    }
    if (Character < Smallest[Length] || Character > 0x10FFFF ||
        (Character >= 0xD800 && Character <= 0xDFFF)) {
        return REPLACEMENT;
    }
    *Bytes = Length;
    return Character;
}

ULONG KmpLogEncodeUtf8(ULONG Character, PCHAR Buffer)
{
    if (Character < 0x80) {
        Buffer[0] = (CHAR)Character;
        return 1;
    }
    if (Character < 0x800) {
        Buffer[0] = (CHAR)(0xC0 | (Character >> 6));
        Buffer[1] = (CHAR)(0x80 | (Character & 0x3F));
        return 2;
    }
    if (Character < 0x10000) {
        Buffer[0] = (CHAR)(0xE0 | (Character >> 12));
        Buffer[1] = (CHAR)(0x80 | ((Character >> 6) & 0x3F));
        Buffer[2] = (CHAR)(0x80 | (Character & 0x3F));
        return 3;
    }
    Buffer[0] = (CHAR)(0xF0 | (Character >> 18));
    Buffer[1] = (CHAR)(0x80 | ((Character >> 12) & 0x3F));
    Buffer[2] = (CHAR)(0x80 | ((Character >> 6) & 0x3F));
    Buffer[3] = (CHAR)(0x80 | (Character & 0x3F));
    return 4;
}

VOID NTAPI KmLogTextPutWide(PKM_LOG_TEXT Text, PCWSTR String, SIZE_T Count)
{
    while (Count != 0 && !Text->Cut) {
        CHAR Bytes[4];
        ULONG Units;
        ULONG Character = KmpLogDecodeUtf16(String, Count, &Units);

        KmLogTextPutBytes(Text, Bytes, KmpLogEncodeUtf8(Character, Bytes));
        String += Units;
        Count -= Units;
    }
}
