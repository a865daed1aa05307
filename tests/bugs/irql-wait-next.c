// SPDX-License-Identifier: MIT
// finding: irql-too-high in Bug after Bug
// KeReleaseSemaphore's Wait, which keeps IRQL raised for the wait that follows, is for PASSIVE_LEVEL alone.
#include "bug.h"

static KSEMAPHORE Semaphore;

static void Bug(void)
{
    KIRQL OldIrql;
    KeInitializeSemaphore(&Semaphore, 0, 1);
    BUG(KeRaiseIrql(APC_LEVEL, &OldIrql);)
    KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 1, TRUE);
    KeWaitForSingleObject(&Semaphore, Executive, KernelMode, FALSE, NULL);
    BUG(KeLowerIrql(OldIrql);)
    MENDED_BY(OldIrql = PASSIVE_LEVEL;)
    UNREFERENCED_PARAMETER(OldIrql);
}
