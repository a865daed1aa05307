// SPDX-License-Identifier: MIT
// All processors at once, by an interprocessor interrupt.
#include <kmode.h>

typedef struct KMP_BROADCAST {
    PKM_PROCESSOR_ROUTINE Routine;
    PVOID Context;
} KMP_BROADCAST;

static ULONG_PTR NTAPI RunHere(ULONG_PTR Argument)
{
    const KMP_BROADCAST *Broadcast = (const KMP_BROADCAST *)Argument;

    Broadcast->Routine(KmProcessorCurrent(), Broadcast->Context);
    return 0;
}

VOID NTAPI KmRunOnAllProcessors(PKM_PROCESSOR_ROUTINE Routine, PVOID Context)
{
    KMP_BROADCAST Broadcast = {Routine, Context};

    (void)KeIpiGenericCall(RunHere, (ULONG_PTR)&Broadcast);
}
