// SPDX-License-Identifier: MIT
// Numbers and GUIDs out of strings and into them.
#include "rtl/string.h"

// The base of Rtl's number routines; 0 for one that they do not know.
static ULONG RtlpNumberBase(ULONG Base)
{
    switch (Base) {
    case 0: return 10;
    case 2:
    case 8:
    case 10:
    case 16: return Base;
    default: return 0;
    }
}

static ULONG RtlpDigit(WCHAR Character)
{
    if (Character >= '0' && Character <= '9') {
        return Character - '0';
    }
    if ((Character | 0x20) >= 'a' && (Character | 0x20) <= 'f') {
        return (Character | 0x20) - 'a' + 10u;
    }
    return MAXULONG;
}

// A unit of counted text, 0 behind its end.
static WCHAR RtlpUnitAt(PCWCH Text, SIZE_T Count, SIZE_T Index)
{
    return Index < Count ? Text[Index] : 0;
}

// White space, a sign, with Base 0 a prefix of 0x, 0o or 0b, and digits up to what is none. Wraps at 32 bits.
static NTSTATUS RtlpTextToInteger(PCWCH Text, SIZE_T Count, ULONG Base, PULONG Value)
{
    SIZE_T Index = 0;
    BOOLEAN IsNegative;
    ULONG Number = 0, Digit;

    if (RtlpNumberBase(Base) == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    while (Index < Count && Text[Index] <= ' ') {
        ++Index;
    }
    IsNegative = RtlpUnitAt(Text, Count, Index) == '-';
    if (IsNegative || RtlpUnitAt(Text, Count, Index) == '+') {
        ++Index;
    }
    if (Base == 0) {
        Base = 10;
        if (RtlpUnitAt(Text, Count, Index) == '0') {
            switch (RtlpUnitAt(Text, Count, Index + 1)) {
            case 'x': Base = 16; break;
            case 'o': Base = 8; break;
            case 'b': Base = 2; break;
            default: break;
            }
            Index += Base == 10 ? 0 : 2;
        }
    }
    for (; (Digit = RtlpDigit(RtlpUnitAt(Text, Count, Index))) < Base; ++Index) {
        Number = Number * Base + Digit;
    }
    *Value = IsNegative ? 0 - Number : Number;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    if (String->Length < sizeof(WCHAR)) {
        return STATUS_INVALID_PARAMETER;
    }
    return RtlpTextToInteger(String->Buffer, String->Length / sizeof(WCHAR), Base, Value);
}

NTSTATUS NTAPI RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    WCHAR Text[40]; // white space apart, the longest number that is not wrapped: a sign, 0b and 32 digits
    SIZE_T Count = 0;

    while (*String != '\0' && (UCHAR)*String <= ' ') {
        ++String;
    }
    while (Count < RTL_NUMBER_OF(Text) && String[Count] != '\0') {
        Text[Count] = (UCHAR)String[Count];
        ++Count;
    }
    return RtlpTextToInteger(Text, Count, Base, Value);
}

NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
    WCHAR Digits[64];
    ULONG Count = 0;

    Base = RtlpNumberBase(Base);
    if (Base == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    do {
        Digits[RTL_NUMBER_OF(Digits) - ++Count] = L"0123456789ABCDEF"[Value % Base];
        Value /= Base;
    } while (Value != 0);
    // The text is terminated, or is not there.
    if ((Count + 1) * sizeof(WCHAR) > String->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    String->Length = (USHORT)(Count * sizeof(WCHAR));
    memcpy(String->Buffer, Digits + RTL_NUMBER_OF(Digits) - Count, String->Length);
    String->Buffer[Count] = UNICODE_NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    return RtlInt64ToUnicodeString(Value, Base, String);
}

// ---- GUIDs

// A GUID's text: each x is two digits of the byte of the GUID that RtlpGuidBytes names, in order.
static const CHAR RtlpGuidPattern[] = "{xxxx-xx-xx-xx-xxxxxx}";
static const UCHAR RtlpGuidBytes[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

#define GUID_CHARACTERS 38

NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString)
{
    PWSTR Place = RtlpAllocateString((GUID_CHARACTERS + 1) * sizeof(WCHAR));
    ULONG Byte = 0;

    if (!Place) {
        return STATUS_NO_MEMORY;
    }
    GuidString->Buffer = Place;
    GuidString->Length = GUID_CHARACTERS * sizeof(WCHAR);
    GuidString->MaximumLength = (GUID_CHARACTERS + 1) * sizeof(WCHAR);
    for (const CHAR *Pattern = RtlpGuidPattern; *Pattern != '\0'; ++Pattern) {
        if (*Pattern == 'x') {
            UCHAR Value = ((const UCHAR *)Guid)[RtlpGuidBytes[Byte++]];

            *Place++ = L"0123456789ABCDEF"[Value >> 4];
            *Place++ = L"0123456789ABCDEF"[Value & 0xF];
        } else {
            *Place++ = (WCHAR)*Pattern;
        }
    }
    *Place = UNICODE_NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING GuidString, GUID *Guid)
{
    SIZE_T Count = GuidString->Length / sizeof(WCHAR), Index = 0;
    UCHAR Bytes[sizeof(GUID)];
    ULONG Byte = 0;

    for (const CHAR *Pattern = RtlpGuidPattern; *Pattern != '\0'; ++Pattern) {
        WCHAR First = RtlpUnitAt(GuidString->Buffer, Count, Index++);

        if (*Pattern == 'x') {
            ULONG High = RtlpDigit(First), Low = RtlpDigit(RtlpUnitAt(GuidString->Buffer, Count, Index++));

            if (High > 0xF || Low > 0xF) {
                return STATUS_INVALID_PARAMETER;
            }
            Bytes[RtlpGuidBytes[Byte++]] = (UCHAR)(High << 4 | Low);
        } else if (First != (WCHAR)*Pattern) {
            return STATUS_INVALID_PARAMETER;
        }
    }
    if (RtlpUnitAt(GuidString->Buffer, Count, Index) != UNICODE_NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    memcpy(Guid, Bytes, sizeof(Bytes));
    return STATUS_SUCCESS;
}
