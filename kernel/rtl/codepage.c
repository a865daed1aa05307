// SPDX-License-Identifier: MIT
// Single characters between UTF-16, the ANSI code page and UTF-8.
#include "rtl/codepage.h"

// Windows-1252, bytes 0x80 to 0x9F; the others equal their Unicode number.
static const unsigned short RtlpAnsiC1[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

unsigned short RtlpAnsiToUnicode(unsigned char Character)
{
    return Character >= 0x80 && Character < 0xA0 ? RtlpAnsiC1[Character - 0x80] : Character;
}

unsigned char RtlpUnicodeToAnsi(unsigned short Unit)
{
    if (Unit < 0x80 || (Unit >= 0xA0 && Unit <= 0xFF)) {
        return (unsigned char)Unit;
    }
    for (unsigned int Index = 0; Index < 32; ++Index) {
        if (RtlpAnsiC1[Index] == Unit) {
            return (unsigned char)(0x80 + Index);
        }
    }
    return '?';
}

// Code page 437, bytes 0x80 to 0xFF; the others equal their Unicode number.
static const unsigned short RtlpOemHigh[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE,
    0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9, 0x00FF, 0x00D6,
    0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA,
    0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510, 0x2514,
    0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256C, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C,
    0x2588, 0x2584, 0x258C, 0x2590, 0x2580, 0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4,
    0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6, 0x03B5, 0x2229, 0x2261, 0x00B1, 0x2265, 0x2264, 0x2320,
    0x2321, 0x00F7, 0x2248, 0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};

unsigned short RtlpOemToUnicode(unsigned char Character)
{
    return Character >= 0x80 ? RtlpOemHigh[Character - 0x80] : Character;
}

unsigned char RtlpUnicodeToOem(unsigned short Unit)
{
    if (Unit < 0x80) {
        return (unsigned char)Unit;
    }
    for (unsigned int Index = 0; Index < 128; ++Index) {
        if (RtlpOemHigh[Index] == Unit) {
            return (unsigned char)(0x80 + Index);
        }
    }
    return '?';
}

unsigned int RtlpEncodeUtf8(const unsigned short *Units, unsigned long long Count,
                            unsigned char Bytes[RTLP_UTF8_MAX_BYTES], unsigned int *ByteCount, int *Valid)
{
    unsigned int Character = Units[0], Taken = 1;

    *Valid = 1;
    if (Character >= 0xD800 && Character <= 0xDFFF) {
        if (Character < 0xDC00 && Count > 1 && Units[1] >= 0xDC00 && Units[1] <= 0xDFFF) {
            Character = 0x10000 + ((Character - 0xD800) << 10) + (Units[1] - 0xDC00u);
            Taken = 2;
        } else {
            Character = 0xFFFD;
            *Valid = 0;
        }
    }
    if (Character < 0x80) {
        Bytes[0] = (unsigned char)Character;
        *ByteCount = 1;
    } else if (Character < 0x800) {
        Bytes[0] = (unsigned char)(0xC0 | Character >> 6);
        Bytes[1] = (unsigned char)(0x80 | (Character & 0x3F));
        *ByteCount = 2;
    } else if (Character < 0x10000) {
        Bytes[0] = (unsigned char)(0xE0 | Character >> 12);
        Bytes[1] = (unsigned char)(0x80 | (Character >> 6 & 0x3F));
        Bytes[2] = (unsigned char)(0x80 | (Character & 0x3F));
        *ByteCount = 3;
    } else {
        Bytes[0] = (unsigned char)(0xF0 | Character >> 18);
        Bytes[1] = (unsigned char)(0x80 | (Character >> 12 & 0x3F));
        Bytes[2] = (unsigned char)(0x80 | (Character >> 6 & 0x3F));
        Bytes[3] = (unsigned char)(0x80 | (Character & 0x3F));
        *ByteCount = 4;
    }
    return Taken;
}

unsigned int RtlpDecodeUtf8(const unsigned char *Bytes, unsigned long long Count, unsigned short Units[2],
                            unsigned int *UnitCount, int *Valid)
{
    unsigned int Lead = Bytes[0], Need, Character, Taken = 1;
    // Bounds of the second byte: what rules out overlong forms, surrogates and numbers beyond U+10FFFF.
    unsigned int Low = 0x80, High = 0xBF;

    *UnitCount = 1;
    *Valid = 1;
    if (Lead < 0x80) {
        Units[0] = (unsigned short)Lead;
        return 1;
    }
    if (Lead >= 0xC2 && Lead <= 0xDF) {
        Need = 1;
        Character = Lead & 0x1F;
    } else if (Lead >= 0xE0 && Lead <= 0xEF) {
        Need = 2;
        Character = Lead & 0x0F;
        Low = Lead == 0xE0 ? 0xA0 : 0x80;
        High = Lead == 0xED ? 0x9F : 0xBF;
    } else if (Lead >= 0xF0 && Lead <= 0xF4) {
        Need = 3;
        Character = Lead & 0x07;
        Low = Lead == 0xF0 ? 0x90 : 0x80;
        High = Lead == 0xF4 ? 0x8F : 0xBF;
    } else {
        goto Invalid;
    }
    for (; Need != 0; --Need, ++Taken) {
        if (Taken >= Count || Bytes[Taken] < Low || Bytes[Taken] > High) {
            goto Invalid;
        }
        Character = Character << 6 | (Bytes[Taken] & 0x3F);
        Low = 0x80;
        High = 0xBF;
    }
    if (Character >= 0x10000) {
        Units[0] = (unsigned short)(0xD800 + ((Character - 0x10000) >> 10));
        Units[1] = (unsigned short)(0xDC00 + ((Character - 0x10000) & 0x3FF));
        *UnitCount = 2;
    } else {
        Units[0] = (unsigned short)Character;
    }
    return Taken;

Invalid:
    Units[0] = 0xFFFD;
    *Valid = 0;
    return Taken;
}
