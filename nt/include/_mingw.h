// SPDX-License-Identifier: MIT
// mingw-w64's base header, with the inline functions of C driver code given MSVC's meaning: always usable.
//
// C99's `inline` (and GNU's `extern inline`, which mingw-w64's __forceinline is) emits no body of its own: a
// call that is not inlined, as in a debug build, is an undefined symbol. MSVC emits one where needed.
// `static` gives that; a second `static` of the user's own is no fault then. C++ has the right meaning
// already.
#ifndef __USE_MINGW_ANSI_STDIO
#define __USE_MINGW_ANSI_STDIO 0 // printf and its like are the kernel's exports, not mingw-w64's own
#endif
#include_next <_mingw.h>

#ifndef KMODE_NT_MINGW_H
#define KMODE_NT_MINGW_H

// A literal, as MSVC's is, that stands beside others.
#undef __FUNCTIONW__
#define __FUNCTIONW__ L__FUNCTION__

#ifdef __cplusplus
// strcpy_s(Array, Source) and its like take the array's size from its type, as MSVC's do.
#undef _CRT_SECURE_CPP_OVERLOAD_SECURE_NAMES
#define _CRT_SECURE_CPP_OVERLOAD_SECURE_NAMES 1
#else
#pragma clang diagnostic ignored "-Wduplicate-decl-specifier"
#undef __forceinline
#define __forceinline static __inline__ __attribute__((__always_inline__, __unused__))
#undef __inline
#define __inline static __inline__ __attribute__((__unused__))
#undef _inline
#define _inline static __inline__ __attribute__((__unused__))
#undef inline
#define inline static __inline__ __attribute__((__unused__))
#undef __CRT_INLINE
#define __CRT_INLINE extern __inline__ __attribute__((__gnu_inline__))
#endif

#endif
