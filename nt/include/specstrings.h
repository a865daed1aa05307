// SPDX-License-Identifier: MIT
// mingw-w64's specstrings.h and the annotations that it lacks.
#include_next <specstrings.h>
#include <kmode-nt/annotations.h>
