// SPDX-License-Identifier: MIT
// Which of the verifier's routines stands in for which of the kernel's.
#include "inc/kernel.h"
#include "verify/replacement.h"

// Only their addresses are taken here; their types are where they are defined.
#define VI_DECLARE(Name, Replacement) VOID Replacement(VOID);
VI_REPLACEMENTS(VI_DECLARE)
#undef VI_DECLARE

const VI_REPLACEMENT ViReplacements[] = {
#define VI_ROW(Name, Replacement) {#Name, (PVOID)(ULONG_PTR)Replacement},
    VI_REPLACEMENTS(VI_ROW)
#undef VI_ROW
};

const ULONG ViReplacementCount = RTL_NUMBER_OF(ViReplacements);
