// SPDX-License-Identifier: MIT
// NT's format language, at any IRQL: the kernel's own needs PASSIVE_LEVEL for wide text.
#include "format.h"
#include "utf8.h"

#define FLAG_LEFT      0x01u // -
#define FLAG_PLUS      0x02u // +
#define FLAG_ZERO      0x04u // 0
#define FLAG_SPACE     0x08u // a blank
#define FLAG_ALTERNATE 0x10u // #

// No field of a message is as wide; a width or precision beyond it counts as it.
#define WIDEST 0xFFFF

typedef enum ARGUMENT_SIZE { SizeDefault, SizeChar, SizeShort, SizeLong, SizeWide, Size64 } ARGUMENT_SIZE;

typedef struct SPECIFICATION {
    ULONG Flags;
    LONG Width;
    LONG Precision; // -1: none
    ARGUMENT_SIZE Size;
} SPECIFICATION;

static LONG ReadNumber(PCSTR *Format)
{
    LONG Number = 0;

    for (; **Format >= '0' && **Format <= '9'; *Format += 1) {
        Number = min(Number * 10 + (**Format - '0'), WIDEST);
    }
    return Number;
}

static ULONG ReadFlags(PCSTR *Format)
{
    ULONG Flags = 0;

    for (;; *Format += 1) {
        switch (**Format) {
        case '-': Flags |= FLAG_LEFT; break;
        case '+': Flags |= FLAG_PLUS; break;
        case '0': Flags |= FLAG_ZERO; break;
        case ' ': Flags |= FLAG_SPACE; break;
        case '#': Flags |= FLAG_ALTERNATE; break;
        default: return Flags;
        }
    }
}

static ARGUMENT_SIZE ReadSize(PCSTR *Format)
{
    PCSTR At = *Format;
    ARGUMENT_SIZE Size = SizeDefault;

    switch (At[0]) {
    case 'h': Size = At[1] == 'h' ? SizeChar : SizeShort; break;
    case 'l': Size = At[1] == 'l' ? Size64 : SizeLong; break;
    case 'w': Size = SizeWide; break;
    case 'L': Size = SizeDefault; break;
    case 'j':
    case 'z':
    case 't': Size = Size64; break;
    case 'I':
        if (At[1] == '3' && At[2] == '2') {
            *Format += 3;
            return SizeDefault;
        }
        *Format += At[1] == '6' && At[2] == '4' ? 3 : 1;
        return sizeof(PVOID) == 8 || At[1] == '6' ? Size64 : SizeDefault;
    default: return SizeDefault;
    }
    *Format += At[1] == At[0] && (At[0] == 'h' || At[0] == 'l') ? 2 : 1;
    return Size;
}

static VOID PutPadding(PKM_LOG_TEXT Text, const SPECIFICATION *Specification, CHAR Character, SIZE_T Used)
{
    if ((SIZE_T)Specification->Width > Used) {
        KmLogTextPutRepeated(Text, Character, (SIZE_T)Specification->Width - Used);
    }
}

