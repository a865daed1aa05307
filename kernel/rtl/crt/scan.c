// SPDX-License-Identifier: MIT
// The scanf family that reads from memory.
//
//   %[*][width][size]type
//   size  hh h l ll L w I I32 I64                     (int and long have 32 bits; I, ll have 64)
//   type  d i u o x X p     integers; i finds the base, p is an x of 64 bits
//         c s [set]         text of the format's own width; of h: narrow, of l and w: wide
//         C S               text of the other width; h, l and w as above
//         n                 stores how much has been read, which is no field
//
// What c, s, C, S and [ fill has its size behind it in the argument list, an unsigned int that counts units:
// a text that does not fit with its terminator (c has none) makes it empty and ends the scan. Integers wrap.
// White space in the format is any amount of it, also none. The conversions of floating-point numbers end the
// scan.
#include "rtl/crt/crt.h"
#include "rtl/codepage.h"

#define END      (-1)
#define NO_LIMIT ((size_t)-1)

typedef struct SOURCE {
    const unsigned char *Narrow;
    const wchar_t *Wide; // NULL: it is narrow
    size_t Index, Count; // NO_LIMIT: it ends with its terminator alone
} SOURCE;

typedef enum SIZE { SizeDefault, SizeChar, SizeShort, SizeLong, SizeWide, Size64 } SIZE;

typedef struct FIELD {
    int IsSuppressed;
    size_t Width;
    SIZE Size;
    int Type;
} FIELD;

static int Peek(const SOURCE *Source)
{
    int Unit;

    if (Source->Index >= Source->Count) {
        return END;
    }
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of the two is set
    Unit = Source->Wide ? Source->Wide[Source->Index] : Source->Narrow[Source->Index];
    return Unit == 0 ? END : Unit;
}

static int IsSpace(int Unit)
{
    return Unit == ' ' || (Unit >= '\t' && Unit <= '\r');
}

static void SkipSpace(SOURCE *Source)
{
    while (IsSpace(Peek(Source))) {
        ++Source->Index;
    }
}

static int Accept(SOURCE *Source, int Unit)
{
    if (Peek(Source) != Unit) {
        return 0;
    }
    ++Source->Index;
    return 1;
}

static int AcceptTwo(SOURCE *Source, int First, int Second)
{
    SOURCE Ahead = *Source;

    if (!Accept(&Ahead, First) || !Accept(&Ahead, Second)) {
        return 0;
    }
    *Source = Ahead;
    return 1;
}

static SIZE ReadSize(SOURCE *Format)
{
    if (Accept(Format, 'h')) {
        return Accept(Format, 'h') ? SizeChar : SizeShort;
    }
    if (Accept(Format, 'l')) {
        return Accept(Format, 'l') ? Size64 : SizeLong;
    }
    if (Accept(Format, 'w')) {
        return SizeWide;
    }
    if (Accept(Format, 'I')) {
        if (AcceptTwo(Format, '3', '2')) {
            return SizeDefault;
        }
        AcceptTwo(Format, '6', '4');
        return Size64;
    }
    Accept(Format, 'L');
    return SizeDefault;
}

static FIELD ReadField(SOURCE *Format)
{
    FIELD Field = {.IsSuppressed = Accept(Format, '*')};

    for (int Unit; (Unit = Peek(Format)) >= '0' && Unit <= '9'; ++Format->Index) {
        Field.Width = Field.Width > 0xFFFFFFF ? Field.Width : Field.Width * 10 + (size_t)(Unit - '0');
    }
    Field.Width = Field.Width == 0 ? NO_LIMIT : Field.Width;
    Field.Size = ReadSize(Format);
    Field.Type = Peek(Format);
    Format->Index += Field.Type != END;
    return Field;
}

// ---- Integers

static int DigitOf(int Unit)
{
    if (Unit >= '0' && Unit <= '9') {
        return Unit - '0';
    }
    if ((Unit >= 'a' && Unit <= 'f') || (Unit >= 'A' && Unit <= 'F')) {
        return (Unit | 0x20) - 'a' + 10;
    }
    return 16;
}

static int BaseOf(int Type)
{
    switch (Type) {
    case 'x':
    case 'X':
    case 'p': return 16;
    case 'o': return 8;
    case 'i': return 0;
    default: return 10;
    }
}

