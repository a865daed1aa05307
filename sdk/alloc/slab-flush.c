// SPDX-License-Identifier: MIT
// Slabs: what is kept goes back while others use the slab.
#include "alloc/slab.h"
#include "runtime/processor-number.h"

VOID NTAPI KmSlabFlush(PKM_SLAB Slab)
{
    KIRQL OldIrql;

    // No processor may touch another's array, so the thread goes to each.
    for (ULONG Index = 0; Index < Slab->ProcessorCount; Index += 1) {
        GROUP_AFFINITY Before;
        PROCESSOR_NUMBER Number;
        PKMP_SLAB_PROCESSOR Processor;

        if (!NT_SUCCESS(KmpGetProcessorNumber(Index, &Number))) {
            continue;
        }
        KmpGoToProcessor(&Number, &Before);
        OldIrql = KeRaiseIrqlToDpcLevel();
        Processor = KmpSlabProcessor(Slab);
        KmpSlabReturn(Slab, Processor->Objects, Processor->Count);
        Processor->Count = 0;
        KeLowerIrql(OldIrql);
        KmpReturnFromProcessor(&Before);
    }
    OldIrql = KeRaiseIrqlToDpcLevel();
    KmpSlabReturnDepot(Slab);
    KeLowerIrql(OldIrql);
}
