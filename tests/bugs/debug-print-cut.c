// SPDX-License-Identifier: MIT
// finding: debug-print-format in Print
// says: vDbgPrintExWithPrefix was called with a format that ends within "%08l"
// The type of a conversion has been forgotten.
#include "bug.h"

static void Print(PCCH Format, ...)
{
    va_list Arguments;
    va_start(Arguments, Format);
    vDbgPrintExWithPrefix("100%f ", DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, Format, Arguments);
    va_end(Arguments);
}

static void Bug(void)
{
    BUG(Print("at %08l", 5ul);)
    MENDED_BY(Print("at %08lx", 5ul);)
}
