// SPDX-License-Identifier: MIT
// Bodies of the intrinsics that mingw-w64 has as GNU inline functions (__readmsr, __outbyte, _bittest, ...):
// clang does not inline them into a __try, and a call is then what it leaves.
#include <_mingw.h>

// Without `inline`, each definition in the header is an ordinary function.
#undef __MINGW_INTRIN_INLINE
#define __MINGW_INTRIN_INLINE

#include <psdk_inc/intrin-impl.h>
