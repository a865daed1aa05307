// SPDX-License-Identifier: MIT
// finding: irql-changed after Deferred
// A DPC routine lowers IRQL and forgets to raise it again.
#include "bug.h"

static KDPC Dpc;

static VOID NTAPI Deferred(PKDPC Which, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Which);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KIRQL OldIrql;
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    MENDED_BY(KeLowerIrql(OldIrql);)
}

static void Bug(void)
{
    KeInitializeDpc(&Dpc, Deferred, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
