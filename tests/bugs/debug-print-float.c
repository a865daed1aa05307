// SPDX-License-Identifier: MIT
// finding: debug-print-format in Bug
// says: DbgPrint was called with "%-8.2f" in its format, and does not support floating point
// A share is printed as a program would.
#include "bug.h"

static void Bug(void)
{
    volatile LONG Hits = 3, Tries = 8;
    BUG(DbgPrint("hits: %-8.2f%%\n", 100.0 * Hits / Tries);)
    MENDED_BY(DbgPrint("hits: %-8ld%%\n", 100 * Hits / Tries);)
}
