// SPDX-License-Identifier: MIT
// clang's x86 intrinsics of the enabled processor features; see immintrin.h.
#define __SCE__ 1
#include_next <x86intrin.h>
#undef __SCE__
