// SPDX-License-Identifier: MIT
// What there is of floating point: one instruction each.
#include "rtl/crt/crt.h"

int _finite(double Value)
{
    unsigned long long Bits;

    __builtin_memcpy(&Bits, &Value, sizeof(Bits));
    return (Bits >> 52 & 0x7FF) != 0x7FF;
}

double sqrt(double Value)
{
    __asm__("sqrtsd %0, %0" : "+x"(Value));
    return Value;
}

float sqrtf(float Value)
{
    __asm__("sqrtss %0, %0" : "+x"(Value));
    return Value;
}
