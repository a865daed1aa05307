// SPDX-License-Identifier: MIT
// Characters of UTF-8 and UTF-16, one after the other.
#include <kmode.h>

ULONG KmpUtf8Next(PCCH *Place, PCCH End)
{
    PCCH Text = *Place;
    UCHAR Lead = (UCHAR)*Text++;
    UCHAR Low = 0x80, High = 0xBF;
    ULONG Character, More;

    *Place = Text;
    if (Lead < 0x80) {
        return Lead;
    }
    if (Lead < 0xC2 || Lead > 0xF4) {
        return KMP_NO_CHARACTER;
    }
    if (Lead < 0xE0) {
        Character = Lead & 0x1F;
        More = 1;
    } else if (Lead < 0xF0) {
        Character = Lead & 0x0F;
        More = 2;
    } else {
        Character = Lead & 0x07;
        More = 3;
    }
    // The second byte alone tells overlong forms, surrogates and what is above U+10FFFF.
    switch (Lead) {
    case 0xE0: Low = 0xA0; break;
    case 0xED: High = 0x9F; break;
    case 0xF0: Low = 0x90; break;
    case 0xF4: High = 0x8F; break;
    default: break;
    }
    for (; More != 0; More -= 1) {
        if (Text == End || (UCHAR)*Text < Low || (UCHAR)*Text > High) {
            return KMP_NO_CHARACTER;
        }
        Character = Character << 6 | ((UCHAR)*Text++ & 0x3F);
        *Place = Text;
        Low = 0x80;
        High = 0xBF;
    }
    return Character;
}

ULONG KmpUtf16Next(PCWCH *Place, PCWCH End)
{
    PCWCH Units = *Place;
    WCHAR First = *Units++;
    ULONG Character = First;

    if (First >= 0xD800 && First <= 0xDFFF) {
        if (First <= 0xDBFF && Units != End && *Units >= 0xDC00 && *Units <= 0xDFFF) {
            Character = 0x10000 + (((ULONG)First - 0xD800) << 10) + (*Units++ - 0xDC00u);
        } else {
            Character = KMP_NO_CHARACTER;
        }
    }
    *Place = Units;
    return Character;
}

ULONG KmpUtf8Put(ULONG Character, PCHAR Text)
{
    if (Character < 0x80) {
        Text[0] = (CHAR)Character;
        return 1;
    }
    if (Character < 0x800) {
        Text[0] = (CHAR)(0xC0 | Character >> 6);
        Text[1] = (CHAR)(0x80 | (Character & 0x3F));
        return 2;
    }
    if (Character < 0x10000) {
        Text[0] = (CHAR)(0xE0 | Character >> 12);
        Text[1] = (CHAR)(0x80 | (Character >> 6 & 0x3F));
        Text[2] = (CHAR)(0x80 | (Character & 0x3F));
        return 3;
    }
    Text[0] = (CHAR)(0xF0 | Character >> 18);
    Text[1] = (CHAR)(0x80 | (Character >> 12 & 0x3F));
    Text[2] = (CHAR)(0x80 | (Character >> 6 & 0x3F));
    Text[3] = (CHAR)(0x80 | (Character & 0x3F));
    return 4;
}

ULONG KmpUtf16Put(ULONG Character, PWCH Units)
{
    if (Character < 0x10000) {
        Units[0] = (WCHAR)Character;
        return 1;
    }
    Units[0] = (WCHAR)(0xD800 + ((Character - 0x10000) >> 10));
    Units[1] = (WCHAR)(0xDC00 + ((Character - 0x10000) & 0x3FF));
    return 2;
}
