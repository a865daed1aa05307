// SPDX-License-Identifier: MIT
// mingw-w64's concurrencysal.h and the annotations that it lacks.
#include_next <concurrencysal.h>
#include <kmode-nt/annotations.h>
