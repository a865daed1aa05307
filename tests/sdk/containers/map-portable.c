// SPDX-License-Identifier: MIT
// The tests of map.c where the compiler's target has no SSE2: eight control bytes at a time, in a general
// register.
#define KMP_MAP_WITHOUT_SSE2
#include "map.c"
