// SPDX-License-Identifier: MIT
// The other source of the variable.
#include "pch.h"
#include "Shared\shared.h"

#pragma code_seg(push, "PAGE")
VOID Count(VOID)
{
    Counter++;
}
#pragma code_seg(pop)
