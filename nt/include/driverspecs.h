// SPDX-License-Identifier: MIT
// mingw-w64's driverspecs.h and the annotations that it lacks.
#include_next <driverspecs.h>
#include <kmode-nt/annotations.h>
