// SPDX-License-Identifier: MIT
// The one engine behind DbgPrint and the printf family.
#include "rtl/format.h"
#include "rtl/codepage.h"

typedef unsigned short RTLP_UNIT; // a UTF-16 unit, or a char widened

#define FLAG_LEFT  0x01u // -
#define FLAG_PLUS  0x02u // +
#define FLAG_ZERO  0x04u // 0
#define FLAG_SPACE 0x08u // space
#define FLAG_ALTER 0x10u // #

#define NO_PRECISION (-1)
#define MAX_FIELD    0x7FFFFFFF

typedef enum SIZE_PREFIX {
    SizeNone,
    SizeChar,
    SizeShort,
    SizeLong,
    SizeWide,
    SizeInt32,
    SizeInt64
} SIZE_PREFIX;

typedef struct SPECIFICATION {
    unsigned int Flags;
    int Width;
    int Precision;
    SIZE_PREFIX Size;
} SPECIFICATION;

typedef struct OUTPUT {
    RTLP_TEXT Text;
    union {
        unsigned char *Narrow;
        RTLP_UNIT *Wide;
    } Buffer;
    size_t Capacity;
    size_t Length; // of the whole text; units past Capacity are counted only
} OUTPUT;

// A string argument: Count units at Narrow or at Wide, whichever is not NULL.
typedef struct STRING_ARGUMENT {
    const unsigned char *Narrow;
    const RTLP_UNIT *Wide;
    size_t Count;
} STRING_ARGUMENT;

// The layout of both ANSI_STRING and UNICODE_STRING.
typedef struct COUNTED_STRING {
    unsigned short Length;
    unsigned short MaximumLength;
    const void *Buffer;
} COUNTED_STRING;

static void RtlpPutUnit(OUTPUT *Output, RTLP_UNIT Unit)
{
    if (Output->Length < Output->Capacity) {
        if (Output->Text == RtlpTextWide) {
            Output->Buffer.Wide[Output->Length] = Unit;
        } else {
            Output->Buffer.Narrow[Output->Length] = (unsigned char)Unit;
        }
    }
    ++Output->Length;
}

static void RtlpPutRepeated(OUTPUT *Output, char Character, size_t Count)
{
    for (; Count != 0 && Output->Length < Output->Capacity; --Count) {
        RtlpPutUnit(Output, (unsigned char)Character);
    }
    Output->Length += Count;
}

static void RtlpPutNarrow(OUTPUT *Output, const unsigned char *Characters, size_t Count)
{
    for (size_t Index = 0; Index < Count; ++Index) {
        unsigned char Character = Characters[Index];

        RtlpPutUnit(Output, Output->Text == RtlpTextWide ? RtlpAnsiToUnicode(Character) : Character);
    }
}

static void RtlpPutWide(OUTPUT *Output, const RTLP_UNIT *Units, size_t Count)
{
    unsigned char Bytes[RTLP_UTF8_MAX_BYTES];
    unsigned int ByteCount;
    int Valid;

    if (Output->Text != RtlpTextUtf8) {
        for (size_t Index = 0; Index < Count; ++Index) {
            RtlpPutUnit(Output,
                        Output->Text == RtlpTextWide ? Units[Index] : RtlpUnicodeToAnsi(Units[Index]));
        }
        return;
    }
    while (Count != 0) {
        unsigned int Taken = RtlpEncodeUtf8(Units, Count, Bytes, &ByteCount, &Valid);

        if (Output->Length < Output->Capacity && ByteCount > Output->Capacity - Output->Length) {
            RtlpPutRepeated(Output, '?', ByteCount);
        } else {
            RtlpPutNarrow(Output, Bytes, ByteCount);
        }
        Units += Taken;
        Count -= Taken;
    }
}

