// SPDX-License-Identifier: MIT
// Text between the ANSI code page and UTF-16. The code page has one byte a character.
#include "rtl/crt/crt.h"
#include "rtl/codepage.h"

int mbtowc(wchar_t *Wide, const char *Text, size_t Count)
{
    if (!Text || Count == 0) {
        return 0;
    }
    if (Wide) {
        *Wide = RtlpAnsiToUnicode((unsigned char)*Text);
    }
    return *Text != '\0';
}

int wctomb(char *Text, wchar_t Wide)
{
    if (!Text) {
        return 0;
    }
    *Text = (char)RtlpUnicodeToAnsi(Wide);
    return 1;
}

size_t mbstowcs(wchar_t *Destination, const char *Source, size_t Count)
{
    size_t Length = 0;

    if (!Destination) {
        return strlen(Source);
    }
    for (; Length < Count; ++Length) {
        Destination[Length] = RtlpAnsiToUnicode((unsigned char)Source[Length]);
        if (Source[Length] == '\0') {
            break;
        }
    }
    return Length;
}

size_t wcstombs(char *Destination, const wchar_t *Source, size_t Count)
{
    size_t Length = 0;

    if (!Destination) {
        return wcslen(Source);
    }
    for (; Length < Count; ++Length) {
        Destination[Length] = (char)RtlpUnicodeToAnsi(Source[Length]);
        if (Source[Length] == L'\0') {
            break;
        }
    }
    return Length;
}
