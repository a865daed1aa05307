// SPDX-License-Identifier: MIT
// The text of a deferred record, from its format and the arguments that were kept.
#include "log/format-record.h"

#include "log/ring-format.h"

#include <stdbool.h>

#define MAXIMUM_WIDTH 1024u // of one conversion: a format may come from any file

// A conversion: %[flags][width][.precision][length]letter
typedef struct CONVERSION {
    bool Left, Plus, Blank, Alternate, Zero;
    bool HasPrecision;
    uint32_t Width, Precision;
    uint32_t Bits; // of an integer
    bool Wide;     // w, l: a letter s is of WCHAR, Z of a UNICODE_STRING
    char Letter;
} CONVERSION;

typedef struct OUTPUT {
    char *Text;
    size_t Size, Length;
} OUTPUT;

static void Put(OUTPUT *Output, char Character)
{
    if (Output->Length < Output->Size) {
        Output->Text[Output->Length] = Character;
    }
    Output->Length += 1;
}

static void PutText(OUTPUT *Output, const char *Text)
{
    for (; *Text != '\0'; Text += 1) {
        Put(Output, *Text);
    }
}

static void Pad(OUTPUT *Output, char Character, size_t Count)
{
    while (Count-- > 0) {
        Put(Output, Character);
    }
}

// ---- Arguments

static uint64_t Word(const uint8_t *Bytes)
{
    uint64_t Value = 0;

    for (uint32_t Index = 8; Index-- > 0;) {
        Value = Value << 8 | Bytes[Index];
    }
    return Value;
}

KMP_RECORD_ARGUMENT KmpTakeArgument(const KMP_RECORD_ARGUMENTS *Arguments, KMP_RECORD_CURSOR *Cursor)
{
    KMP_RECORD_ARGUMENT Argument = {0, 0, NULL, 0, 0};
    const uint32_t Left = Arguments->Bytes - Cursor->Offset;

    if (Cursor->Index >= Arguments->Count || Left < 8) {
        return Argument;
    }
    const uint32_t Type = Arguments->Types[Cursor->Index];
    const uint64_t Value = Word(Arguments->Payload + Cursor->Offset);
    if (Type < KMP_ARGUMENT_STRING) {
        Argument.Value = Value;
        Cursor->Offset += 8;
    } else {
        const uint32_t Bytes = (uint32_t)(Value & 0xFFFF), Filled = (Bytes + 7) & ~7u;

        if (Left - 8 < Filled) {
            Cursor->Index = Arguments->Count;
            return Argument;
        }
        Argument.TextBytes = Bytes;
        Argument.IsCut = (Value >> 16 & KMP_COPIED_CUT) != 0;
        Argument.Text = Value >> 16 & KMP_COPIED_NULL ? NULL : Arguments->Payload + Cursor->Offset + 8;
        Cursor->Offset += 8 + Filled;
    }
    Argument.Type = Type;
    Cursor->Index += 1;
    return Argument;
}

// ---- Text

static uint32_t WideUnit(const uint8_t *Text)
{
    return Text[0] | (uint32_t)Text[1] << 8;
}

// Puts no more than Maximum bytes, never part of a character. Returns how many.
static size_t PutWide(OUTPUT *Output, const uint8_t *Text, uint32_t Bytes, size_t Maximum)
{
    const size_t Start = Output->Length;

    for (uint32_t Offset = 0; Offset + 2 <= Bytes; Offset += 2) {
        uint32_t Character = WideUnit(Text + Offset);

        if (Character >= 0xD800 && Character < 0xE000) {
            const uint32_t Second =
                Character < 0xDC00 && Offset + 4 <= Bytes ? WideUnit(Text + Offset + 2) : 0;

            if (Second >= 0xDC00 && Second < 0xE000) {
                Character = 0x10000 + ((Character - 0xD800) << 10) + (Second - 0xDC00);
                Offset += 2;
            } else {
                Character = 0xFFFD;
            }
        }
        const uint32_t Length = Character < 0x80 ? 1 : Character < 0x800 ? 2 : Character < 0x10000 ? 3 : 4;
        if (Output->Length - Start + Length > Maximum) {
            break;
        }
        if (Length == 1) {
            Put(Output, (char)Character);
            continue;
        }
        Put(Output, (char)((0xF00u >> Length & 0xF0) | Character >> 6 * (Length - 1)));
        for (uint32_t Part = Length - 1; Part-- > 0;) {
            Put(Output, (char)(0x80 | (Character >> 6 * Part & 0x3F)));
        }
    }
    return Output->Length - Start;
}

size_t KmpAppendWide(char *Output, size_t Size, size_t Length, const uint8_t *Text, uint32_t Bytes)
{
    OUTPUT Sink = {Output, Size, Length};

    PutWide(&Sink, Text, Bytes, SIZE_MAX);
    return Sink.Length;
}