// Whether there is a number at all.
static int ScanNumber(SOURCE *Source, const FIELD *Field, unsigned long long *Value)
{
    size_t Left = Field->Width;
    int Base = BaseOf(Field->Type), HasDigits = 0, IsNegative;

    SkipSpace(Source);
    IsNegative = Peek(Source) == '-';
    if (Left != 0 && (IsNegative || Peek(Source) == '+')) {
        ++Source->Index;
        --Left;
    }
    if (Left != 0 && (Base == 0 || Base == 16) && Peek(Source) == '0') {
        ++Source->Index;
        --Left;
        HasDigits = 1;
        if (Left != 0 && (Peek(Source) | 0x20) == 'x') {
            ++Source->Index;
            --Left;
            Base = 16;
            HasDigits = 0; // they must follow
        }
        Base = Base == 0 ? 8 : Base;
    }
    Base = Base == 0 ? 10 : Base;
    *Value = 0;
    for (int Digit; Left != 0 && (Digit = DigitOf(Peek(Source))) < Base; --Left) {
        *Value = *Value * (unsigned int)Base + (unsigned int)Digit;
        ++Source->Index;
        HasDigits = 1;
    }
    if (IsNegative) {
        *Value = 0 - *Value;
    }
    return HasDigits;
}

static void StoreNumber(void *Destination, const FIELD *Field, unsigned long long Value)
{
    SIZE Size = Field->Type == 'p' ? Size64 : Field->Size;

    switch (Size) {
    case SizeChar: *(unsigned char *)Destination = (unsigned char)Value; break;
    case SizeShort: *(unsigned short *)Destination = (unsigned short)Value; break;
    case Size64: *(unsigned long long *)Destination = Value; break;
    default: *(unsigned int *)Destination = (unsigned int)Value; break;
    }
}

// ---- Text

// Which units a field takes: all but white space, those of a set, or any.
typedef struct ACCEPTED {
    int Type; // s, [ or c
    SOURCE Set;
    int IsInverted;
} ACCEPTED;

// Reads the set behind its [. Whether it is ended.
static int ReadSet(SOURCE *Format, ACCEPTED *Accepted)
{
    Accepted->IsInverted = Accept(Format, '^');
    Accepted->Set = *Format;
    Accept(Format, ']'); // in front it is one of the set
    while (Peek(Format) != ']') {
        if (Peek(Format) == END) {
            return 0;
        }
        ++Format->Index;
    }
    Accepted->Set.Count = Format->Index;
    ++Format->Index;
    return 1;
}

static int IsInSet(const ACCEPTED *Accepted, int Unit)
{
    SOURCE Set = Accepted->Set;

    for (int First; (First = Peek(&Set)) != END;) {
        int Last = First;

        ++Set.Index;
        if (Peek(&Set) == '-' && Set.Index + 1 < Set.Count) {
            ++Set.Index;
            Last = Peek(&Set);
            ++Set.Index;
        }
        if ((Unit >= First && Unit <= Last) || (Unit >= Last && Unit <= First)) {
            return 1;
        }
    }
    return 0;
}

static int IsAccepted(const ACCEPTED *Accepted, int Unit)
{
    if (Unit == END) {
        return 0;
    }
    switch (Accepted->Type) {
    case 's': return !IsSpace(Unit);
    case '[': return IsInSet(Accepted, Unit) != Accepted->IsInverted;
    default: return 1;
    }
}

static void StoreUnit(void *Destination, int IsWide, size_t Index, const SOURCE *Source, int Unit)
{
    if (IsWide) {
        ((wchar_t *)Destination)[Index] =
            Source->Wide ? (wchar_t)Unit : RtlpAnsiToUnicode((unsigned char)Unit);
    } else {
        ((char *)Destination)[Index] =
            (char)(Source->Wide ? RtlpUnicodeToAnsi((unsigned short)Unit) : (unsigned char)Unit);
    }
}

static int IsWideText(const SOURCE *Source, const FIELD *Field)
{
    if (Field->Size == SizeChar || Field->Size == SizeShort) {
        return 0;
    }
    if (Field->Size == SizeLong || Field->Size == SizeWide) {
        return 1;
    }
    return (Source->Wide != NULL) != (Field->Type == 'S' || Field->Type == 'C');
}

