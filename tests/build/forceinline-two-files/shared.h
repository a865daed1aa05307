// SPDX-License-Identifier: MIT
// Inline functions in the ways that C driver headers write them.
#pragma once

FORCEINLINE ULONG Double(ULONG Value)
{
    return Value * 2;
}

static FORCEINLINE ULONG Triple(ULONG Value)
{
    return Value * 3;
}

__inline ULONG Square(ULONG Value)
{
    return Value * Value;
}

static __inline ULONG Cube(ULONG Value)
{
    return Value * Value * Value;
}

inline ULONG Negate(ULONG Value)
{
    return 0 - Value;
}

__forceinline ULONG Half(ULONG Value)
{
    return Value / 2;
}

typedef ULONG (*OPERATION)(ULONG Value);
OPERATION Choose(ULONG Index);
