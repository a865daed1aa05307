// SPDX-License-Identifier: MIT
// Slabs: many objects at once.
#include "alloc/slab.h"

ULONG NTAPI KmSlabAllocBatch(PKM_SLAB Slab, PVOID *Objects, ULONG Count)
{
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();
    ULONG Index = 0;

    for (; Index < Count; Index += 1) {
        PVOID Object = KmSlabAllocAtDpcLevel(Slab);

        if (Object == NULL) {
            break;
        }
        Objects[Index] = Object;
    }
    KeLowerIrql(OldIrql);
    return Index;
}

VOID NTAPI KmSlabFreeBatch(PKM_SLAB Slab, PVOID const *Objects, ULONG Count)
{
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();

    for (ULONG Index = 0; Index < Count; Index += 1) {
        KmSlabFreeAtDpcLevel(Slab, Objects[Index]);
    }
    KeLowerIrql(OldIrql);
}
