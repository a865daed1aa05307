// SPDX-License-Identifier: MIT
// Classes and case of characters. The classes return what Microsoft's do: the bits of the character's class.
#include "rtl/crt/crt.h"
#include "rtl/upcase.h"

#define CLASS_UPPER 0x01
#define CLASS_LOWER 0x02
#define CLASS_DIGIT 0x04
#define CLASS_SPACE 0x08
#define CLASS_PUNCT 0x10
#define CLASS_BLANK 0x40
#define CLASS_HEX   0x80
#define CLASS_ALPHA 0x100

int isdigit(int Character)
{
    return Character >= '0' && Character <= '9' ? CLASS_DIGIT : 0;
}

int islower(int Character)
{
    return Character >= 'a' && Character <= 'z' ? CLASS_LOWER : 0;
}

int isupper(int Character)
{
    return Character >= 'A' && Character <= 'Z' ? CLASS_UPPER : 0;
}

int isxdigit(int Character)
{
    return isdigit(Character) || (Character >= 'a' && Character <= 'f') ||
                   (Character >= 'A' && Character <= 'F')
               ? CLASS_HEX
               : 0;
}

int isspace(int Character)
{
    return Character == ' ' || (Character >= '\t' && Character <= '\r') ? CLASS_SPACE : 0;
}

int isprint(int Character)
{
    if (isupper(Character) || islower(Character)) {
        return isupper(Character) | islower(Character);
    }
    if (isdigit(Character)) {
        return CLASS_DIGIT;
    }
    return Character == ' ' ? CLASS_BLANK : Character > ' ' && Character < 0x7F ? CLASS_PUNCT : 0;
}

int tolower(int Character)
{
    return isupper(Character) ? Character + ('a' - 'A') : Character;
}

int toupper(int Character)
{
    return islower(Character) ? Character - ('a' - 'A') : Character;
}

int iswdigit(unsigned short Character)
{
    return isdigit(Character);
}

int iswspace(unsigned short Character)
{
    return isspace(Character);
}

int iswalnum(unsigned short Character)
{
    return isupper(Character) || islower(Character) ? CLASS_ALPHA : isdigit(Character);
}

unsigned short towlower(unsigned short Character)
{
    return RtlpDowncaseUnit(Character);
}

unsigned short towupper(unsigned short Character)
{
    return RtlpUpcaseUnit(Character);
}
