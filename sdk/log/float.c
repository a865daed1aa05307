// SPDX-License-Identifier: MIT
// Floating-point values as text: the fewest digits that only this number has (Steele and White's method, as
// "How to Print Floating-Point Numbers Accurately" of 1990 has it), in integers of any size, so that nothing
// of the processor's floating-point state is used.
#include <kmode.h>

#define FRACTION_BITS 52
#define HIDDEN_BIT    (1ull << FRACTION_BITS)
#define EXPONENT_MASK 0x7FF
#define EXPONENT_BIAS (1023 + FRACTION_BITS)
#define MOST_DIGITS   17

// Beyond these a number is written with an exponent.
#define LEAST_POINT (-4)
#define MOST_POINT  16

// The largest is 4 * 2^1024, or 2^1076 where a number is small, and room for ten times as much.
#define WORDS 38

typedef struct INTEGER {
    ULONG Count; // of Words, without leading zeros
    ULONG Words[WORDS];
} INTEGER;

static VOID Multiply(INTEGER *Integer, ULONG Factor)
{
    ULONG64 Carry = 0;

    for (ULONG Index = 0; Index < Integer->Count; Index += 1) {
        Carry += (ULONG64)Integer->Words[Index] * Factor;
        Integer->Words[Index] = (ULONG)Carry;
        Carry >>= 32;
    }
    if (Carry != 0) {
        Integer->Words[Integer->Count] = (ULONG)Carry;
        Integer->Count += 1;
    }
}

static VOID MultiplyByPowerOfTen(INTEGER *Integer, ULONG Power)
{
    for (; Power >= 9; Power -= 9) {
        Multiply(Integer, 1000000000);
    }
    for (; Power != 0; Power -= 1) {
        Multiply(Integer, 10);
    }
}

// Number * 2^Shift.
static VOID Set(INTEGER *Integer, ULONG64 Number, ULONG Shift)
{
    ULONG Whole = Shift / 32, Bits = Shift % 32;

    RtlZeroMemory(Integer, sizeof(*Integer));
    Integer->Words[Whole] = (ULONG)(Number << Bits);
    Integer->Words[Whole + 1] = (ULONG)(Number >> (32 - Bits));
    Integer->Words[Whole + 2] = Bits != 0 ? (ULONG)(Number >> 32 >> (32 - Bits)) : 0;
    Integer->Count = Whole + 3;
    while (Integer->Count != 0 && Integer->Words[Integer->Count - 1] == 0) {
        Integer->Count -= 1;
    }
}

static LONG Compare(const INTEGER *Left, const INTEGER *Right)
{
    if (Left->Count != Right->Count) {
        return Left->Count > Right->Count ? 1 : -1;
    }
    for (ULONG Index = Left->Count; Index != 0; Index -= 1) {
        if (Left->Words[Index - 1] != Right->Words[Index - 1]) {
            return Left->Words[Index - 1] > Right->Words[Index - 1] ? 1 : -1;
        }
    }
    return 0;
}

// Left + Right * 2^Shift beside Other; Shift is 0 or 1.
static LONG CompareSum(const INTEGER *Left, const INTEGER *Right, ULONG Shift, const INTEGER *Other)
{
    INTEGER Sum = *Left;

    for (ULONG Time = 0; Time < 1ul << Shift; Time += 1) {
        ULONG64 Carry = 0;
        ULONG Count = max(Sum.Count, Right->Count);

        for (ULONG Index = 0; Index < Count; Index += 1) {
            Carry += (ULONG64)(Index < Sum.Count ? Sum.Words[Index] : 0) +
                     (Index < Right->Count ? Right->Words[Index] : 0);
            Sum.Words[Index] = (ULONG)Carry;
            Carry >>= 32;
        }
        Sum.Count = Count;
        if (Carry != 0) {
            Sum.Words[Count] = 1;
            Sum.Count += 1;
        }
    }
    return Compare(&Sum, Other);
}

// Left is not below Right.
static VOID Subtract(INTEGER *Left, const INTEGER *Right)
{
    LONG64 Borrow = 0;

    for (ULONG Index = 0; Index < Left->Count; Index += 1) {
        Borrow += (LONG64)Left->Words[Index] - (Index < Right->Count ? Right->Words[Index] : 0);
        Left->Words[Index] = (ULONG)Borrow;
        Borrow >>= 32;
    }
    while (Left->Count != 0 && Left->Words[Left->Count - 1] == 0) {
        Left->Count -= 1;
    }
}