static void PutString(OUTPUT *Output, const CONVERSION *Conversion, const KMP_RECORD_ARGUMENT *Argument)
{
    static const char Null[] = "(null)";
    const bool IsWide = Argument->Text != NULL && (Argument->Type == KMP_ARGUMENT_WIDE_STRING ||
                                                   Argument->Type == KMP_ARGUMENT_UNICODE_STRING);
    const char *Text = Argument->Text != NULL ? (const char *)Argument->Text : Null;
    size_t Length = Argument->Text != NULL ? Argument->TextBytes : sizeof(Null) - 1;
    const size_t Maximum = Conversion->HasPrecision ? Conversion->Precision : SIZE_MAX;
    const bool IsWhole = Length <= (IsWide ? Maximum * 2 : Maximum) || Maximum == SIZE_MAX;

    if (IsWide) {
        OUTPUT Nowhere = {NULL, 0, 0};

        // A precision counts WCHARs, as in NT.
        Length = Maximum < Length / 2 ? Maximum * 2 : Length;
        const size_t Characters = PutWide(&Nowhere, Argument->Text, (uint32_t)Length, SIZE_MAX);
        const size_t Padding = Conversion->Width > Characters ? Conversion->Width - Characters : 0;
        Pad(Output, ' ', Conversion->Left ? 0 : Padding);
        PutWide(Output, Argument->Text, (uint32_t)Length, SIZE_MAX);
        Pad(Output, ' ', Conversion->Left ? Padding : 0);
    } else {
        Length = Maximum < Length ? Maximum : Length;
        const size_t Padding = Conversion->Width > Length ? Conversion->Width - Length : 0;
        Pad(Output, ' ', Conversion->Left ? 0 : Padding);
        for (size_t Index = 0; Index < Length; Index += 1) {
            Put(Output, Text[Index]);
        }
        Pad(Output, ' ', Conversion->Left ? Padding : 0);
    }
    if (Argument->IsCut && IsWhole) {
        PutText(Output, "...");
    }
}

// ---- Numbers

static void PutNumber(OUTPUT *Output, const CONVERSION *Conversion, uint64_t Value)
{
    const char *Digits =
        Conversion->Letter == 'X' || Conversion->Letter == 'p' ? "0123456789ABCDEF" : "0123456789abcdef";
    const bool IsSigned = Conversion->Letter == 'd' || Conversion->Letter == 'i';
    uint32_t Base = 10, Count = 0;
    const char *Prefix = "";
    char Text[24];

    if (Conversion->Bits < 64) {
        Value &= (UINT64_C(1) << Conversion->Bits) - 1;
    }
    if (IsSigned && Value >> (Conversion->Bits - 1) != 0) {
        Value = ~Value + 1;
        if (Conversion->Bits < 64) {
            Value &= (UINT64_C(1) << Conversion->Bits) - 1;
        }
        Prefix = "-";
    } else if (IsSigned) {
        Prefix = Conversion->Plus ? "+" : Conversion->Blank ? " " : "";
    }
    if (Conversion->Letter == 'x' || Conversion->Letter == 'X' || Conversion->Letter == 'p') {
        Base = 16;
        Prefix = Conversion->Alternate && Value != 0 ? (Conversion->Letter == 'x' ? "0x" : "0X") : "";
    } else if (Conversion->Letter == 'o') {
        Base = 8;
        Prefix = Conversion->Alternate && Value != 0 ? "0" : "";
    }
    for (; Value != 0 || (Count == 0 && !(Conversion->HasPrecision && Conversion->Precision == 0));
         Value /= Base) {
        Text[Count] = Digits[Value % Base];
        Count += 1;
    }
    uint32_t PrefixLength = Prefix[0] == '\0' ? 0 : Prefix[1] == '\0' ? 1 : 2;
    uint32_t Zeroes =
        Conversion->HasPrecision && Conversion->Precision > Count ? Conversion->Precision - Count : 0;
    if (Conversion->Zero && !Conversion->Left && !Conversion->HasPrecision &&
        Conversion->Width > Count + PrefixLength) {
        Zeroes = Conversion->Width - Count - PrefixLength;
    }
    const uint32_t Length = PrefixLength + Zeroes + Count;
    const uint32_t Padding = Conversion->Width > Length ? Conversion->Width - Length : 0;
    Pad(Output, ' ', Conversion->Left ? 0 : Padding);
    PutText(Output, Prefix);
    Pad(Output, '0', Zeroes);
    while (Count > 0) {
        Count -= 1;
        Put(Output, Text[Count]);
    }
    Pad(Output, ' ', Conversion->Left ? Padding : 0);
}

static void PutPointer(OUTPUT *Output, CONVERSION Conversion, uint64_t Value)
{
    Conversion.Letter = 'p';
    Conversion.Bits = 64;
    Conversion.HasPrecision = true;
    Conversion.Precision = 16;
    PutNumber(Output, &Conversion, Value);
}

// ---- The format

static uint32_t ReadNumber(const char **Format)
{
    uint32_t Number = 0;

    for (; **Format >= '0' && **Format <= '9'; *Format += 1) {
        if (Number < MAXIMUM_WIDTH) {
            Number = Number * 10 + (uint32_t)(**Format - '0');
        }
    }
    return Number < MAXIMUM_WIDTH ? Number : MAXIMUM_WIDTH;
}

