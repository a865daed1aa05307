// SPDX-License-Identifier: MIT
// clang's SIMD intrinsics, those of the processor features that the compile enables and no others, as clang
// itself has it for MSVC. Read whole, AVX-512 alone doubles the time of a compile.
#ifdef __SCE__
#include_next <immintrin.h>
#else
#define __SCE__ 1
#include_next <immintrin.h>
#undef __SCE__
#endif
