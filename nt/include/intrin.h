// SPDX-License-Identifier: MIT
// MSVC's intrinsics: the compiler's and mingw-w64's, and those that neither has.

// wdm.h defines these two as well; two definitions do not go together.
#define __INTRINSIC_DEFINED_InterlockedBitTestAndSet
#define __INTRINSIC_DEFINED_InterlockedBitTestAndReset
#include_next <intrin.h>
#include <kmode-nt/intrinsics.h>
