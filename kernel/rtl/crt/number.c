// SPDX-License-Identifier: MIT
// Numbers out of text.
#include "rtl/crt/crt.h"

// A number as it stands in a text of char or wchar_t: its magnitude, sign, and the length that it has there.
typedef struct SCANNED_NUMBER {
    unsigned long long Magnitude;
    size_t Length; // 0: there is no number
    int IsNegative;
    int IsTooLarge; // for 64 bits
} SCANNED_NUMBER;

static int DigitValue(unsigned int Character)
{
    if (Character >= '0' && Character <= '9') {
        return (int)(Character - '0');
    }
    if (Character >= 'a' && Character <= 'z') {
        return (int)(Character - 'a') + 10;
    }
    if (Character >= 'A' && Character <= 'Z') {
        return (int)(Character - 'A') + 10;
    }
    return 36;
}

static unsigned int UnitAt(const char *Narrow, const wchar_t *Wide, size_t Index)
{
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of the two is set
    return Narrow ? (unsigned char)Narrow[Index] : Wide[Index];
}

// Reads white space, a sign, in base 16 an optional 0x, and digits. Base 0 is 16 after 0x, 8 after 0,
// else 10.
static SCANNED_NUMBER ScanNumber(const char *Narrow, const wchar_t *Wide, int Base)
{
    SCANNED_NUMBER Number = {0};
    size_t Index = 0;
    int HasDigits = 0;

    if (Base < 0 || Base == 1 || Base > 36) {
        return Number;
    }
    while (isspace((int)UnitAt(Narrow, Wide, Index))) {
        ++Index;
    }
    if (UnitAt(Narrow, Wide, Index) == '-' || UnitAt(Narrow, Wide, Index) == '+') {
        Number.IsNegative = UnitAt(Narrow, Wide, Index) == '-';
        ++Index;
    }
    if ((Base == 0 || Base == 16) && UnitAt(Narrow, Wide, Index) == '0' &&
        (UnitAt(Narrow, Wide, Index + 1) | 0x20) == 'x' && DigitValue(UnitAt(Narrow, Wide, Index + 2)) < 16) {
        Base = 16;
        Index += 2;
    } else if (Base == 0) {
        Base = UnitAt(Narrow, Wide, Index) == '0' ? 8 : 10;
    }
    for (int Digit; (Digit = DigitValue(UnitAt(Narrow, Wide, Index))) < Base; ++Index) {
        HasDigits = 1;
        if (__builtin_mul_overflow(Number.Magnitude, (unsigned long long)Base, &Number.Magnitude) ||
            __builtin_add_overflow(Number.Magnitude, (unsigned long long)Digit, &Number.Magnitude)) {
            Number.IsTooLarge = 1;
        }
    }
    Number.Length = HasDigits ? Index : 0;
    return Number;
}

// The number as a signed one of the range [-Limit - 1, Limit].
static long long ClampSigned(SCANNED_NUMBER Number, unsigned long long Limit)
{
    if (Number.Length == 0) {
        return 0;
    }
    if (Number.IsNegative) {
        return Number.IsTooLarge || Number.Magnitude > Limit ? -(long long)Limit - 1
                                                             : -(long long)Number.Magnitude;
    }
    return (long long)(Number.IsTooLarge || Number.Magnitude > Limit ? Limit : Number.Magnitude);
}

int atoi(const char *String)
{
    return (int)ClampSigned(ScanNumber(String, NULL, 10), 0x7FFFFFFF);
}

long atol(const char *String)
{
    return (long)ClampSigned(ScanNumber(String, NULL, 10), 0x7FFFFFFF);
}

long long _atoi64(const char *String)
{
    return ClampSigned(ScanNumber(String, NULL, 10), 0x7FFFFFFFFFFFFFFF);
}

int _wtoi(const wchar_t *String)
{
    return (int)ClampSigned(ScanNumber(NULL, String, 10), 0x7FFFFFFF);
}

long _wtol(const wchar_t *String)
{
    return (long)ClampSigned(ScanNumber(NULL, String, 10), 0x7FFFFFFF);
}

unsigned long wcstoul(const wchar_t *String, wchar_t **End, int Base)
{
    SCANNED_NUMBER Number = ScanNumber(NULL, String, Base);

    if (End) {
        *End = (wchar_t *)String + Number.Length;
    }
    if (Number.Length == 0) {
        return 0;
    }
    if (Number.IsTooLarge || Number.Magnitude > 0xFFFFFFFF) {
        return 0xFFFFFFFF;
    }
    return (unsigned long)(Number.IsNegative ? 0 - Number.Magnitude : Number.Magnitude);
}

unsigned long long _strtoui64(const char *String, char **End, int Base)
{
    SCANNED_NUMBER Number = ScanNumber(String, NULL, Base);

    if (End) {
        *End = (char *)String + Number.Length;
    }
    if (Number.Length == 0) {
        return 0;
    }
    if (Number.IsTooLarge) {
        return 0xFFFFFFFFFFFFFFFF;
    }
    return Number.IsNegative ? 0 - Number.Magnitude : Number.Magnitude;
}
