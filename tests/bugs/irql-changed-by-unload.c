// SPDX-License-Identifier: MIT
// finding: irql-changed after Unload
// The unload routine returns with IRQL raised.
#define CLEAN_UP
#include "bug.h"

static void Bug(void)
{
}

static void CleanUp(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    MENDED_BY(KeLowerIrql(OldIrql);)
}
