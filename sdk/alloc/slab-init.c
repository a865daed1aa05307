// SPDX-License-Identifier: MIT
// Slabs: their beginning and end, and what they say of themselves.
#include "alloc/slab.h"

#define PROCESSOR_ALIGNMENT 128 // two lines: processors fetch them in pairs

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    PKM_SLAB Slab = (PKM_SLAB)Allocator;
    PVOID Object = Bytes <= Slab->ObjectBytes ? KmSlabAlloc(Slab) : NULL;

    if (Object != NULL && Zeroed) {
        RtlZeroMemory(Object, Bytes);
    }
    return Object;
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    KmSlabFree((PKM_SLAB)Allocator, Memory);
}

static BOOLEAN NTAPI Resize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    UNREFERENCED_PARAMETER(Memory);
    UNREFERENCED_PARAMETER(Bytes);
    return NewBytes <= ((PKM_SLAB)Allocator)->ObjectBytes;
}

static const KM_ALLOCATOR_OPERATIONS Operations = {Allocate, Free, Resize, DISPATCH_LEVEL};

static PKMP_SLAB_PROCESSOR ProcessorAt(PKM_SLAB Slab, ULONG Index)
{
    return (PKMP_SLAB_PROCESSOR)(Slab->Processors + Index * Slab->ProcessorBytes);
}

VOID NTAPI KmSlabConfigInit(PKM_SLAB_CONFIG Config, SIZE_T ObjectBytes)
{
    SIZE_T Bytes = max(ObjectBytes, 1);

    Config->BatchObjects = (ULONG)max(min(64, 16384 / Bytes), 4);
    Config->ProcessorBatches = (ULONG)max(min(1024, 65536 / Bytes) / Config->BatchObjects, 2);
    Config->DepotBatches = (ULONG)max(min(2048, 131072 / Bytes) / Config->BatchObjects, 2);
    Config->EmptyPages = 8;
    Config->Direct = FALSE;
}

