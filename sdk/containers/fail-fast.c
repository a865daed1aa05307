// SPDX-License-Identifier: MIT
// The end of a driver that would corrupt memory.
#include <kmode.h>

VOID NTAPI KmFailFast(ULONG Code)
{
    __fastfail(Code);
}