// Writes prefix and body in their field: padded with spaces before or behind, or with zeros between the two.
static void RtlpPutField(OUTPUT *Output, const SPECIFICATION *Specification, const char *Prefix,
                         unsigned int PrefixLength, size_t LeadingZeros, const STRING_ARGUMENT *Body)
{
    size_t Used = PrefixLength + LeadingZeros + Body->Count;
    size_t Padding = (size_t)Specification->Width > Used ? (size_t)Specification->Width - Used : 0;

    if (!(Specification->Flags & (FLAG_LEFT | FLAG_ZERO))) {
        RtlpPutRepeated(Output, ' ', Padding);
    }
    RtlpPutNarrow(Output, (const unsigned char *)Prefix, PrefixLength);
    if ((Specification->Flags & (FLAG_LEFT | FLAG_ZERO)) == FLAG_ZERO) {
        RtlpPutRepeated(Output, '0', Padding);
    }
    RtlpPutRepeated(Output, '0', LeadingZeros);
    if (Body->Wide) {
        RtlpPutWide(Output, Body->Wide, Body->Count);
    } else {
        RtlpPutNarrow(Output, Body->Narrow, Body->Count);
    }
    if (Specification->Flags & FLAG_LEFT) {
        RtlpPutRepeated(Output, ' ', Padding);
    }
}

static void RtlpFormatString(OUTPUT *Output, const SPECIFICATION *Specification, const void *String,
                             int IsWide)
{
    size_t Limit = Specification->Precision < 0 ? (size_t)-1 : (size_t)Specification->Precision;
    STRING_ARGUMENT Body = {0};

    if (!String) {
        String = "(null)";
        IsWide = 0;
    }
    if (IsWide) {
        Body.Wide = String;
        while (Body.Count < Limit && Body.Wide[Body.Count] != 0) {
            ++Body.Count;
        }
    } else {
        Body.Narrow = String;
        while (Body.Count < Limit && Body.Narrow[Body.Count] != 0) {
            ++Body.Count;
        }
    }
    RtlpPutField(Output, Specification, "", 0, 0, &Body);
}

static void RtlpFormatCountedString(OUTPUT *Output, const SPECIFICATION *Specification,
                                    const COUNTED_STRING *String, int IsWide)
{
    STRING_ARGUMENT Body = {.Narrow = (const unsigned char *)"(null)", .Count = 6};

    if (String && String->Buffer) {
        Body.Narrow = IsWide ? NULL : String->Buffer;
        Body.Wide = IsWide ? String->Buffer : NULL;
        Body.Count = IsWide ? String->Length / sizeof(RTLP_UNIT) : String->Length;
    }
    RtlpPutField(Output, Specification, "", 0, 0, &Body);
}

static void RtlpFormatCharacter(OUTPUT *Output, const SPECIFICATION *Specification, int Value, int IsWide)
{
    RTLP_UNIT Unit = (RTLP_UNIT)Value;
    unsigned char Narrow = (unsigned char)Value;
    STRING_ARGUMENT Body = {.Narrow = IsWide ? NULL : &Narrow, .Wide = IsWide ? &Unit : NULL, .Count = 1};

    RtlpPutField(Output, Specification, "", 0, 0, &Body);
}

