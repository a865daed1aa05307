// SPDX-License-Identifier: MIT
// Scoped guards by the cleanup attribute.
#include "guard.h"
