// SPDX-License-Identifier: MIT
// Numbers to text: _itoa and its family.
#include "rtl/crt/crt.h"

#define MAX_TEXT 65 // 64 binary digits and a sign

// Writes Value to the end of Text and returns how many characters that took.
static size_t WriteDigits(char Text[MAX_TEXT], unsigned long long Value, int IsNegative, unsigned int Radix)
{
    size_t Length = 0;

    do {
        Text[MAX_TEXT - ++Length] = "0123456789abcdefghijklmnopqrstuvwxyz"[Value % Radix];
        Value /= Radix;
    } while (Value != 0);
    if (IsNegative) {
        Text[MAX_TEXT - ++Length] = '-';
    }
    return Length;
}

// Stores to Narrow or to Wide, whichever is not NULL.
static errno_t StoreNumber(unsigned long long Value, int IsNegative, char *Narrow, wchar_t *Wide, size_t Size,
                           int Radix)
{
    char Text[MAX_TEXT];
    size_t Length;

    if ((!Narrow && !Wide) || Size == 0) {
        return EINVAL;
    }
    if (Narrow) {
        Narrow[0] = '\0';
    } else {
        Wide[0] = L'\0';
    }
    if (Radix < 2 || Radix > 36) {
        return EINVAL;
    }
    Length = WriteDigits(Text, IsNegative ? 0 - Value : Value, IsNegative, (unsigned int)Radix);
    if (Length >= Size) {
        return ERANGE;
    }
    for (size_t Index = 0; Index < Length; ++Index) {
        if (Narrow) {
            Narrow[Index] = Text[MAX_TEXT - Length + Index];
        } else {
            Wide[Index] = (unsigned char)Text[MAX_TEXT - Length + Index];
        }
    }
    if (Narrow) {
        Narrow[Length] = '\0';
    } else {
        Wide[Length] = L'\0';
    }
    return 0;
}

static errno_t StoreSigned32(long Value, char *Narrow, wchar_t *Wide, size_t Size, int Radix)
{
    if (Radix == 10 && Value < 0) {
        return StoreNumber((unsigned long long)(long long)Value, 1, Narrow, Wide, Size, Radix);
    }
    return StoreNumber((unsigned long)Value, 0, Narrow, Wide, Size, Radix);
}

static errno_t StoreSigned64(long long Value, char *Narrow, wchar_t *Wide, size_t Size, int Radix)
{
    return StoreNumber((unsigned long long)Value, Radix == 10 && Value < 0, Narrow, Wide, Size, Radix);
}

char *_itoa(int Value, char *Buffer, int Radix)
{
    StoreSigned32(Value, Buffer, NULL, MAX_TEXT + 1, Radix);
    return Buffer;
}

wchar_t *_itow(int Value, wchar_t *Buffer, int Radix)
{
    StoreSigned32(Value, NULL, Buffer, MAX_TEXT + 1, Radix);
    return Buffer;
}

errno_t _itoa_s(int Value, char *Buffer, size_t Size, int Radix)
{
    return StoreSigned32(Value, Buffer, NULL, Size, Radix);
}

errno_t _itow_s(int Value, wchar_t *Buffer, size_t Size, int Radix)
{
    return StoreSigned32(Value, NULL, Buffer, Size, Radix);
}

errno_t _ltoa_s(long Value, char *Buffer, size_t Size, int Radix)
{
    return StoreSigned32(Value, Buffer, NULL, Size, Radix);
}

errno_t _ltow_s(long Value, wchar_t *Buffer, size_t Size, int Radix)
{
    return StoreSigned32(Value, NULL, Buffer, Size, Radix);
}

errno_t _ultoa_s(unsigned long Value, char *Buffer, size_t Size, int Radix)
{
    return StoreNumber(Value, 0, Buffer, NULL, Size, Radix);
}

errno_t _ultow_s(unsigned long Value, wchar_t *Buffer, size_t Size, int Radix)
{
    return StoreNumber(Value, 0, NULL, Buffer, Size, Radix);
}

errno_t _i64toa_s(long long Value, char *Buffer, size_t Size, int Radix)
{
    return StoreSigned64(Value, Buffer, NULL, Size, Radix);
}

errno_t _i64tow_s(long long Value, wchar_t *Buffer, size_t Size, int Radix)
{
    return StoreSigned64(Value, NULL, Buffer, Size, Radix);
}

errno_t _ui64toa_s(unsigned long long Value, char *Buffer, size_t Size, int Radix)
{
    return StoreNumber(Value, 0, Buffer, NULL, Size, Radix);
}

errno_t _ui64tow_s(unsigned long long Value, wchar_t *Buffer, size_t Size, int Radix)
{
    return StoreNumber(Value, 0, NULL, Buffer, Size, Radix);
}
