// SPDX-License-Identifier: MIT
// Processors reached by DPCs.
#include <kmode.h>
#include "runtime/processor-number.h"

typedef struct KMP_RUN {
    PKM_PROCESSOR_ROUTINE Routine;
    PVOID Context;
    volatile LONG Left;
    KEVENT Done;
} KMP_RUN;

static KDEFERRED_ROUTINE RunHere;
static VOID NTAPI RunHere(PKDPC Dpc, PVOID Context, PVOID First, PVOID Second)
{
    KMP_RUN *Run = (KMP_RUN *)Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Second);
    Run->Routine((ULONG)(ULONG_PTR)First, Run->Context);
    if (InterlockedDecrement(&Run->Left) == 0) {
        KeSetEvent(&Run->Done, IO_NO_INCREMENT, FALSE);
    }
}

static VOID RunByDpcs(PKDPC Dpcs, ULONG First, ULONG Count, PKM_PROCESSOR_ROUTINE Routine, PVOID Context)
{
    KMP_RUN Run = {.Routine = Routine, .Context = Context, .Left = (LONG)Count};
    PROCESSOR_NUMBER Number;

    KeInitializeEvent(&Run.Done, NotificationEvent, FALSE);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        KeInitializeDpc(&Dpcs[Index], RunHere, &Run);
        (void)KmpGetProcessorNumber(First + Index, &Number);
        (void)KeSetTargetProcessorDpcEx(&Dpcs[Index], &Number);
        // Of lesser importance, it might wait for that processor's next tick.
        KeSetImportanceDpc(&Dpcs[Index], HighImportance);
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        (void)KeInsertQueueDpc(&Dpcs[Index], (PVOID)(ULONG_PTR)(First + Index), NULL);
    }
    (void)KmWait(&Run.Done, KM_WAIT_FOREVER);
}

NTSTATUS NTAPI KmRunByDpc(ULONG Processor, PKM_PROCESSOR_ROUTINE Routine, PVOID Context)
{
    KDPC Dpc;

    if (Processor >= KmProcessorCount()) {
        return STATUS_INVALID_PARAMETER;
    }
    RunByDpcs(&Dpc, Processor, 1, Routine, Context);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmRunByDpcOnAll(PKM_ALLOCATOR Allocator, PKM_PROCESSOR_ROUTINE Routine, PVOID Context)
{
    ULONG Count = KmProcessorCount();
    PKDPC Dpcs = (PKDPC)KmAllocArray(Allocator, Count, sizeof(KDPC));

    if (Dpcs == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RunByDpcs(Dpcs, 0, Count, Routine, Context);
    KmFree(Allocator, Dpcs, Count * sizeof(KDPC));
    return STATUS_SUCCESS;
}