static void RtlpFormatInteger(OUTPUT *Output, SPECIFICATION *Specification, RTLP_UNIT Type,
                              unsigned long long Argument)
{
    int IsSigned = Type == 'd' || Type == 'i';
    unsigned int Base = Type == 'o' ? 8 : Type == 'x' || Type == 'X' ? 16 : 10;
    const char *DigitSet = Type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned char Digits[22]; // 64 bits in octal
    unsigned int Count = 0, PrefixLength = 0;
    unsigned long long Value;
    size_t Precision, LeadingZeros;
    char Prefix[2];

    // Arguments narrower than what was passed are cut to their size, and extended by their sign.
    switch (Specification->Size) {
    case SizeChar:
        Value = IsSigned ? (unsigned long long)(signed char)Argument : (unsigned char)Argument;
        break;
    case SizeShort: Value = IsSigned ? (unsigned long long)(short)Argument : (unsigned short)Argument; break;
    case SizeInt64: Value = Argument; break;
    default: Value = IsSigned ? (unsigned long long)(int)Argument : (unsigned int)Argument; break;
    }
    if (IsSigned) {
        if ((long long)Value < 0) {
            Value = 0 - Value;
            Prefix[PrefixLength++] = '-';
        } else if (Specification->Flags & FLAG_PLUS) {
            Prefix[PrefixLength++] = '+';
        } else if (Specification->Flags & FLAG_SPACE) {
            Prefix[PrefixLength++] = ' ';
        }
    } else if (Base == 16 && (Specification->Flags & FLAG_ALTER) && Value != 0) {
        Prefix[PrefixLength++] = '0';
        Prefix[PrefixLength++] = (char)Type;
    }

    if (Specification->Precision >= 0) {
        Specification->Flags &= ~FLAG_ZERO;
    }
    Precision = Specification->Precision < 0 ? 1 : (size_t)Specification->Precision;
    for (; Value != 0; Value /= Base) {
        Digits[sizeof(Digits) - ++Count] = (unsigned char)DigitSet[Value % Base];
    }
    LeadingZeros = Precision > Count ? Precision - Count : 0;
    // # makes an octal number start with 0; one that does already gets no second.
    if (Base == 8 && (Specification->Flags & FLAG_ALTER) && LeadingZeros == 0) {
        LeadingZeros = 1;
    }
    STRING_ARGUMENT Body = {.Narrow = Digits + sizeof(Digits) - Count, .Count = Count};
    RtlpPutField(Output, Specification, Prefix, PrefixLength, LeadingZeros, &Body);
}

typedef struct FORMAT_READER {
    const unsigned char *Narrow;
    const RTLP_UNIT *Wide;
} FORMAT_READER;

static RTLP_UNIT RtlpPeek(const FORMAT_READER *Reader)
{
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of the two is set
    return Reader->Wide ? *Reader->Wide : *Reader->Narrow;
}

static void RtlpAdvance(FORMAT_READER *Reader)
{
    if (Reader->Wide) {
        ++Reader->Wide;
    } else {
        ++Reader->Narrow;
    }
}

static int RtlpAccept(FORMAT_READER *Reader, char Character)
{
    if (RtlpPeek(Reader) != (unsigned char)Character) {
        return 0;
    }
    RtlpAdvance(Reader);
    return 1;
}

// Reads a number; what is larger than a field can be is MAX_FIELD.
static int RtlpReadNumber(FORMAT_READER *Reader)
{
    int Number = 0;

    for (RTLP_UNIT Unit; (Unit = RtlpPeek(Reader)) >= '0' && Unit <= '9'; RtlpAdvance(Reader)) {
        Number = Number > (MAX_FIELD - 9) / 10 ? MAX_FIELD : Number * 10 + (Unit - '0');
    }
    return Number;
}

static unsigned int RtlpReadFlags(FORMAT_READER *Reader)
{
    unsigned int Flags = 0;

    for (;; RtlpAdvance(Reader)) {
        switch (RtlpPeek(Reader)) {
        case '-': Flags |= FLAG_LEFT; break;
        case '+': Flags |= FLAG_PLUS; break;
        case '0': Flags |= FLAG_ZERO; break;
        case ' ': Flags |= FLAG_SPACE; break;
        case '#': Flags |= FLAG_ALTER; break;
        default: return Flags;
        }
    }
}

static SIZE_PREFIX RtlpReadSize(FORMAT_READER *Reader)
{
    FORMAT_READER Ahead;

    switch (RtlpPeek(Reader)) {
    case 'h': RtlpAdvance(Reader); return RtlpAccept(Reader, 'h') ? SizeChar : SizeShort;
    case 'l': RtlpAdvance(Reader); return RtlpAccept(Reader, 'l') ? SizeInt64 : SizeLong;
    case 'w': RtlpAdvance(Reader); return SizeWide;
    case 'L': RtlpAdvance(Reader); return SizeNone;
    case 'j':
    case 'z':
    case 't': RtlpAdvance(Reader); return SizeInt64;
    case 'I':
        RtlpAdvance(Reader);
        Ahead = *Reader;
        if (RtlpAccept(&Ahead, '3') && RtlpAccept(&Ahead, '2')) {
            *Reader = Ahead;
            return SizeInt32;
        }
        Ahead = *Reader;
        if (RtlpAccept(&Ahead, '6') && RtlpAccept(&Ahead, '4')) {
            *Reader = Ahead;
        }
        return SizeInt64;
    default: return SizeNone;
    }
}

