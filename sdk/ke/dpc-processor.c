// SPDX-License-Identifier: MIT
// Where a DPC runs.
#include <kmode.h>
#include "runtime/processor-number.h"

NTSTATUS NTAPI KmDpcSetProcessor(PKM_DPC Dpc, ULONG Processor)
{
    PROCESSOR_NUMBER Number;
    NTSTATUS Status = KmpGetProcessorNumber(Processor, &Number);

    return NT_SUCCESS(Status) ? KeSetTargetProcessorDpcEx(&Dpc->Dpc, &Number) : Status;
}
