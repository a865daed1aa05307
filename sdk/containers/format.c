// SPDX-License-Identifier: MIT
// Formatted text without the C library's formatter, which wants PASSIVE_LEVEL for wide text.
#include "containers/format.h"

typedef enum KMP_SIZE { SizeInt, SizeChar, SizeShort, Size64, SizeWide } KMP_SIZE;

// One conversion, between its % and its letter.
typedef struct KMP_CONVERSION {
    BOOLEAN Left;
    BOOLEAN Plus;
    BOOLEAN Blank;
    BOOLEAN Zero;
    BOOLEAN Alternate;
    SIZE_T Width;
    BOOLEAN HasPrecision;
    SIZE_T Precision;
    KMP_SIZE Size;
} KMP_CONVERSION;

// Text of either kind of units.
typedef struct KMP_TEXT {
    const VOID *Place;
    const VOID *End;
    BOOLEAN IsWide;
} KMP_TEXT;

static VOID Put(KMP_FORMAT_SINK *Sink, ULONG Character)
{
    WCHAR Wide[2];
    CHAR Narrow[4];
    ULONG Length;

    if (Sink->IsWide) {
        Length = KmpUtf16Put(Character, Wide);
        if (Sink->Buffer != NULL && Sink->Units + Length <= Sink->Room) {
            RtlCopyMemory((PWCH)Sink->Buffer + Sink->Units, Wide, Length * sizeof(WCHAR));
        }
    } else {
        Length =
            KmpUtf8Put(Character >= 0xD800 && Character <= 0xDFFF ? KM_UTF_REPLACEMENT : Character, Narrow);
        if (Sink->Buffer != NULL && Sink->Units + Length <= Sink->Room) {
            RtlCopyMemory((PCHAR)Sink->Buffer + Sink->Units, Narrow, Length);
        }
    }
    Sink->Units += Length;
}

static VOID PutMany(KMP_FORMAT_SINK *Sink, ULONG Character, SIZE_T Count)
{
    for (; Count != 0; Count -= 1) {
        Put(Sink, Character);
    }
}

// The next character of Text, which has one.
static ULONG Next(KMP_TEXT *Text)
{
    ULONG Character;
    PCWCH Wide = (PCWCH)Text->Place;
    PCCH Narrow = (PCCH)Text->Place;

    if (Text->IsWide) {
        Character = KmpUtf16Next(&Wide, (PCWCH)Text->End);
        Character = Character == KMP_NO_CHARACTER ? Wide[-1] : Character;
        Text->Place = Wide;
        return Character;
    }
    Character = KmpUtf8Next(&Narrow, (PCCH)Text->End);
    Text->Place = Narrow;
    return Character == KMP_NO_CHARACTER ? KM_UTF_REPLACEMENT : Character;
}

// The unit at the place; 0 at the end.
static ULONG Peek(const KMP_TEXT *Text)
{
    if (Text->Place == Text->End) {
        return 0;
    }
    return Text->IsWide ? *(PCWCH)Text->Place : (UCHAR) * (PCCH)Text->Place;
}

static VOID Skip(KMP_TEXT *Text)
{
    Text->Place = (const UCHAR *)Text->Place + (Text->IsWide ? sizeof(WCHAR) : sizeof(CHAR));
}

// Text that a zero terminates, no more of it than Most units, so that it need not have one.
static KMP_TEXT TextOf(const VOID *Units, BOOLEAN IsWide, SIZE_T Most)
{
    KMP_TEXT Text = {Units, Units, IsWide};
    SIZE_T Count = 0;

    while (Count < Most && (IsWide ? ((PCWCH)Units)[Count] : ((PCCH)Units)[Count]) != 0) {
        Count += 1;
    }
    Text.End = (const UCHAR *)Units + Count * (IsWide ? sizeof(WCHAR) : sizeof(CHAR));
    return Text;
}

static VOID NoteOwn(KMP_FORMAT_SINK *Sink, const VOID *Text)
{
    if (Sink->Own != NULL && (ULONG_PTR)Text - (ULONG_PTR)Sink->Own < Sink->OwnBytes) {
        Sink->IsOwn = TRUE;
    }
}

