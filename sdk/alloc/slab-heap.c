// SPDX-License-Identifier: MIT
// Memory of any size from slabs, one a class of sizes.
#include "alloc/slab.h"

// Multiples of 16 of which a page holds 4, 5, 6, ... with little left over.
static const USHORT ClassBytes[KM_SLAB_HEAP_CLASSES] = {16,  32,  48,  64,  80,  96,  112, 128, 160, 192,
                                                        224, 256, 320, 400, 448, 496, 576, 672, 800, 1008};

// The class of 1 to 16 bytes, of 17 to 32, ...
static const UCHAR ClassOf[KM_SLAB_HEAP_MAXIMUM / 16] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  8,  9,  9,  10, 10, 11, 11, 12, 12, 12, 12, 13,
    13, 13, 13, 13, 14, 14, 14, 15, 15, 15, 16, 16, 16, 16, 16, 17, 17, 17, 17, 17, 17,
    18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19, 19};

C_ASSERT(KM_SLAB_HEAP_MAXIMUM == KMP_SLAB_LARGEST_IN_PAGES);

static PKM_SLAB SlabOf(PKM_SLAB_HEAP Heap, SIZE_T Bytes)
{
    return &Heap->Classes[ClassOf[(Bytes - 1) / 16]];
}

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    PKM_SLAB_HEAP Heap = (PKM_SLAB_HEAP)Allocator;
    PVOID Memory;

    if (Bytes > Heap->MaximumBytes) {
        return Heap->Parent->Operations->Allocate(Heap->Parent, Bytes, Zeroed);
    }
    Memory = KmSlabAlloc(SlabOf(Heap, Bytes));
    if (Memory != NULL && Zeroed) {
        RtlZeroMemory(Memory, Bytes);
    }
    return Memory;
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    PKM_SLAB_HEAP Heap = (PKM_SLAB_HEAP)Allocator;

    if (Bytes > Heap->MaximumBytes) {
        Heap->Parent->Operations->Free(Heap->Parent, Memory, Bytes);
    } else {
        KmSlabFree(SlabOf(Heap, Bytes), Memory);
    }
}

static BOOLEAN NTAPI Resize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    PKM_SLAB_HEAP Heap = (PKM_SLAB_HEAP)Allocator;
    const KM_ALLOCATOR_OPERATIONS *Parent = Heap->Parent->Operations;

    if (Bytes > Heap->MaximumBytes && NewBytes > Heap->MaximumBytes) {
        return Parent->Resize != NULL && Parent->Resize(Heap->Parent, Memory, Bytes, NewBytes);
    }
    return Bytes <= Heap->MaximumBytes && NewBytes <= Heap->MaximumBytes &&
           SlabOf(Heap, Bytes) == SlabOf(Heap, NewBytes);
}

static const KM_ALLOCATOR_OPERATIONS Operations = {Allocate, Free, Resize, DISPATCH_LEVEL};

NTSTATUS NTAPI KmSlabHeapInit(PKM_SLAB_HEAP Heap, PKM_ALLOCATOR Parent, BOOLEAN Direct)
{
    ULONG Classes = Direct ? 0 : KM_SLAB_HEAP_CLASSES;

    if (Parent->Tag == 0 || Parent->Operations->MaximumIrql < DISPATCH_LEVEL) {
        return STATUS_INVALID_PARAMETER;
    }
    Heap->Parent = Parent;
    Heap->ClassCount = Classes;
    Heap->MaximumBytes = Direct ? 0 : KM_SLAB_HEAP_MAXIMUM;
    for (ULONG Class = 0; Class < Classes; Class += 1) {
        KM_SLAB_CONFIG Config;
        NTSTATUS Status;

        KmSlabConfigInit(&Config, ClassBytes[Class]);
        Config.ProcessorBatches = 2;
        Config.DepotBatches = (Config.DepotBatches + 3) / 4;
        Config.EmptyPages = 2;
        Status = KmSlabInit(&Heap->Classes[Class], Parent, ClassBytes[Class], &Config);
        if (!NT_SUCCESS(Status)) {
            while (Class != 0) {
                Class -= 1;
                (VOID) KmSlabDestroy(&Heap->Classes[Class]);
            }
            return Status;
        }
    }
    Heap->Allocator.Operations = &Operations;
    Heap->Allocator.Tag = Parent->Tag;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmSlabHeapDestroy(PKM_SLAB_HEAP Heap)
{
    KIRQL OldIrql;

    // All or nothing: a heap without some of its classes would be none.
    for (ULONG Class = 0; Class < Heap->ClassCount; Class += 1) {
        KM_SLAB_STATISTICS Statistics;

        KmSlabQuery(&Heap->Classes[Class], &Statistics);
        if (Statistics.LiveObjects != 0) {
            return STATUS_DEVICE_BUSY;
        }
    }
    OldIrql = KeRaiseIrqlToDpcLevel();
    for (ULONG Class = 0; Class < Heap->ClassCount; Class += 1) {
        (VOID) KmSlabDestroy(&Heap->Classes[Class]);
    }
    KeLowerIrql(OldIrql);
    Heap->Allocator.Operations = NULL;
    return STATUS_SUCCESS;
}

VOID NTAPI KmSlabHeapFlush(PKM_SLAB_HEAP Heap)
{
    for (ULONG Class = 0; Class < Heap->ClassCount; Class += 1) {
        KmSlabFlush(&Heap->Classes[Class]);
    }
}
