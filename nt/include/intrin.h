// SPDX-License-Identifier: MIT
// MSVC's intrinsics: the compiler's and mingw-w64's, and those that neither has.

// wdm.h defines these two as well; two definitions do not go together.
#define __INTRINSIC_DEFINED_InterlockedBitTestAndSet
#define __INTRINSIC_DEFINED_InterlockedBitTestAndReset
#include_next <intrin.h>
#include <kmode-nt/intrinsics.h>

// The compiler's own, which drivers declare for themselves; mingw-w64 has macros in front of them.
#undef _ReadWriteBarrier
#undef _ReadBarrier
#undef _WriteBarrier
#ifdef __cplusplus
extern "C" {
#endif
void _ReadWriteBarrier(void);
void _ReadBarrier(void);
void _WriteBarrier(void);
#ifdef __cplusplus
}
#endif