static VOID PutInteger(PKM_LOG_TEXT Text, const SPECIFICATION *Specification, CHAR Conversion, ULONG64 Value)
{
    BOOLEAN IsSigned = Conversion == 'd' || Conversion == 'i';
    ULONG Base = Conversion == 'o' ? 8 : Conversion == 'x' || Conversion == 'X' ? 16 : 10;
    PCSTR DigitSet = Conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    CHAR Digits[22], Prefix[2]; // 64 bits in octal
    ULONG Count = 0, PrefixLength = 0, Zeros, Precision;
    BOOLEAN ZeroPadded =
        (Specification->Flags & (FLAG_ZERO | FLAG_LEFT)) == FLAG_ZERO && Specification->Precision < 0;

    switch (Specification->Size) {
    case SizeChar: Value = IsSigned ? (ULONG64)(signed char)Value : (UCHAR)Value; break;
    case SizeShort: Value = IsSigned ? (ULONG64)(SHORT)Value : (USHORT)Value; break;
    case Size64: break;
    default: Value = IsSigned ? (ULONG64)(LONG)Value : (ULONG)Value; break;
    }
    if (IsSigned && (LONG64)Value < 0) {
        Value = 0 - Value;
        Prefix[PrefixLength++] = '-';
    } else if (IsSigned && (Specification->Flags & (FLAG_PLUS | FLAG_SPACE))) {
        Prefix[PrefixLength++] = Specification->Flags & FLAG_PLUS ? '+' : ' ';
    } else if (Base == 16 && (Specification->Flags & FLAG_ALTERNATE) && Value != 0) {
        Prefix[PrefixLength++] = '0';
        Prefix[PrefixLength++] = Conversion;
    }
    for (; Value != 0; Value /= Base) {
        Count += 1;
        Digits[sizeof(Digits) - Count] = DigitSet[Value % Base];
    }
    Precision = Specification->Precision < 0 ? 1 : (ULONG)Specification->Precision;
    Zeros = Precision > Count ? Precision - Count : 0;
    if (Base == 8 && (Specification->Flags & FLAG_ALTERNATE) && Zeros == 0) {
        Zeros = 1;
    }

    if (!ZeroPadded && !(Specification->Flags & FLAG_LEFT)) {
        PutPadding(Text, Specification, ' ', (SIZE_T)PrefixLength + Zeros + Count);
    }
    KmLogTextPutBytes(Text, Prefix, PrefixLength);
    if (ZeroPadded) {
        PutPadding(Text, Specification, '0', (SIZE_T)PrefixLength + Zeros + Count);
    }
    KmLogTextPutRepeated(Text, '0', Zeros);
    KmLogTextPutBytes(Text, Digits + sizeof(Digits) - Count, Count);
    if (Specification->Flags & FLAG_LEFT) {
        PutPadding(Text, Specification, ' ', (SIZE_T)PrefixLength + Zeros + Count);
    }
}

// Count units of a string, in a field. A width counts units, as the kernel's does.
static VOID PutString(PKM_LOG_TEXT Text, const SPECIFICATION *Specification, const VOID *String, SIZE_T Count,
                      BOOLEAN IsWide)
{
    if (!(Specification->Flags & FLAG_LEFT)) {
        PutPadding(Text, Specification, Specification->Flags & FLAG_ZERO ? '0' : ' ', Count);
    }
    if (IsWide) {
        KmLogTextPutWide(Text, (PCWSTR)String, Count);
    } else {
        KmLogTextPutBytes(Text, (PCSTR)String, Count);
    }
    if (Specification->Flags & FLAG_LEFT) {
        PutPadding(Text, Specification, ' ', Count);
    }
}

static SIZE_T Limited(const SPECIFICATION *Specification, SIZE_T Count)
{
    return Specification->Precision >= 0 ? min(Count, (SIZE_T)Specification->Precision) : Count;
}

static VOID PutZeroTerminated(PKM_LOG_TEXT Text, const SPECIFICATION *Specification, const VOID *String,
                              BOOLEAN IsWide)
{
    SIZE_T Limit = Limited(Specification, (SIZE_T)-1), Count = 0;

    if (String == NULL) {
        String = "(null)";
        IsWide = FALSE;
    }
    while (Count < Limit && (IsWide ? ((PCWSTR)String)[Count] != 0 : ((PCSTR)String)[Count] != 0)) {
        Count += 1;
    }
    PutString(Text, Specification, String, Count, IsWide);
}

static VOID PutCounted(PKM_LOG_TEXT Text, const SPECIFICATION *Specification, const VOID *String,
                       BOOLEAN IsWide)
{
    const UNICODE_STRING *Wide = (const UNICODE_STRING *)String;
    const STRING *Narrow = (const STRING *)String;

    if (String == NULL || Narrow->Buffer == NULL) {
        PutString(Text, Specification, "(null)", Limited(Specification, 6), FALSE);
    } else if (IsWide) {
        PutString(Text, Specification, Wide->Buffer, Limited(Specification, Wide->Length / sizeof(WCHAR)),
                  TRUE);
    } else {
        PutString(Text, Specification, Narrow->Buffer, Limited(Specification, Narrow->Length), FALSE);
    }
}

static VOID PutCharacter(PKM_LOG_TEXT Text, const SPECIFICATION *Specification, int Value, BOOLEAN IsWide)
{
    CHAR Narrow = (CHAR)Value;
    WCHAR Wide = (WCHAR)Value;

    PutString(Text, Specification, IsWide ? (const VOID *)&Wide : (const VOID *)&Narrow, 1, IsWide);
}

