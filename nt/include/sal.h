// SPDX-License-Identifier: MIT
// mingw-w64's sal.h and the annotations that it lacks.
#include_next <sal.h>
#include <kmode-nt/annotations.h>