NTSTATUS NTAPI KmSlabInit(PKM_SLAB Slab, PKM_ALLOCATOR Parent, SIZE_T ObjectBytes,
                          const KM_SLAB_CONFIG *Config)
{
    ULONG ProcessorCount = KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS), Capacity;

    RtlZeroMemory(Slab, sizeof(*Slab));
    if (Parent->Tag == 0 || Parent->Operations->MaximumIrql < DISPATCH_LEVEL || ObjectBytes == 0 ||
        ObjectBytes > KMP_SLAB_LARGEST) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Config != NULL) {
        Slab->Config = *Config;
    } else {
        KmSlabConfigInit(&Slab->Config, ObjectBytes);
    }
    if (!Slab->Config.Direct &&
        (Slab->Config.BatchObjects == 0 || Slab->Config.BatchObjects > KMP_SLAB_LARGEST_BATCH ||
         Slab->Config.ProcessorBatches == 0 || Slab->Config.ProcessorBatches > KMP_SLAB_MOST_BATCHES)) {
        return STATUS_INVALID_PARAMETER;
    }
    Slab->ObjectBytes =
        (ULONG)((ObjectBytes + MEMORY_ALLOCATION_ALIGNMENT - 1) & ~(SIZE_T)(MEMORY_ALLOCATION_ALIGNMENT - 1));
    if (Slab->Config.Direct) {
        // Verifiers then see writes beyond what was asked for.
        Slab->ObjectBytes = (ULONG)ObjectBytes;
        Slab->Config.BatchObjects = 0;
        Slab->Config.ProcessorBatches = 0;
        Slab->Config.DepotBatches = 0;
    } else if (ObjectBytes <= KMP_SLAB_LARGEST_IN_PAGES) {
        Slab->ObjectsPerPage = (PAGE_SIZE - sizeof(KMP_SLAB_PAGE)) / Slab->ObjectBytes;
    }
    Capacity = Slab->Config.ProcessorBatches * Slab->Config.BatchObjects;
    Slab->ProcessorBytes =
        (FIELD_OFFSET(KMP_SLAB_PROCESSOR, Objects) + Capacity * sizeof(PVOID) + PROCESSOR_ALIGNMENT - 1) &
        ~(SIZE_T)(PROCESSOR_ALIGNMENT - 1);
    Slab->ProcessorCount = ProcessorCount;
    Slab->ManyGroups = KeQueryMaximumGroupCount() != 1;
    Slab->Parent = Parent;
    KeInitializeSpinLock(&Slab->Lock);
    InitializeListHead(&Slab->PartialPages);
    InitializeListHead(&Slab->EmptyPages);

    Slab->Processors =
        (PUCHAR)KmAllocAligned(Parent, ProcessorCount * Slab->ProcessorBytes, PROCESSOR_ALIGNMENT);
    if (Slab->Processors == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; Index < ProcessorCount; Index += 1) {
        ProcessorAt(Slab, Index)->Capacity = Capacity;
    }
    if (Slab->Config.DepotBatches != 0) {
        Slab->Depot = (PVOID *)KmAllocArrayUninitialized(
            Parent, (SIZE_T)Slab->Config.DepotBatches * Slab->Config.BatchObjects, sizeof(PVOID));
        if (Slab->Depot == NULL) {
            KmFreeAligned(Parent, Slab->Processors, ProcessorCount * Slab->ProcessorBytes,
                          PROCESSOR_ALIGNMENT);
            Slab->Processors = NULL;
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    Slab->Allocator.Operations = &Operations;
    Slab->Allocator.Tag = Parent->Tag;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmSlabDestroy(PKM_SLAB Slab)
{
    KIRQL OldIrql = KeRaiseIrqlToDpcLevel();

    for (ULONG Index = 0; Index < Slab->ProcessorCount; Index += 1) {
        PKMP_SLAB_PROCESSOR Processor = ProcessorAt(Slab, Index);

        KmpSlabReturn(Slab, Processor->Objects, Processor->Count);
        Processor->Count = 0;
    }
    KmpSlabReturnDepot(Slab);
    KeLowerIrql(OldIrql);
    // Nothing is free any more, so whatever the parent has not got back is in use.
    if (Slab->PagesAllocated != Slab->PagesFreed) {
        return STATUS_DEVICE_BUSY;
    }
    KmFreeArray(Slab->Parent, Slab->Depot, (SIZE_T)Slab->Config.DepotBatches * Slab->Config.BatchObjects,
                sizeof(PVOID));
    KmFreeAligned(Slab->Parent, Slab->Processors, Slab->ProcessorCount * Slab->ProcessorBytes,
                  PROCESSOR_ALIGNMENT);
    RtlZeroMemory(Slab, sizeof(*Slab));
    return STATUS_SUCCESS;
}

VOID NTAPI KmSlabQuery(PKM_SLAB Slab, PKM_SLAB_STATISTICS Statistics)
{
    SIZE_T OneFromParent = Slab->ObjectsPerPage != 0 ? PAGE_SIZE : Slab->ObjectBytes;
    SIZE_T Objects;
    KIRQL OldIrql;

    RtlZeroMemory(Statistics, sizeof(*Statistics));
    KeAcquireSpinLock(&Slab->Lock, &OldIrql);
    for (ULONG Index = 0; Index < Slab->ProcessorCount; Index += 1) {
        const volatile KMP_SLAB_PROCESSOR *Processor = ProcessorAt(Slab, Index);

        Statistics->Allocations += Processor->Allocations;
        Statistics->Frees += Processor->Frees;
        Statistics->ProcessorObjects += Processor->Count;
    }
    Statistics->CacheMisses = Slab->CacheMisses;
    Statistics->Failures = Slab->Failures;
    Statistics->PagesAllocated = Slab->PagesAllocated;
    Statistics->PagesFreed = Slab->PagesFreed;
    Statistics->DepotObjects = Slab->DepotCount;
    Statistics->EmptyPages = Slab->EmptyPageCount;
    Objects = (SIZE_T)(Slab->PagesAllocated - Slab->PagesFreed) * max(Slab->ObjectsPerPage, 1) -
              Slab->FreeInPages - Slab->DepotCount;
    Statistics->BytesFromParent = (SIZE_T)(Slab->PagesAllocated - Slab->PagesFreed) * OneFromParent;
    KeReleaseSpinLock(&Slab->Lock, OldIrql);
    Statistics->LiveObjects =
        Objects > Statistics->ProcessorObjects ? Objects - Statistics->ProcessorObjects : 0;
}