static VOID PutText(KMP_FORMAT_SINK *Sink, const KMP_CONVERSION *Conversion, KMP_TEXT Text)
{
    KMP_TEXT Counted = Text;
    SIZE_T Characters = 0, Padding;

    while (Counted.Place != Counted.End) {
        (void)Next(&Counted);
        Characters += 1;
    }
    Padding = Conversion->Width > Characters ? Conversion->Width - Characters : 0;
    if (!Conversion->Left) {
        PutMany(Sink, Conversion->Zero ? '0' : ' ', Padding);
    }
    for (; Characters != 0; Characters -= 1) {
        Put(Sink, Next(&Text));
    }
    if (Conversion->Left) {
        PutMany(Sink, ' ', Padding);
    }
}

// Sign is 0, or what stands before all.
static VOID PutNumber(KMP_FORMAT_SINK *Sink, const KMP_CONVERSION *Conversion, ULONG64 Value, ULONG Base,
                      BOOLEAN Capital, CHAR Sign)
{
    CHAR Digits[24];
    PCSTR Letters = Capital ? "0123456789ABCDEF" : "0123456789abcdef";
    SIZE_T Count = 0, Zeros = 0, Prefix = Sign != 0, Padding;
    BOOLEAN Hexadecimal = Conversion->Alternate && Base == 16 && Value != 0;

    for (; Value != 0; Value /= Base) {
        Digits[Count++] = Letters[Value % Base];
    }
    Prefix += Hexadecimal ? 2 : 0;
    if (Conversion->HasPrecision) {
        Zeros = Conversion->Precision > Count ? Conversion->Precision - Count : 0;
    } else if (Count == 0) {
        Zeros = 1;
    }
    if (Conversion->Alternate && Base == 8 && Zeros == 0) {
        Zeros = 1;
    }
    if (Conversion->Zero && !Conversion->Left && !Conversion->HasPrecision &&
        Conversion->Width > Prefix + Count + Zeros) {
        Zeros = Conversion->Width - Prefix - Count;
    }
    Padding = Conversion->Width > Prefix + Zeros + Count ? Conversion->Width - Prefix - Zeros - Count : 0;
    if (!Conversion->Left) {
        PutMany(Sink, ' ', Padding);
    }
    if (Sign != 0) {
        Put(Sink, (UCHAR)Sign);
    }
    if (Hexadecimal) {
        Put(Sink, '0');
        Put(Sink, Capital ? 'X' : 'x');
    }
    PutMany(Sink, '0', Zeros);
    while (Count != 0) {
        Put(Sink, (UCHAR)Digits[--Count]);
    }
    if (Conversion->Left) {
        PutMany(Sink, ' ', Padding);
    }
}

// More is as long as no string may be.
static SIZE_T ReadNumber(KMP_TEXT *Format)
{
    SIZE_T Number = 0;

    for (; Peek(Format) >= '0' && Peek(Format) <= '9'; Skip(Format)) {
        Number = min(Number * 10 + (Peek(Format) - '0'), 0x10000);
    }
    return Number;
}

static VOID ReadFlags(KMP_TEXT *Format, KMP_CONVERSION *Conversion)
{
    for (;; Skip(Format)) {
        switch (Peek(Format)) {
        case '-': Conversion->Left = TRUE; break;
        case '+': Conversion->Plus = TRUE; break;
        case ' ': Conversion->Blank = TRUE; break;
        case '0': Conversion->Zero = TRUE; break;
        case '#': Conversion->Alternate = TRUE; break;
        default: return;
        }
    }
}

