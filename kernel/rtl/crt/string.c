// SPDX-License-Identifier: MIT
// Strings of char, without limits.
#include "rtl/crt/crt.h"

size_t strlen(const char *String)
{
    size_t Length = 0;

    while (String[Length] != '\0') {
        ++Length;
    }
    return Length;
}

size_t strnlen(const char *String, size_t Limit)
{
    size_t Length = 0;

    while (Length < Limit && String[Length] != '\0') {
        ++Length;
    }
    return Length;
}

char *strcpy(char *Destination, const char *Source)
{
    memmove(Destination, Source, strlen(Source) + 1);
    return Destination;
}

char *strcat(char *Destination, const char *Source)
{
    strcpy(Destination + strlen(Destination), Source);
    return Destination;
}

char *strncpy(char *Destination, const char *Source, size_t Count)
{
    size_t Length = strnlen(Source, Count);

    memmove(Destination, Source, Length);
    memset(Destination + Length, 0, Count - Length);
    return Destination;
}

char *strncat(char *Destination, const char *Source, size_t Count)
{
    char *End = Destination + strlen(Destination);
    size_t Length = strnlen(Source, Count);

    memmove(End, Source, Length);
    End[Length] = '\0';
    return Destination;
}

int strncmp(const char *Left, const char *Right, size_t Count)
{
    for (size_t Index = 0; Index < Count; ++Index) {
        unsigned char A = (unsigned char)Left[Index], B = (unsigned char)Right[Index];

        if (A != B) {
            return A < B ? -1 : 1;
        }
        if (A == '\0') {
            break;
        }
    }
    return 0;
}

int strcmp(const char *Left, const char *Right)
{
    return strncmp(Left, Right, (size_t)-1);
}

char *strchr(const char *String, int Character)
{
    for (;; ++String) {
        if (*String == (char)Character) {
            return (char *)String;
        }
        if (*String == '\0') {
            return NULL;
        }
    }
}

char *strrchr(const char *String, int Character)
{
    for (size_t Index = strlen(String) + 1; Index-- != 0;) {
        if (String[Index] == (char)Character) {
            return (char *)&String[Index];
        }
    }
    return NULL;
}

char *strstr(const char *String, const char *Wanted)
{
    size_t Length = strlen(Wanted);

    for (;; ++String) {
        if (strncmp(String, Wanted, Length) == 0) {
            return (char *)String;
        }
        if (*String == '\0') {
            return NULL;
        }
    }
}

size_t strspn(const char *String, const char *Set)
{
    size_t Length = 0;

    while (String[Length] != '\0' && strchr(Set, String[Length])) {
        ++Length;
    }
    return Length;
}

char *strtok_s(char *String, const char *Delimiters, char **Context)
{
    char *Token;

    if (!Context || !Delimiters || (!String && !*Context)) {
        return NULL;
    }
    Token = String ? String : *Context;
    Token += strspn(Token, Delimiters);
    String = Token;
    while (*String != '\0' && !strchr(Delimiters, *String)) {
        ++String;
    }
    if (*String != '\0') {
        *String++ = '\0';
    }
    *Context = String;
    return *Token != '\0' ? Token : NULL;
}
