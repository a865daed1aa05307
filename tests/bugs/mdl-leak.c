// SPDX-License-Identifier: MIT
// finding: mdl-leak after Bug
// An MDL is allocated and never freed.
#include "bug.h"

static UCHAR Buffer[100];

static void Bug(void)
{
    PMDL Mdl = IoAllocateMdl(Buffer, sizeof(Buffer), FALSE, FALSE, NULL);
    if (Mdl != NULL) {
        MENDED_BY(IoFreeMdl(Mdl);)
    }
}