// %s and %c are narrow, %S and %C wide, unless a size says otherwise.
static BOOLEAN IsWideArgument(ARGUMENT_SIZE Size, BOOLEAN IsCapital)
{
    switch (Size) {
    case SizeShort:
    case SizeChar: return FALSE;
    case SizeLong:
    case SizeWide: return TRUE;
    default: return IsCapital;
    }
}

static ULONG64 ReadInteger(va_list *Arguments, ARGUMENT_SIZE Size)
{
    return Size == Size64 ? va_arg(*Arguments, ULONG64) : va_arg(*Arguments, ULONG);
}

// Reads what stands between % and the conversion.
static VOID ReadSpecification(PCSTR *Format, SPECIFICATION *Specification, va_list *Arguments)
{
    Specification->Flags = ReadFlags(Format);
    if (**Format == '*') {
        *Format += 1;
        Specification->Width = va_arg(*Arguments, int);
        if (Specification->Width < 0) {
            Specification->Flags |= FLAG_LEFT;
            Specification->Width = Specification->Width < -WIDEST ? WIDEST : -Specification->Width;
        }
        Specification->Width = min(Specification->Width, WIDEST);
    } else {
        Specification->Width = ReadNumber(Format);
    }
    Specification->Precision = -1;
    if (**Format == '.') {
        *Format += 1;
        if (**Format == '*') {
            *Format += 1;
            Specification->Precision = va_arg(*Arguments, int);
            Specification->Precision = min(Specification->Precision, WIDEST);
        } else {
            Specification->Precision = ReadNumber(Format);
        }
    }
    Specification->Size = ReadSize(Format);
}

static BOOLEAN PutConversion(PKM_LOG_TEXT Text, SPECIFICATION *Specification, CHAR Conversion,
                             va_list *Arguments)
{
    BOOLEAN IsCapital = Conversion == 'S' || Conversion == 'C';

    switch (Conversion) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        PutInteger(Text, Specification, Conversion, ReadInteger(Arguments, Specification->Size));
        return TRUE;
    case 'p':
        Specification->Size = Size64;
        Specification->Precision = 2 * sizeof(PVOID);
        PutInteger(Text, Specification, 'X', (ULONG_PTR)va_arg(*Arguments, PVOID));
        return TRUE;
    case 'c':
    case 'C':
        PutCharacter(Text, Specification, va_arg(*Arguments, int),
                     IsWideArgument(Specification->Size, IsCapital));
        return TRUE;
    case 's':
    case 'S':
        PutZeroTerminated(Text, Specification, va_arg(*Arguments, PVOID),
                          IsWideArgument(Specification->Size, IsCapital));
        return TRUE;
    case 'Z':
        PutCounted(Text, Specification, va_arg(*Arguments, PVOID),
                   IsWideArgument(Specification->Size, FALSE));
        return TRUE;
    case '%': KmLogTextPutBytes(Text, "%", 1); return TRUE;
    default: return FALSE;
    }
}

BOOLEAN KmpLogPutFormat(PKM_LOG_TEXT Text, PCSTR Format, va_list Arguments)
{
    while (*Format != '\0') {
        SPECIFICATION Specification;
        PCSTR Start = Format;

        while (*Format != '\0' && *Format != '%') {
            Format += 1;
        }
        KmLogTextPutBytes(Text, Start, (SIZE_T)(Format - Start));
        if (*Format == '\0') {
            break;
        }
        Start = Format;
        Format += 1;
        ReadSpecification(&Format, &Specification, &Arguments);
        if (*Format == '\0' || !PutConversion(Text, &Specification, *Format, &Arguments)) {
            KmLogTextPutString(Text, Start);
            return FALSE;
        }
        Format += 1;
    }
    return TRUE;
}

VOID NTAPI KmLogTextPutFormatV(PKM_LOG_TEXT Text, PCSTR Format, va_list Arguments)
{
    (VOID) KmpLogPutFormat(Text, Format, Arguments);
}

VOID __cdecl KmLogTextPutFormat(PKM_LOG_TEXT Text, PCSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    KmLogTextPutFormatV(Text, Format, Arguments);
    va_end(Arguments);
}
