// SPDX-License-Identifier: MIT
// Strings of wchar_t, without limits.
#include "rtl/crt/crt.h"

size_t wcslen(const wchar_t *String)
{
    size_t Length = 0;

    while (String[Length] != L'\0') {
        ++Length;
    }
    return Length;
}

size_t wcsnlen(const wchar_t *String, size_t Limit)
{
    size_t Length = 0;

    while (Length < Limit && String[Length] != L'\0') {
        ++Length;
    }
    return Length;
}

wchar_t *wcscpy(wchar_t *Destination, const wchar_t *Source)
{
    memmove(Destination, Source, (wcslen(Source) + 1) * sizeof(wchar_t));
    return Destination;
}

wchar_t *wcscat(wchar_t *Destination, const wchar_t *Source)
{
    wcscpy(Destination + wcslen(Destination), Source);
    return Destination;
}

wchar_t *wcsncpy(wchar_t *Destination, const wchar_t *Source, size_t Count)
{
    size_t Length = wcsnlen(Source, Count);

    memmove(Destination, Source, Length * sizeof(wchar_t));
    memset(Destination + Length, 0, (Count - Length) * sizeof(wchar_t));
    return Destination;
}

wchar_t *wcsncat(wchar_t *Destination, const wchar_t *Source, size_t Count)
{
    wchar_t *End = Destination + wcslen(Destination);
    size_t Length = wcsnlen(Source, Count);

    memmove(End, Source, Length * sizeof(wchar_t));
    End[Length] = L'\0';
    return Destination;
}

int wcsncmp(const wchar_t *Left, const wchar_t *Right, size_t Count)
{
    for (size_t Index = 0; Index < Count; ++Index) {
        if (Left[Index] != Right[Index]) {
            return Left[Index] < Right[Index] ? -1 : 1;
        }
        if (Left[Index] == L'\0') {
            break;
        }
    }
    return 0;
}

int wcscmp(const wchar_t *Left, const wchar_t *Right)
{
    return wcsncmp(Left, Right, (size_t)-1);
}

wchar_t *wcschr(const wchar_t *String, wchar_t Character)
{
    for (;; ++String) {
        if (*String == Character) {
            return (wchar_t *)String;
        }
        if (*String == L'\0') {
            return NULL;
        }
    }
}

wchar_t *wcsrchr(const wchar_t *String, wchar_t Character)
{
    for (size_t Index = wcslen(String) + 1; Index-- != 0;) {
        if (String[Index] == Character) {
            return (wchar_t *)&String[Index];
        }
    }
    return NULL;
}

wchar_t *wcsstr(const wchar_t *String, const wchar_t *Wanted)
{
    size_t Length = wcslen(Wanted);

    for (;; ++String) {
        if (wcsncmp(String, Wanted, Length) == 0) {
            return (wchar_t *)String;
        }
        if (*String == L'\0') {
            return NULL;
        }
    }
}

size_t wcsspn(const wchar_t *String, const wchar_t *Set)
{
    size_t Length = 0;

    while (String[Length] != L'\0' && wcschr(Set, String[Length])) {
        ++Length;
    }
    return Length;
}

size_t wcscspn(const wchar_t *String, const wchar_t *Set)
{
    size_t Length = 0;

    while (String[Length] != L'\0' && !wcschr(Set, String[Length])) {
        ++Length;
    }
    return Length;
}