static VOID ReadSize(KMP_TEXT *Format, KMP_CONVERSION *Conversion)
{
    ULONG First = Peek(Format);
    KMP_TEXT After = *Format;

    switch (First) {
    case 'h':
    case 'l':
        Skip(Format);
        Conversion->Size = First == 'h' ? SizeShort : SizeWide;
        if (Peek(Format) == First) {
            Skip(Format);
            Conversion->Size = First == 'h' ? SizeChar : Size64;
        }
        break;
    case 'w':
        Skip(Format);
        Conversion->Size = SizeWide;
        break;
    case 'z':
    case 't':
    case 'j':
        Skip(Format);
        Conversion->Size = First == 'j' || sizeof(SIZE_T) == sizeof(ULONG64) ? Size64 : SizeInt;
        break;
    case 'I':
        Skip(Format);
        Skip(&After);
        Conversion->Size = sizeof(SIZE_T) == sizeof(ULONG64) ? Size64 : SizeInt;
        if (Peek(&After) == '6' || Peek(&After) == '3') {
            BOOLEAN Is64 = Peek(&After) == '6';

            Skip(&After);
            if (Peek(&After) == (Is64 ? '4' : '2')) {
                Skip(&After);
                *Format = After;
                Conversion->Size = Is64 ? Size64 : SizeInt;
            }
        }
        break;
    default: break;
    }
}

// Fields that a * fills are int: below 0, a width is one to the left, a precision is none.
static VOID ReadFields(KMP_TEXT *Format, KMP_CONVERSION *Conversion, va_list *Arguments)
{
    int Field;

    ReadFlags(Format, Conversion);
    if (Peek(Format) == '*') {
        Skip(Format);
        Field = va_arg(*Arguments, int);
        Conversion->Left = Conversion->Left || Field < 0;
        Conversion->Width = min(Field < 0 ? 0u - (ULONG)Field : (ULONG)Field, 0x10000);
    } else {
        Conversion->Width = ReadNumber(Format);
    }
    if (Peek(Format) == '.') {
        Skip(Format);
        Conversion->HasPrecision = TRUE;
        if (Peek(Format) == '*') {
            Skip(Format);
            Field = va_arg(*Arguments, int);
            Conversion->HasPrecision = Field >= 0;
            Conversion->Precision = Field >= 0 ? (SIZE_T)min(Field, 0x10000) : 0;
        } else {
            Conversion->Precision = ReadNumber(Format);
        }
    }
    ReadSize(Format, Conversion);
}

static VOID PutInteger(KMP_FORMAT_SINK *Sink, const KMP_CONVERSION *Conversion, ULONG Letter,
                       va_list *Arguments)
{
    BOOLEAN Signed = Letter == 'd' || Letter == 'i';
    ULONG64 Value = Conversion->Size == Size64 ? va_arg(*Arguments, ULONG64) : va_arg(*Arguments, ULONG);
    CHAR Sign = 0;

    if (Signed) {
        switch (Conversion->Size) {
        case SizeChar: Value = (ULONG64)(LONG64)(signed char)Value; break;
        case SizeShort: Value = (ULONG64)(LONG64)(SHORT)Value; break;
        case Size64: break;
        default: Value = (ULONG64)(LONG64)(LONG)Value; break;
        }
        if ((LONG64)Value < 0) {
            Value = 0 - Value;
            Sign = '-';
        } else if (Conversion->Plus || Conversion->Blank) {
            Sign = Conversion->Plus ? '+' : ' ';
        }
    } else if (Conversion->Size == SizeChar) {
        Value = (UCHAR)Value;
    } else if (Conversion->Size == SizeShort) {
        Value = (USHORT)Value;
    }
    PutNumber(Sink, Conversion, Value,
              Letter == 'o'                    ? 8
              : Letter == 'x' || Letter == 'X' ? 16
                                               : 10,
              Letter == 'X', Sign);
}

