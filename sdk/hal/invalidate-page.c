// SPDX-License-Identifier: MIT
// Translations that the processor keeps.
#include <kmode.h>

VOID NTAPI KmInvalidatePage(const VOID *Address)
{
    __invlpg((PVOID)(ULONG_PTR)Address);
}
