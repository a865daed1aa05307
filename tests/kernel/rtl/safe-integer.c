// SPDX-License-Identifier: MIT
// ntintsafe.h: sums, differences, products and conversions that tell of an overflow, and then give the type's
// error value.
#include "test.h"
#include <ntintsafe.h>

#define OVERFLOWS STATUS_INTEGER_OVERFLOW

// Calls Name(Left, Right) of Type and checks what it returns and gives.
#define MATH(Name, Type, Left, Right, Status, Expected)                                                      \
    do {                                                                                                     \
        Type Result_ = 0x55;                                                                                 \
        IS(Name(Left, Right, &Result_), Status);                                                             \
        IS(Result_, (Type)(Expected));                                                                       \
    } while (0)

#define CONVERT(Name, Type, Value, Status, Expected)                                                         \
    do {                                                                                                     \
        Type Result_ = 0x55;                                                                                 \
        IS(Name(Value, &Result_), Status);                                                                   \
        IS(Result_, (Type)(Expected));                                                                       \
    } while (0)

static void TestUnsigned(void)
{
    MATH(RtlULongAdd, ULONG, 0xFFFFFFFE, 1, STATUS_SUCCESS, 0xFFFFFFFF);
    MATH(RtlULongAdd, ULONG, 0xFFFFFFFF, 1, OVERFLOWS, 0xFFFFFFFF);
    MATH(RtlULongSub, ULONG, 5, 5, STATUS_SUCCESS, 0);
    MATH(RtlULongSub, ULONG, 5, 6, OVERFLOWS, 0xFFFFFFFF);
    MATH(RtlULongMult, ULONG, 0xFFFF, 0x10001, STATUS_SUCCESS, 0xFFFFFFFF);
    MATH(RtlULongMult, ULONG, 0x10000, 0x10000, OVERFLOWS, 0xFFFFFFFF);
    MATH(RtlUShortAdd, USHORT, 0xFFFF, 1, OVERFLOWS, 0xFFFF);
    MATH(RtlUShortSub, USHORT, 0, 1, OVERFLOWS, 0xFFFF);
    MATH(RtlUShortMult, USHORT, 0xFF, 0x101, STATUS_SUCCESS, 0xFFFF);
    MATH(RtlUShortMult, USHORT, 0x100, 0x100, OVERFLOWS, 0xFFFF);
    MATH(RtlUInt8Add, UINT8, 255, 1, OVERFLOWS, 0xFF);
    MATH(RtlUInt8Sub, UINT8, 7, 7, STATUS_SUCCESS, 0);
    MATH(RtlUInt8Mult, UINT8, 16, 16, OVERFLOWS, 0xFF);
    MATH(RtlUIntAdd, UINT, 1, 2, STATUS_SUCCESS, 3);
    MATH(RtlSizeTAdd, SIZE_T, (SIZE_T)-1, 1, OVERFLOWS, (SIZE_T)-1);
    MATH(RtlSizeTSub, SIZE_T, 2, 3, OVERFLOWS, (SIZE_T)-1);
    MATH(RtlSizeTMult, SIZE_T, (SIZE_T)1 << 32, (SIZE_T)1 << 32, OVERFLOWS, (SIZE_T)-1);
    MATH(RtlSizeTMult, SIZE_T, (SIZE_T)1 << 32, ((SIZE_T)1 << 32) - 1, STATUS_SUCCESS, 0xFFFFFFFF00000000);
    MATH(RtlULongPtrAdd, ULONG_PTR, ~(ULONG_PTR)0, 0, STATUS_SUCCESS, ~(ULONG_PTR)0);
    MATH(RtlULongPtrSub, ULONG_PTR, 0, 1, OVERFLOWS, ~(ULONG_PTR)0);
    MATH(RtlULongLongAdd, ULONGLONG, ~0ULL, ~0ULL, OVERFLOWS, ~0ULL);
    MATH(RtlULongLongMult, ULONGLONG, 3, 5, STATUS_SUCCESS, 15);
}

static void TestSigned(void)
{
    MATH(RtlLongAdd, LONG, MAXLONG, 1, OVERFLOWS, -1);
    MATH(RtlLongAdd, LONG, MINLONG, -1, OVERFLOWS, -1);
    MATH(RtlLongAdd, LONG, MAXLONG, MINLONG, STATUS_SUCCESS, -1);
    MATH(RtlLongSub, LONG, MINLONG, 1, OVERFLOWS, -1);
    MATH(RtlLongMult, LONG, MINLONG, -1, OVERFLOWS, -1);
    MATH(RtlLongMult, LONG, 0x8000, -0x10000, STATUS_SUCCESS, MINLONG);
    MATH(RtlIntAdd, INT, MAXLONG, MAXLONG, OVERFLOWS, -1);
    MATH(RtlShortAdd, SHORT, 0x7FFF, 1, OVERFLOWS, -1);
    MATH(RtlInt8Mult, INT8, 64, 2, OVERFLOWS, -1);
    MATH(RtlLongLongAdd, LONGLONG, MAXLONGLONG, 1, OVERFLOWS, -1);
    MATH(RtlLongLongMult, LONGLONG, MAXLONGLONG, 1, STATUS_SUCCESS, MAXLONGLONG);
    MATH(RtlIntPtrSub, INT_PTR, 0, 1, STATUS_SUCCESS, -1);
}

static void TestConversions(void)
{
    CONVERT(RtlLongLongToULong, ULONG, 0xFFFFFFFFLL, STATUS_SUCCESS, 0xFFFFFFFF);
    CONVERT(RtlLongLongToULong, ULONG, -1LL, OVERFLOWS, 0xFFFFFFFF);
    CONVERT(RtlLongLongToULong, ULONG, 0x100000000LL, OVERFLOWS, 0xFFFFFFFF);
    CONVERT(RtlULongLongToULong, ULONG, 0x100000000ULL, OVERFLOWS, 0xFFFFFFFF);
    CONVERT(RtlSizeTToULong, ULONG, 12, STATUS_SUCCESS, 12);
    CONVERT(RtlULongToUShort, USHORT, 0x10000, OVERFLOWS, 0xFFFF);
    CONVERT(RtlULongToUShort, USHORT, 0xFFFF, STATUS_SUCCESS, 0xFFFF);
    CONVERT(RtlULongToLong, LONG, 0x80000000, OVERFLOWS, -1);
    CONVERT(RtlLongToULong, ULONG, -5, OVERFLOWS, 0xFFFFFFFF);
    CONVERT(RtlLongToShort, SHORT, -0x8000, STATUS_SUCCESS, -0x8000);
    CONVERT(RtlLongToShort, SHORT, -0x8001, OVERFLOWS, -1);
    CONVERT(RtlIntToUInt8, UINT8, 256, OVERFLOWS, 0xFF);
    CONVERT(RtlIntToUChar, UCHAR, 300, OVERFLOWS, 0);
    CONVERT(RtlUIntToInt, INT, 0x7FFFFFFF, STATUS_SUCCESS, 0x7FFFFFFF);
    CONVERT(RtlULongLongToLongLong, LONGLONG, 0x8000000000000000ULL, OVERFLOWS, -1);
    CONVERT(RtlUIntPtrToULong, ULONG, (UINT_PTR)1 << 40, OVERFLOWS, 0xFFFFFFFF);
}

TEST_DRIVER(TestUnsigned, TestSigned, TestConversions)
