// SPDX-License-Identifier: MIT
// Processors by number, and threads that stay on one.
#include <kmode.h>
#include "runtime/irql.h"
#include "runtime/processor-number.h"

ULONG NTAPI KmProcessorCount(VOID)
{
    return KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
}

ULONG NTAPI KmProcessorCurrent(VOID)
{
    return KeGetCurrentProcessorNumberEx(NULL);
}

static VOID NTAPI EndProcessor(PKM_GUARD Guard)
{
    KmpReturnFromProcessor(&Guard->State.Affinity);
}

NTSTATUS NTAPI KmGuardProcessor(PKM_GUARD Guard, ULONG Processor)
{
    PROCESSOR_NUMBER Number;
    NTSTATUS Status;

    Guard->End = NULL;
    // A number beyond those that are active may be that of a processor to come.
    if (Processor >= KmProcessorCount()) {
        return STATUS_INVALID_PARAMETER;
    }
    // The move would come later, and what is meant for the one processor be done on another.
    if (KmpGetCurrentIrql() > APC_LEVEL && Processor != KmProcessorCurrent()) {
        return STATUS_NOT_SUPPORTED;
    }
    Status = KmpGetProcessorNumber(Processor, &Number);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KmpGoToProcessor(&Number, &Guard->State.Affinity);
    Guard->End = EndProcessor;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmRunOnProcessor(ULONG Processor, PKM_PROCESSOR_ROUTINE Routine, PVOID Context)
{
    KM_GUARD Guard;
    NTSTATUS Status = KmGuardProcessor(&Guard, Processor);

    if (NT_SUCCESS(Status)) {
        Routine(Processor, Context);
        KmGuardEnd(&Guard);
    }
    return Status;
}

VOID NTAPI KmRunOnEachProcessor(PKM_PROCESSOR_ROUTINE Routine, PVOID Context)
{
    for (ULONG Processor = 0; Processor < KmProcessorCount(); Processor += 1) {
        (void)KmRunOnProcessor(Processor, Routine, Context);
    }
}
