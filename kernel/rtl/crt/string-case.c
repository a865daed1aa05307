// SPDX-License-Identifier: MIT
// Strings without regard to the case of ASCII letters, and their conversion.
#include "rtl/crt/crt.h"

static int Lower(int Character)
{
    return Character >= 'A' && Character <= 'Z' ? Character + ('a' - 'A') : Character;
}

static int Upper(int Character)
{
    return Character >= 'a' && Character <= 'z' ? Character - ('a' - 'A') : Character;
}

int _strnicmp(const char *Left, const char *Right, size_t Count)
{
    for (size_t Index = 0; Index < Count; ++Index) {
        int A = Lower((unsigned char)Left[Index]), B = Lower((unsigned char)Right[Index]);

        if (A != B) {
            return A - B;
        }
        if (A == '\0') {
            break;
        }
    }
    return 0;
}

int _stricmp(const char *Left, const char *Right)
{
    return _strnicmp(Left, Right, (size_t)-1);
}

int _wcsnicmp(const wchar_t *Left, const wchar_t *Right, size_t Count)
{
    for (size_t Index = 0; Index < Count; ++Index) {
        int A = Lower(Left[Index]), B = Lower(Right[Index]);

        if (A != B) {
            return A - B;
        }
        if (A == L'\0') {
            break;
        }
    }
    return 0;
}

int _wcsicmp(const wchar_t *Left, const wchar_t *Right)
{
    return _wcsnicmp(Left, Right, (size_t)-1);
}

char *_strlwr(char *String)
{
    for (char *Place = String; *Place != '\0'; ++Place) {
        *Place = (char)Lower(*Place);
    }
    return String;
}

char *_strupr(char *String)
{
    for (char *Place = String; *Place != '\0'; ++Place) {
        *Place = (char)Upper(*Place);
    }
    return String;
}

wchar_t *_wcslwr(wchar_t *String)
{
    for (wchar_t *Place = String; *Place != L'\0'; ++Place) {
        *Place = (wchar_t)Lower(*Place);
    }
    return String;
}

wchar_t *_wcsupr(wchar_t *String)
{
    for (wchar_t *Place = String; *Place != L'\0'; ++Place) {
        *Place = (wchar_t)Upper(*Place);
    }
    return String;
}

errno_t _wcslwr_s(wchar_t *String, size_t Size)
{
    if (!String) {
        return EINVAL;
    }
    if (wcsnlen(String, Size) == Size) {
        if (Size != 0) {
            String[0] = L'\0';
        }
        return EINVAL;
    }
    _wcslwr(String);
    return 0;
}
