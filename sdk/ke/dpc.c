// SPDX-License-Identifier: MIT
// DPCs with a context of the driver's.
#include <kmode.h>

static KDEFERRED_ROUTINE Run;
static VOID NTAPI Run(PKDPC Dpc, PVOID Context, PVOID First, PVOID Second)
{
    PKM_DPC This = (PKM_DPC)Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    This->Routine(This->Context);
}

VOID NTAPI KmDpcInitialize(PKM_DPC Dpc, PKM_ROUTINE Routine, PVOID Context)
{
    KeInitializeDpc(&Dpc->Dpc, Run, Dpc);
    Dpc->Routine = Routine;
    Dpc->Context = Context;
    Dpc->Stopping = FALSE;
}

BOOLEAN NTAPI KmDpcQueue(PKM_DPC Dpc)
{
    return (BOOLEAN)(!Dpc->Stopping && KeInsertQueueDpc(&Dpc->Dpc, NULL, NULL));
}

BOOLEAN NTAPI KmDpcCancel(PKM_DPC Dpc)
{
    return KeRemoveQueueDpc(&Dpc->Dpc);
}

VOID NTAPI KmDpcStop(PKM_DPC Dpc)
{
    InterlockedExchange(&Dpc->Stopping, TRUE);
    (void)KeRemoveQueueDpc(&Dpc->Dpc);
    KeFlushQueuedDpcs();
    // A routine that had found the DPC not yet stopping has queued it by now.
    if (KeRemoveQueueDpc(&Dpc->Dpc)) {
        KeFlushQueuedDpcs();
    }
    InterlockedExchange(&Dpc->Stopping, FALSE);
}
