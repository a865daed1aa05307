// SPDX-License-Identifier: MIT
// Slabs: to allocate and to free, as far as this processor alone can.
#include "alloc/slab.h"

static FORCEINLINE PVOID Take(PKM_SLAB Slab)
{
    PKMP_SLAB_PROCESSOR Processor = KmpSlabProcessor(Slab);
    ULONG Count = Processor->Count;

    if (Count == 0) {
        return KmpSlabRefill(Slab, Processor);
    }
    Processor->Count = Count - 1;
    Processor->Allocations += 1;
    return Processor->Objects[Count - 1];
}

static FORCEINLINE VOID Put(PKM_SLAB Slab, PVOID Object)
{
    PKMP_SLAB_PROCESSOR Processor = KmpSlabProcessor(Slab);
    ULONG Count = Processor->Count;

    Processor->Frees += 1;
    if (Count == Processor->Capacity) {
        KmpSlabSpill(Slab, Processor, Object);
        return;
    }
    Processor->Objects[Count] = Object;
    Processor->Count = Count + 1;
}

PVOID NTAPI KmSlabAlloc(PKM_SLAB Slab)
{
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();
    PVOID Object = Take(Slab);

    KeLowerIrql(OldIrql);
    return Object;
}

VOID NTAPI KmSlabFree(PKM_SLAB Slab, PVOID Object)
{
    KIRQL OldIrql;

    if (Object != NULL) {
        OldIrql = KeRaiseIrqlToDpcLevel();
        Put(Slab, Object);
        KeLowerIrql(OldIrql);
    }
}

PVOID NTAPI KmSlabAllocAtDpcLevel(PKM_SLAB Slab)
{
    return Take(Slab);
}

VOID NTAPI KmSlabFreeAtDpcLevel(PKM_SLAB Slab, PVOID Object)
{
    if (Object != NULL) {
        Put(Slab, Object);
    }
}

ULONG NTAPI KmSlabAllocBatch(PKM_SLAB Slab, PVOID *Objects, ULONG Count)
{
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();
    ULONG Index = 0;

    for (; Index < Count; Index += 1) {
        PVOID Object = Take(Slab);

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
        if (Objects[Index] != NULL) {
            Put(Slab, Objects[Index]);
        }
    }
    KeLowerIrql(OldIrql);
}