static const char *ReadFlags(const char *Format, CONVERSION *Conversion)
{
    for (;; Format += 1) {
        switch (*Format) {
        case '-': Conversion->Left = true; break;
        case '+': Conversion->Plus = true; break;
        case ' ': Conversion->Blank = true; break;
        case '#': Conversion->Alternate = true; break;
        case '0': Conversion->Zero = true; break;
        default: return Format;
        }
    }
}

// A width or precision of `*` is an argument. False: it is negative.
static bool ReadWidth(const char **Format, const KMP_RECORD_ARGUMENTS *Arguments, KMP_RECORD_CURSOR *Cursor,
                      uint32_t *Width)
{
    if (**Format != '*') {
        *Width = ReadNumber(Format);
        return true;
    }
    *Format += 1;
    const int32_t Value = (int32_t)KmpTakeArgument(Arguments, Cursor).Value;
    const uint32_t Magnitude = Value < 0 ? 0u - (uint32_t)Value : (uint32_t)Value;
    *Width = Magnitude < MAXIMUM_WIDTH ? Magnitude : MAXIMUM_WIDTH;
    return Value >= 0;
}

static const char *ReadLength(const char *Format, CONVERSION *Conversion)
{
    Conversion->Bits = 32;
    for (;; Format += 1) {
        switch (*Format) {
        case 'h': Conversion->Bits = Conversion->Bits == 16 ? 8 : 16; break;
        case 'l':
            Conversion->Bits = Conversion->Wide ? 64 : 32; // long has 32 bits, long long 64
            Conversion->Wide = true;
            break;
        case 'w': Conversion->Wide = true; break;
        case 'z':
        case 't':
        case 'j': Conversion->Bits = 64; break;
        case 'I':
            Conversion->Bits = 64;
            if (Format[1] == '6' && Format[2] == '4') {
                Format += 2;
            } else if (Format[1] == '3' && Format[2] == '2') {
                Format += 2;
                Conversion->Bits = 32;
            }
            break;
        default: return Format;
        }
    }
}

static void PutCharacter(OUTPUT *Output, const CONVERSION *Conversion, uint64_t Value)
{
    const uint8_t Unit[2] = {(uint8_t)Value, (uint8_t)(Value >> 8)};
    const bool IsWide = (Conversion->Letter == 'C') != Conversion->Wide;
    const KMP_RECORD_ARGUMENT Text = {IsWide ? KMP_ARGUMENT_WIDE_STRING : KMP_ARGUMENT_STRING, 0, Unit,
                                      IsWide ? 2 : 1, 0};
    CONVERSION Whole = *Conversion;

    Whole.HasPrecision = false;
    PutString(Output, &Whole, &Text);
}

static void PutArgument(OUTPUT *Output, const CONVERSION *Conversion, const KMP_RECORD_ARGUMENT *Argument)
{
    if (Argument->Type == 0) {
        PutText(Output, "<missing>");
    } else if (Argument->Type >= KMP_ARGUMENT_STRING) {
        PutString(Output, Conversion, Argument);
    } else {
        switch (Conversion->Letter) {
        case 'd':
        case 'i':
        case 'u':
        case 'o':
        case 'x':
        case 'X': PutNumber(Output, Conversion, Argument->Value); break;
        case 'c':
        case 'C': PutCharacter(Output, Conversion, Argument->Value); break;
        default: PutPointer(Output, *Conversion, Argument->Value); break; // also of a text that is none
        }
    }
}

size_t KmpFormatRecord(char *Output, size_t Size, const char *Format, const KMP_RECORD_ARGUMENTS *Arguments)
{
    OUTPUT Sink = {Output, Size, 0};
    KMP_RECORD_CURSOR Cursor = {0, 0};

    while (*Format != '\0' && Sink.Length <= Size) {
        if (*Format != '%') {
            Put(&Sink, *Format);
            Format += 1;
            continue;
        }
        CONVERSION Conversion = {0};
        const char *Next = ReadFlags(Format + 1, &Conversion);
        if (!ReadWidth(&Next, Arguments, &Cursor, &Conversion.Width)) {
            Conversion.Left = true;
        }
        if (*Next == '.') {
            Next += 1;
            Conversion.HasPrecision = ReadWidth(&Next, Arguments, &Cursor, &Conversion.Precision);
        }
        Next = ReadLength(Next, &Conversion);
        Conversion.Letter = *Next;
        if (*Next == '\0') {
            break;
        }
        if (*Next == '%') {
            Put(&Sink, '%');
        } else {
            const KMP_RECORD_ARGUMENT Argument = KmpTakeArgument(Arguments, &Cursor);

            PutArgument(&Sink, &Conversion, &Argument);
        }
        Format = Next + 1;
    }
    if (Sink.Length < Size) {
        if (Sink.Length > 0 && Output[Sink.Length - 1] == '\n') {
            Sink.Length -= 1;
        }
        Output[Sink.Length] = '\0';
        return Sink.Length;
    }
    for (size_t Dots = 1; Dots <= 3 && Dots < Size; Dots += 1) {
        Output[Size - 1 - Dots] = '.';
    }
    Output[Size - 1] = '\0';
    return Size - 1;
}