// Destination NULL: nothing is stored. Whether the field is there, and fits.
static int ScanText(SOURCE *Source, const FIELD *Field, const ACCEPTED *Accepted, void *Destination,
                    size_t Size)
{
    const int IsCounted = Accepted->Type == 'c', IsWide = IsWideText(Source, Field);
    size_t Limit = IsCounted && Field->Width == NO_LIMIT ? 1 : Field->Width, Length = 0;

    while (Length < Limit && IsAccepted(Accepted, Peek(Source))) {
        if (Destination && Length + !IsCounted >= Size) {
            if (Size != 0) {
                StoreUnit(Destination, IsWide, 0, Source, 0);
            }
            return 0;
        }
        if (Destination) {
            StoreUnit(Destination, IsWide, Length, Source, Peek(Source));
        }
        ++Source->Index;
        ++Length;
    }
    if (Length == 0 || (IsCounted && Length < Limit)) {
        return 0;
    }
    if (Destination && !IsCounted) {
        StoreUnit(Destination, IsWide, Length, Source, 0);
    }
    return 1;
}

// ---- The scan

// One field. Whether the scan goes on.
static int ScanField(SOURCE *Source, SOURCE *Format, const FIELD *Field, va_list *Arguments, int *Stored)
{
    ACCEPTED Accepted = {.Type = Field->Type};
    unsigned long long Value;

    switch (Field->Type) {
    case 'n':
        if (!Field->IsSuppressed) {
            StoreNumber(va_arg(*Arguments, void *), Field, Source->Index);
        }
        return 1;
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'p':
        if (!ScanNumber(Source, Field, &Value)) {
            return 0;
        }
        if (!Field->IsSuppressed) {
            StoreNumber(va_arg(*Arguments, void *), Field, Value);
            ++*Stored;
        }
        return 1;
    case '[':
        if (!ReadSet(Format, &Accepted)) {
            return 0;
        }
        break;
    case 's':
    case 'S':
        Accepted.Type = 's';
        SkipSpace(Source);
        break;
    case 'c':
    case 'C': Accepted.Type = 'c'; break;
    default: return 0;
    }
    if (Field->IsSuppressed) {
        return ScanText(Source, Field, &Accepted, NULL, 0);
    }
    void *Destination = va_arg(*Arguments, void *);
    size_t Size = va_arg(*Arguments, unsigned int);
    if (!Destination || !ScanText(Source, Field, &Accepted, Destination, Size)) {
        return 0;
    }
    ++*Stored;
    return 1;
}

// What a scan that cannot go on returns.
static int Ended(const SOURCE *Source, int Stored, int HasMatched)
{
    return Peek(Source) == END && !HasMatched ? -1 : Stored;
}

// How many fields were stored; -1: the text ended before the first one, or an argument is NULL.
static int Scan(SOURCE Source, SOURCE Format, va_list *Arguments)
{
    int Stored = 0, HasMatched = 0;

    if ((!Source.Narrow && !Source.Wide) || (!Format.Narrow && !Format.Wide)) {
        return -1;
    }
    for (int Unit; (Unit = Peek(&Format)) != END;) {
        ++Format.Index;
        if (IsSpace(Unit)) {
            SkipSpace(&Source);
        } else if (Unit != '%' || Accept(&Format, '%')) {
            if (!Accept(&Source, Unit)) {
                return Ended(&Source, Stored, HasMatched);
            }
        } else {
            FIELD Field = ReadField(&Format);

            if (!ScanField(&Source, &Format, &Field, Arguments, &Stored)) {
                return Ended(&Source, Stored, HasMatched);
            }
            HasMatched |= Field.Type != 'n';
        }
    }
    return Stored;
}

#define FORWARD(SourceOf, FormatOf)                                                                          \
    va_list Arguments;                                                                                       \
    int Result;                                                                                              \
                                                                                                             \
    va_start(Arguments, Format);                                                                             \
    Result = Scan((SOURCE)SourceOf, (SOURCE)FormatOf, &Arguments);                                           \
    va_end(Arguments);                                                                                       \
    return Result

#define NARROW(Text, Limit) {.Narrow = (const unsigned char *)(Text), .Count = (Limit)}
#define WIDE(Text, Limit)   {.Wide = (Text), .Count = (Limit)}

int sscanf_s(const char *Text, const char *Format, ...)
{
    FORWARD(NARROW(Text, NO_LIMIT), NARROW(Format, NO_LIMIT));
}

int _snscanf_s(const char *Text, size_t Count, const char *Format, ...)
{
    FORWARD(NARROW(Text, Count), NARROW(Format, NO_LIMIT));
}

int swscanf_s(const wchar_t *Text, const wchar_t *Format, ...)
{
    FORWARD(WIDE(Text, NO_LIMIT), WIDE(Format, NO_LIMIT));
}

int _snwscanf_s(const wchar_t *Text, size_t Count, const wchar_t *Format, ...)
{
    FORWARD(WIDE(Text, Count), WIDE(Format, NO_LIMIT));
}
