// SPDX-License-Identifier: MIT
// Slabs: what is kept goes back while others use the slab.
#include "alloc/slab.h"

VOID NTAPI KmSlabFlush(PKM_SLAB Slab)
{
    KIRQL OldIrql;

    // No processor may touch another's array, so the thread goes to each.
    for (ULONG Index = 0; Index < Slab->ProcessorCount; Index += 1) {
        GROUP_AFFINITY Affinity, Before;
        PROCESSOR_NUMBER Number;
        PKMP_SLAB_PROCESSOR Processor;

        if (!NT_SUCCESS(KeGetProcessorNumberFromIndex(Index, &Number))) {
            continue;
        }
        RtlZeroMemory(&Affinity, sizeof(Affinity));
        Affinity.Group = Number.Group;
        Affinity.Mask = (KAFFINITY)1 << Number.Number;
        KeSetSystemGroupAffinityThread(&Affinity, &Before);
        OldIrql = KeRaiseIrqlToDpcLevel();
        Processor = KmpSlabProcessor(Slab);
        KmpSlabReturn(Slab, Processor->Objects, Processor->Count);
        Processor->Count = 0;
        KeLowerIrql(OldIrql);
        KeRevertToUserGroupAffinityThread(&Before);
    }
    OldIrql = KeRaiseIrqlToDpcLevel();
    KmpSlabReturnDepot(Slab);
    KeLowerIrql(OldIrql);
}