// Whether a character or string argument is wide: the size prefix decides, else the letter's case and the
// format.
static int RtlpIsWideArgument(const OUTPUT *Output, SIZE_PREFIX Size, int IsOtherWidth)
{
    if (Size == SizeShort || Size == SizeChar) {
        return 0;
    }
    if (Size == SizeLong || Size == SizeWide) {
        return 1;
    }
    return (Output->Text == RtlpTextWide) != IsOtherWidth;
}

size_t RtlpFormat(RTLP_TEXT Text, void *Buffer, size_t Capacity, const void *Format, va_list Arguments)
{
    OUTPUT Output = {.Text = Text, .Capacity = Capacity};
    FORMAT_READER Reader = {.Narrow = Text == RtlpTextWide ? NULL : Format,
                            .Wide = Text == RtlpTextWide ? Format : NULL};

    if (Text == RtlpTextWide) {
        Output.Buffer.Wide = Buffer;
    } else {
        Output.Buffer.Narrow = Buffer;
    }
    for (RTLP_UNIT Unit; (Unit = RtlpPeek(&Reader)) != 0;) {
        SPECIFICATION Specification = {.Precision = NO_PRECISION};

        RtlpAdvance(&Reader);
        if (Unit != '%') {
            RtlpPutUnit(&Output, Unit);
            continue;
        }
        Specification.Flags = RtlpReadFlags(&Reader);
        if (RtlpAccept(&Reader, '*')) {
            Specification.Width = va_arg(Arguments, int);
            if (Specification.Width < 0) {
                Specification.Flags |= FLAG_LEFT;
                Specification.Width = Specification.Width < -MAX_FIELD ? MAX_FIELD : -Specification.Width;
            }
        } else {
            Specification.Width = RtlpReadNumber(&Reader);
        }
        if (RtlpAccept(&Reader, '.')) {
            if (RtlpAccept(&Reader, '*')) {
                Specification.Precision = va_arg(Arguments, int);
            } else {
                Specification.Precision = RtlpReadNumber(&Reader);
            }
        }
        Specification.Size = RtlpReadSize(&Reader);

        Unit = RtlpPeek(&Reader);
        if (Unit == 0) {
            break;
        }
        RtlpAdvance(&Reader);
        switch (Unit) {
        case 'd':
        case 'i':
        case 'u':
        case 'o':
        case 'x':
        case 'X':
            // Every argument has a place of 8 bytes in an x64 argument list, so it may be read at full size.
            RtlpFormatInteger(&Output, &Specification, Unit, va_arg(Arguments, unsigned long long));
            break;
        case 'p':
            Specification.Size = SizeInt64;
            Specification.Precision = 2 * sizeof(void *);
            RtlpFormatInteger(&Output, &Specification, 'X', va_arg(Arguments, unsigned long long));
            break;
        case 'c':
        case 'C':
            RtlpFormatCharacter(&Output, &Specification, va_arg(Arguments, int),
                                RtlpIsWideArgument(&Output, Specification.Size, Unit == 'C'));
            break;
        case 's':
        case 'S':
            RtlpFormatString(&Output, &Specification, va_arg(Arguments, const void *),
                             RtlpIsWideArgument(&Output, Specification.Size, Unit == 'S'));
            break;
        case 'Z':
            RtlpFormatCountedString(&Output, &Specification, va_arg(Arguments, const COUNTED_STRING *),
                                    Specification.Size == SizeLong || Specification.Size == SizeWide);
            break;
        case 'n': (void)va_arg(Arguments, void *); break;
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
        case 'a':
        case 'A':
            (void)va_arg(Arguments, unsigned long long);
            RtlpPutUnit(&Output, Unit);
            break;
        default: RtlpPutUnit(&Output, Unit); break;
        }
    }
    return Output.Length;
}
