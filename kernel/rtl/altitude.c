// SPDX-License-Identifier: MIT
// Altitudes: decimal numbers, perhaps with a fraction, by which drivers that watch the same thing are
// ordered.
#include "inc/kernel.h"
#include "rtl/altitude.h"

// One altitude, taken apart: what is before the point, without leading zeros, and behind it.
typedef struct _RTLP_ALTITUDE {
    PCWCH Whole, Fraction;
    ULONG WholeDigits, FractionDigits;
} RTLP_ALTITUDE;

static ULONG RtlpCountDigits(PCWCH Text, PCWCH End)
{
    ULONG Count = 0;
    while (Text + Count < End && Text[Count] >= L'0' && Text[Count] <= L'9') {
        Count += 1;
    }
    return Count;
}

// FALSE: it is none.
static BOOLEAN RtlpParseAltitude(PCUNICODE_STRING Altitude, RTLP_ALTITUDE *Parsed)
{
    PCWCH Text = Altitude->Buffer, End = Text + Altitude->Length / sizeof(WCHAR);
    ULONG Digits = RtlpCountDigits(Text, End);
    RtlZeroMemory(Parsed, sizeof(*Parsed));
    if (Digits == 0) {
        return FALSE;
    }
    Parsed->Whole = Text;
    Parsed->WholeDigits = Digits;
    Text += Digits;
    while (Parsed->WholeDigits > 1 && Parsed->Whole[0] == L'0') {
        Parsed->Whole += 1;
        Parsed->WholeDigits -= 1;
    }
    if (Text < End && *Text == L'.') {
        Parsed->Fraction = Text + 1;
        Parsed->FractionDigits = RtlpCountDigits(Text + 1, End);
        Text += 1 + Parsed->FractionDigits;
    }
    while (Parsed->FractionDigits != 0 && Parsed->Fraction[Parsed->FractionDigits - 1] == L'0') {
        Parsed->FractionDigits -= 1;
    }
    return Text == End;
}

BOOLEAN RtlpIsAltitude(PCUNICODE_STRING Altitude)
{
    RTLP_ALTITUDE Unused;
    return RtlpParseAltitude(Altitude, &Unused);
}

static LONG RtlpCompareDigits(PCWCH First, PCWCH Second, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        if (First[Index] != Second[Index]) {
            return First[Index] < Second[Index] ? -1 : 1;
        }
    }
    return 0;
}

LONG RtlpCompareAltitudes(PCUNICODE_STRING First, PCUNICODE_STRING Second)
{
    RTLP_ALTITUDE One, Other;
    RtlpParseAltitude(First, &One);
    RtlpParseAltitude(Second, &Other);
    if (One.WholeDigits != Other.WholeDigits) {
        return One.WholeDigits < Other.WholeDigits ? -1 : 1;
    }
    LONG Order = RtlpCompareDigits(One.Whole, Other.Whole, One.WholeDigits);
    if (Order == 0) {
        Order =
            RtlpCompareDigits(One.Fraction, Other.Fraction, min(One.FractionDigits, Other.FractionDigits));
    }
    if (Order == 0 && One.FractionDigits != Other.FractionDigits) {
        Order = One.FractionDigits < Other.FractionDigits ? -1 : 1;
    }
    return Order;
}
