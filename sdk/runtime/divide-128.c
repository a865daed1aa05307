// SPDX-License-Identifier: MIT
// 128-bit division, which the compiler turns into calls: __udivti3, __umodti3, __divti3, __modti3,
// __udivmodti4.
//
// A divisor of 0 raises #DE as the processor's own division does.

typedef unsigned long long U64;
typedef unsigned __int128 U128;
typedef __int128 S128;

U128 __udivmodti4(U128 Dividend, U128 Divisor, U128 *Remainder);
U128 __udivti3(U128 Dividend, U128 Divisor);
U128 __umodti3(U128 Dividend, U128 Divisor);
S128 __divti3(S128 Dividend, S128 Divisor);
S128 __modti3(S128 Dividend, S128 Divisor);

// High must be below Divisor.
static inline U64 DivideWide(U64 High, U64 Low, U64 Divisor, U64 *Remainder)
{
    U64 Quotient;
    __asm__("divq %4" : "=a"(Quotient), "=d"(*Remainder) : "a"(Low), "d"(High), "r"(Divisor) : "cc");
    return Quotient;
}

U128 __udivmodti4(U128 Dividend, U128 Divisor, U128 *Remainder)
{
    U64 High = (U64)(Dividend >> 64), Low = (U64)Dividend;
    U64 Rest, Quotient;

    if ((U64)(Divisor >> 64) == 0) {
        U64 QuotientHigh = DivideWide(0, High, (U64)Divisor, &Rest);
        Quotient = DivideWide(Rest, Low, (U64)Divisor, &Rest);
        *Remainder = Rest;
        return (U128)QuotientHigh << 64 | Quotient;
    }
    // The quotient fits 64 bits. Divide by the divisor's 64 leading bits; that is right or one too many.
    int Shift = __builtin_clzll((U64)(Divisor >> 64));
    U64 Leading = (U64)((Divisor << Shift) >> 64);
    U128 Half = Dividend >> 1;
    Quotient = DivideWide((U64)(Half >> 64), (U64)Half, Leading, &Rest) >> (63 - Shift);
    if (Quotient != 0) {
        Quotient--;
    }
    U128 Left = Dividend - Divisor * Quotient;
    if (Left >= Divisor) {
        Left -= Divisor;
        Quotient++;
    }
    *Remainder = Left;
    return Quotient;
}

U128 __udivti3(U128 Dividend, U128 Divisor)
{
    U128 Remainder;
    return __udivmodti4(Dividend, Divisor, &Remainder);
}

U128 __umodti3(U128 Dividend, U128 Divisor)
{
    U128 Remainder;
    __udivmodti4(Dividend, Divisor, &Remainder);
    return Remainder;
}

static inline U128 Magnitude(S128 Value)
{
    return Value < 0 ? -(U128)Value : (U128)Value;
}

S128 __divti3(S128 Dividend, S128 Divisor)
{
    U128 Quotient = __udivti3(Magnitude(Dividend), Magnitude(Divisor));
    return (Dividend < 0) != (Divisor < 0) ? (S128)-Quotient : (S128)Quotient;
}

S128 __modti3(S128 Dividend, S128 Divisor)
{
    U128 Remainder = __umodti3(Magnitude(Dividend), Magnitude(Divisor));
    return Dividend < 0 ? (S128)-Remainder : (S128)Remainder;
}
