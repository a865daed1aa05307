// SPDX-License-Identifier: MIT
// Strings filled with one character, or turned round.
#include "rtl/crt/crt.h"

char *_strnset(char *String, int Character, size_t Count)
{
    memset(String, Character, strnlen(String, Count));
    return String;
}

char *_strset(char *String, int Character)
{
    return _strnset(String, Character, (size_t)-1);
}

wchar_t *_wcsnset(wchar_t *String, wchar_t Character, size_t Count)
{
    for (size_t Index = 0; Index < Count && String[Index] != L'\0'; ++Index) {
        String[Index] = Character;
    }
    return String;
}

char *_strrev(char *String)
{
    size_t Length = strlen(String);

    for (size_t Index = 0; Index < Length / 2; ++Index) {
        char Saved = String[Index];

        String[Index] = String[Length - 1 - Index];
        String[Length - 1 - Index] = Saved;
    }
    return String;
}

wchar_t *_wcsrev(wchar_t *String)
{
    size_t Length = wcslen(String);

    for (size_t Index = 0; Index < Length / 2; ++Index) {
        wchar_t Saved = String[Index];

        String[Index] = String[Length - 1 - Index];
        String[Length - 1 - Index] = Saved;
    }
    return String;
}

errno_t _strnset_s(char *String, size_t Size, int Character, size_t Count)
{
    if (Count == 0 && !String && Size == 0) {
        return 0;
    }
    if (!String || Size == 0) {
        return EINVAL;
    }
    if (strnlen(String, Size) == Size) {
        String[0] = '\0';
        return EINVAL;
    }
    _strnset(String, Character, Count);
    return 0;
}

errno_t _strset_s(char *String, size_t Size, int Character)
{
    return _strnset_s(String, Size, Character, (size_t)-1);
}

errno_t _wcsnset_s(wchar_t *String, size_t Size, wchar_t Character, size_t Count)
{
    if (Count == 0 && !String && Size == 0) {
        return 0;
    }
    if (!String || Size == 0) {
        return EINVAL;
    }
    if (wcsnlen(String, Size) == Size) {
        String[0] = L'\0';
        return EINVAL;
    }
    _wcsnset(String, Character, Count);
    return 0;
}

errno_t _wcsset_s(wchar_t *String, size_t Size, wchar_t Character)
{
    return _wcsnset_s(String, Size, Character, (size_t)-1);
}