static NTSTATUS Convert(KMP_FORMAT_SINK *Sink, KMP_TEXT *Format, va_list *Arguments)
{
    static const CHAR Null[] = "(null)";
    KMP_CONVERSION Conversion;
    KMP_TEXT Text;
    BOOLEAN IsWide;
    ULONG Letter;
    SIZE_T Most;
    WCHAR WideUnit;
    CHAR NarrowUnit;
    const VOID *Pointer;
    const STRING *Counted;

    RtlZeroMemory(&Conversion, sizeof(Conversion));
    ReadFields(Format, &Conversion, Arguments);
    Letter = Peek(Format);
    if (Letter == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Skip(Format);
    // Capitals are the other kind than the format's own.
    IsWide = Conversion.Size == SizeWide ||
             (Conversion.Size == SizeInt && Sink->IsWide == (BOOLEAN)(Letter == 'c' || Letter == 's'));
    Most = Conversion.HasPrecision ? Conversion.Precision : KM_STRING_MAXIMUM_BYTES;
    switch (Letter) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X': PutInteger(Sink, &Conversion, Letter, Arguments); return STATUS_SUCCESS;
    case 'p':
        Conversion.HasPrecision = TRUE;
        Conversion.Precision = sizeof(PVOID) * 2;
        PutNumber(Sink, &Conversion, (ULONG_PTR)va_arg(*Arguments, PVOID), 16, TRUE, 0);
        return STATUS_SUCCESS;
    case 'c':
    case 'C':
        WideUnit = (WCHAR)va_arg(*Arguments, int);
        NarrowUnit = (CHAR)WideUnit;
        Text.Place = IsWide ? (const VOID *)&WideUnit : &NarrowUnit;
        Text.End = IsWide ? (const VOID *)(&WideUnit + 1) : &NarrowUnit + 1;
        Text.IsWide = IsWide;
        break;
    case 's':
    case 'S':
        Pointer = va_arg(*Arguments, const VOID *);
        Text = Pointer != NULL ? TextOf(Pointer, IsWide, Most) : TextOf(Null, FALSE, Most);
        break;
    case 'Z':
        IsWide = Conversion.Size == SizeWide;
        Pointer = va_arg(*Arguments, const VOID *);
        if (Pointer == NULL) {
            Text = TextOf(Null, FALSE, Most);
        } else {
            // A STRING and a UNICODE_STRING have their members at the same places.
            Counted = (const STRING *)Pointer;
            Text.Place = Counted->Buffer;
            Text.End = Counted->Buffer + (IsWide ? min(Counted->Length / sizeof(WCHAR), Most) * sizeof(WCHAR)
                                                 : min((SIZE_T)Counted->Length, Most));
            Text.IsWide = IsWide;
        }
        break;
    case '%': Put(Sink, '%'); return STATUS_SUCCESS;
    default: return STATUS_INVALID_PARAMETER;
    }
    NoteOwn(Sink, Text.Place);
    PutText(Sink, &Conversion, Text);
    return STATUS_SUCCESS;
}

// A va_list is an address on every target of Windows, so this one is a copy, and the caller's can be used
// again.
NTSTATUS KmpFormat(KMP_FORMAT_SINK *Sink, const VOID *Format, va_list Arguments)
{
    KMP_TEXT Text = TextOf(Format, Sink->IsWide, (SIZE_T)-1);
    NTSTATUS Status = STATUS_SUCCESS;

    NoteOwn(Sink, Format);
    while (Text.Place != Text.End && NT_SUCCESS(Status)) {
        if (Peek(&Text) == '%') {
            Skip(&Text);
            Status = Convert(Sink, &Text, &Arguments);
        } else {
            Put(Sink, Next(&Text));
        }
    }
    return Status;
}

NTSTATUS KmpFormatCount(KMP_FORMAT_SINK *Sink, BOOLEAN IsWide, const VOID *Own, SIZE_T OwnBytes,
                        const VOID *Format, va_list Arguments)
{
    RtlZeroMemory(Sink, sizeof(*Sink));
    Sink->IsWide = IsWide;
    Sink->Own = Own;
    Sink->OwnBytes = OwnBytes;
    return KmpFormat(Sink, Format, Arguments);
}

// What is the string's own is read until the end, so that text comes behind the zero first; the zero's place
// is the one unit more.
SIZE_T KmpFormatWrite(KMP_FORMAT_SINK *Sink, PVOID Place, const VOID *Format, va_list Arguments)
{
    const SIZE_T UnitBytes = Sink->IsWide ? sizeof(WCHAR) : sizeof(CHAR);

    Sink->Room = Sink->Units;
    Sink->Buffer = (PUCHAR)Place + (Sink->IsOwn ? UnitBytes : 0);
    Sink->Units = 0;
    (void)KmpFormat(Sink, Format, Arguments);
    Sink->Units = min(Sink->Units, Sink->Room);
    if (Sink->IsOwn) {
        RtlMoveMemory(Place, Sink->Buffer, Sink->Units * UnitBytes);
    }
    return Sink->Units;
}