// The digits of Fraction * 2^Exponent, which is not 0: 0.DDD * 10^*Point. Returns how many.
static ULONG MakeDigits(ULONG64 Fraction, LONG Exponent, BOOLEAN IsEdge, CHAR *Digits, PLONG Point)
{
    // The number is Rest / Scale; half the way to the next lower one is Half / Scale, to the next higher one
    // twice that where its exponent is another (IsEdge).
    INTEGER Rest, Scale, Half;
    ULONG Edge = IsEdge ? 1 : 0, Count = 0;
    BOOLEAN IsEven = (Fraction & 1) == 0;
    LONG Bits = 0, Power, IsLow, IsHigh;

    Set(&Rest, Fraction, (Exponent > 0 ? (ULONG)Exponent : 0) + 1 + Edge);
    Set(&Scale, 1, (Exponent < 0 ? (ULONG)-Exponent : 0) + 1 + Edge);
    Set(&Half, 1, Exponent > 0 ? (ULONG)Exponent : 0);

    while (Fraction >> Bits != 0) {
        Bits += 1;
    }
    Power = (Exponent + Bits - 1) * 1233 / 4096; // log10(2), so within one of the number's own
    if (Power >= 0) {
        MultiplyByPowerOfTen(&Scale, (ULONG)Power);
    } else {
        MultiplyByPowerOfTen(&Rest, (ULONG)-Power);
        MultiplyByPowerOfTen(&Half, (ULONG)-Power);
    }
    while (CompareSum(&Rest, &Half, Edge, &Scale) >= (IsEven ? 0 : 1)) {
        Multiply(&Scale, 10);
        Power += 1;
    }
    for (;;) {
        Multiply(&Rest, 10);
        Multiply(&Half, 10);
        if (CompareSum(&Rest, &Half, Edge, &Scale) >= (IsEven ? 0 : 1)) {
            break;
        }
        Power -= 1;
    }
    *Point = Power;

    for (;;) {
        CHAR Digit = '0';

        while (Compare(&Rest, &Scale) >= 0) {
            Subtract(&Rest, &Scale);
            Digit += 1;
        }
        IsLow = Compare(&Rest, &Half) < (IsEven ? 1 : 0);
        IsHigh = CompareSum(&Rest, &Half, Edge, &Scale) >= (IsEven ? 0 : 1);
        if (IsLow || IsHigh || Count == MOST_DIGITS - 1) {
            // The nearer of the two that are left.
            if (IsHigh && (!IsLow || CompareSum(&Rest, &Rest, 0, &Scale) >= 0)) {
                Digit += 1;
            }
            Digits[Count] = Digit;
            return Count + 1;
        }
        Digits[Count] = Digit;
        Count += 1;
        Multiply(&Rest, 10);
        Multiply(&Half, 10);
    }
}

static VOID PutZeros(PKM_LOG_TEXT Text, LONG Count)
{
    for (; Count > 0; Count -= 1) {
        KmLogTextPutBytes(Text, "0", 1);
    }
}

static VOID PutDigits(PKM_LOG_TEXT Text, PCSTR Digits, LONG Count, LONG Point)
{
    if (Point < LEAST_POINT || Point > MOST_POINT) {
        KmLogTextPutBytes(Text, Digits, 1);
        if (Count > 1) {
            KmLogTextPutBytes(Text, ".", 1);
            KmLogTextPutBytes(Text, Digits + 1, (ULONG)Count - 1);
        }
        KmLogTextPutFormat(Text, "e%ld", Point - 1);
    } else if (Point <= 0) {
        KmLogTextPutBytes(Text, "0.", 2);
        PutZeros(Text, -Point);
        KmLogTextPutBytes(Text, Digits, (ULONG)Count);
    } else {
        LONG Before = min(Count, Point);

        KmLogTextPutBytes(Text, Digits, (ULONG)Before);
        PutZeros(Text, Point - Before);
        KmLogTextPutBytes(Text, ".", 1);
        if (Count > Before) {
            KmLogTextPutBytes(Text, Digits + Before, (ULONG)(Count - Before));
        } else {
            KmLogTextPutBytes(Text, "0", 1);
        }
    }
}

static VOID NTAPI WriteFloat(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    ULONG64 Bits = Value->Content.Unsigned, Fraction = Bits & (HIDDEN_BIT - 1);
    LONG Exponent = (LONG)(Bits >> FRACTION_BITS) & EXPONENT_MASK;
    CHAR Digits[MOST_DIGITS];
    LONG Point, Count;

    if (Exponent == EXPONENT_MASK && Fraction != 0) {
        KmLogTextPutString(Text, "nan");
        return;
    }
    if (Bits >> 63 != 0) {
        KmLogTextPutBytes(Text, "-", 1);
    }
    if (Exponent == EXPONENT_MASK) {
        KmLogTextPutString(Text, "inf");
    } else if (Exponent == 0 && Fraction == 0) {
        KmLogTextPutString(Text, "0.0");
    } else {
        BOOLEAN IsEdge = Fraction == 0 && Exponent > 1;

        Count = (LONG)MakeDigits(Exponent != 0 ? Fraction | HIDDEN_BIT : Fraction,
                                 max(Exponent, 1) - EXPONENT_BIAS, IsEdge, Digits, &Point);
        PutDigits(Text, Digits, Count, Point);
    }
}

const KM_LOG_TYPE KmLogFloatType = {KmLogCodeFloat, TRUE, WriteFloat};
const KM_LOG_TYPE KmLogNotFiniteType = {KmLogCodeFloat, FALSE, WriteFloat};
