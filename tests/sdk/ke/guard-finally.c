// SPDX-License-Identifier: MIT
// Scoped guards by __try and __finally, as MSVC's C has them.
#define KM_SCOPE_BY_FINALLY
#include "guard.h"
