// SPDX-License-Identifier: MIT
// Takes the addresses of inline functions.
#include <ntddk.h>
#include "shared.h"

OPERATION Choose(ULONG Index)
{
    static const OPERATION Operations[] = {Double, Triple, Square, Cube, Negate, Half};
    return Operations[Index % ARRAYSIZE(Operations)];
}
