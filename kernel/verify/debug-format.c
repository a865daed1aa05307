// SPDX-License-Identifier: MIT
// Formats of DbgPrint and its kin, as drivers give them: what their pages except from printf's conversions.
#include "inc/kernel.h"

#define VI_CONVERSION_CHARACTERS 24 // of one that is shown

typedef struct _VI_CONVERSION {
    CHAR Text[VI_CONVERSION_CHARACTERS]; // from % to its type, as far as there is room
    ULONG Length;
    CHAR Type; // '\0': the format ends before it
    BOOLEAN Narrow, Wide;
} VI_CONVERSION;

// A format that is read byte by byte, for as long as there is memory.
typedef struct _VI_FORMAT {
    ULONG_PTR Address;
    ULONG_PTR ReadableEnd;
} VI_FORMAT;

static const struct {
    PCSTR Routine;
    UCHAR Argument; // from 1
} ViFormats[] = {
    {"DbgPrint", 1},
    {"DbgPrintEx", 3},
    {"DbgPrintReturnControlC", 1},
    {"vDbgPrintEx", 3},
    {"vDbgPrintExWithPrefix", 4},
};

// '\0' where there is no memory.
static CHAR ViPeekFormat(VI_FORMAT *Format)
{
    if (Format->Address >= Format->ReadableEnd) {
        if (!MiIsRangeReadable(Format->Address, 1)) {
            return '\0';
        }
        Format->ReadableEnd = (ULONG_PTR)PAGE_ALIGN(Format->Address) + PAGE_SIZE;
    }
    return *(const CHAR *)Format->Address;
}

static VOID ViTakeFormat(VI_FORMAT *Format, VI_CONVERSION *Conversion)
{
    // The last is the terminator's.
    if (Conversion->Length < VI_CONVERSION_CHARACTERS - 1) {
        Conversion->Text[Conversion->Length] = ViPeekFormat(Format);
        Conversion->Length += 1;
    }
    Format->Address += 1;
}

static VOID ViTakeAny(VI_FORMAT *Format, VI_CONVERSION *Conversion, PCSTR Characters)
{
    for (CHAR Next; (Next = ViPeekFormat(Format)) != '\0' && strchr(Characters, Next) != NULL;) {
        Conversion->Narrow = Conversion->Narrow || Next == 'h';
        Conversion->Wide = Conversion->Wide || Next == 'l' || Next == 'w';
        ViTakeFormat(Format, Conversion);
    }
}

// The next conversion; FALSE: there is none. Of %[flags][width][.precision][size]type.
static BOOLEAN ViNextConversion(VI_FORMAT *Format, VI_CONVERSION *Conversion)
{
    CHAR Next;
    while ((Next = ViPeekFormat(Format)) != '%') {
        if (Next == '\0') {
            return FALSE;
        }
        Format->Address += 1;
    }
    *Conversion = (VI_CONVERSION){0};
    ViTakeFormat(Format, Conversion);
    ViTakeAny(Format, Conversion, "-+ #0");
    ViTakeAny(Format, Conversion, "*0123456789");
    ViTakeAny(Format, Conversion, ".*0123456789");
    if (ViPeekFormat(Format) == 'I') {
        ViTakeFormat(Format, Conversion);
        ViTakeAny(Format, Conversion, "3264");
    } else {
        ViTakeAny(Format, Conversion, "hlwLjzt");
    }
    Conversion->Type = ViPeekFormat(Format);
    if (Conversion->Type != '\0') {
        ViTakeFormat(Format, Conversion);
    }
    return TRUE;
}

BOOLEAN ViHasUnicode(ULONG_PTR Argument)
{
    VI_FORMAT Format = {.Address = Argument};
    VI_CONVERSION Conversion;
    while (ViNextConversion(&Format, &Conversion)) {
        switch (Conversion.Type) {
        case 'C':
        case 'S':
            if (!Conversion.Narrow) {
                return TRUE;
            }
            break;
        case 'c':
        case 's':
        case 'Z':
            if (Conversion.Wide) {
                return TRUE;
            }
            break;
        }
    }
    return FALSE;
}

ULONG ViFindFormat(PCSTR Name)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(ViFormats); Index += 1) {
        if (strcmp(ViFormats[Index].Routine, Name) == 0) {
            return ViFormats[Index].Argument;
        }
    }
    return 0;
}

VOID ViCheckFormat(PCSTR Name, ULONG_PTR Argument)
{
    VI_FORMAT Format = {.Address = Argument};
    VI_CONVERSION Conversion;
    while (ViNextConversion(&Format, &Conversion)) {
        if (Conversion.Type == '\0') {
            ViReport(ViDebugPrintFormat, NULL, "%s was called with a format that ends within \"%s\"", Name,
                     Conversion.Text);
        } else if (strchr("eEfFgGaA", Conversion.Type) != NULL) {
            ViReport(ViDebugPrintFormat, NULL,
                     "%s was called with \"%s\" in its format, and does not support floating point", Name,
                     Conversion.Text);
        } else if (strchr("diuoxXpcCsSZn%", Conversion.Type) == NULL) {
            const ULONG Shown = Conversion.Type < ' ' ? Conversion.Length - 1 : Conversion.Length;
            ViReport(ViDebugPrintFormat, NULL,
                     "%s was called with \"%.*s\" in its format, and no conversion has the type 0x%02X", Name,
                     (int)Shown, Conversion.Text, (UCHAR)Conversion.Type);
        }
    }
}
