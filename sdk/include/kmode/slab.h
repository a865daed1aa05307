// SPDX-License-Identifier: MIT
// Slabs: objects of one size, or of a few, kept for the next who asks by each processor for itself.
//
//     NTSTATUS Started;
//     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'tkcP');
//     static KM_SLAB Packets;
//
//     Started = KmSlabInit(&Packets, &Pool, 96, NULL);
//     if (!NT_SUCCESS(Started)) {
//         return Started;
//     }
//     PVOID Packet = KmSlabAlloc(&Packets);
//     if (Packet != NULL) {
//         KmSlabFree(&Packets, Packet);
//     }
//     Status = KmSlabDestroy(&Packets);
//
// To allocate and to free is to raise IRQL to DISPATCH_LEVEL, and to take from, or put into, an array that
// only this processor touches: no lock and no interlocked instruction, also for objects that another
// processor allocated, and inline. A lock is taken once in a batch of objects, when the array is empty or
// full. Objects of up to 1008 bytes are cut from pages of the parent, which get back to it when they are
// empty (but for KM_SLAB_CONFIG.EmptyPages of them); larger objects are the parent's one by one.
//
// The verifiers, of Windows and of kmode, see the parent's pages and not the objects. To have them watch each
// object, set KM_SLAB_CONFIG.Direct.
#ifndef KMODE_SLAB_H
#define KMODE_SLAB_H

#include <kmode/allocator.h>
#include <kmode/container.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How much a slab keeps. KmSlabConfigInit fills it in with what suits most; change members after that.
typedef struct KM_SLAB_CONFIG {
    ULONG BatchObjects;     ///< moved at a time between processors and depot: 1 to 1024
    ULONG ProcessorBatches; ///< batches of free objects that a processor keeps for itself, at most: 1 to 64
    ULONG DepotBatches;     ///< batches of free objects that are kept for all processors
    ULONG EmptyPages;       ///< pages without an object in use that are kept
    BOOLEAN Direct;         ///< keep nothing: each object is the parent's, for verifiers to see
} KM_SLAB_CONFIG, *PKM_SLAB_CONFIG;

/// What a slab has done and holds. While it is in use the members need not fit together to the last object.
typedef struct KM_SLAB_STATISTICS {
    ULONG64 Allocations; ///< that succeeded
    ULONG64 Frees;
    ULONG64 CacheMisses;     ///< allocations and frees that took the lock
    ULONG64 Failures;        ///< allocations that found nothing, at the parent neither
    ULONG64 PagesAllocated;  ///< from the parent since the beginning
    ULONG64 PagesFreed;      ///< to the parent
    SIZE_T LiveObjects;      ///< the callers have
    SIZE_T ProcessorObjects; ///< free, in the processors' arrays
    SIZE_T DepotObjects;     ///< free, in the depot
    SIZE_T EmptyPages;       ///< without any object of these
    SIZE_T BytesFromParent;  ///< for objects; not what a slab itself needs
} KM_SLAB_STATISTICS, *PKM_SLAB_STATISTICS;

// What a processor keeps; touched by it alone, at DISPATCH_LEVEL.
typedef struct KMP_SLAB_PROCESSOR {
    ULONG Count;    // of Objects that are there
    ULONG Capacity; // whole batches; 0: every request takes the slow way
    ULONG64 Allocations;
    ULONG64 Frees;
    PVOID Objects[1];
} KMP_SLAB_PROCESSOR, *PKMP_SLAB_PROCESSOR;

/// A slab: an allocator, by &Slab.Allocator, of at most ObjectBytes a request; between KmSlabInit and
/// KmSlabDestroy. In non-paged memory. Members are the SDK's.
typedef struct KM_SLAB {
    KM_ALLOCATOR Allocator;
    PUCHAR Processors; ///< what each processor has, ProcessorBytes apart
    SIZE_T ProcessorBytes;
    ULONG ProcessorCount;
    BOOLEAN ManyGroups;   ///< of processors
    ULONG ObjectBytes;    ///< rounded up
    ULONG ObjectsPerPage; ///< 0: objects are the parent's one by one
    PKM_ALLOCATOR Parent;
    KM_SLAB_CONFIG Config;
    PVOID *Depot;
    KSPIN_LOCK Lock; ///< of all that follows
    SIZE_T DepotCount;
    LIST_ENTRY PartialPages;
    LIST_ENTRY EmptyPages;
    ULONG EmptyPageCount;
    SIZE_T FreeInPages; ///< objects
    ULONG64 CacheMisses;
    ULONG64 Failures;
    ULONG64 PagesAllocated;
    ULONG64 PagesFreed;
} KM_SLAB, *PKM_SLAB;

/// Fills in Config for objects of ObjectBytes: batches of up to 64 objects or 16 KB, for each processor up to
/// 1024 objects or 64 KB (but two batches), for all of them up to 2048 objects or 128 KB, eight empty pages.
///
///     NTSTATUS Started;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'wolF');
///     static KM_SLAB Flows;
///     KM_SLAB_CONFIG Config;
///     KmSlabConfigInit(&Config, 256);
///     Config.EmptyPages = 1000;
///     Started = KmSlabInit(&Flows, &Pool, 256, &Config);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     Status = KmSlabDestroy(&Flows);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmSlabConfigInit(_Out_ PKM_SLAB_CONFIG Config, _In_ SIZE_T ObjectBytes);

/// Makes Slab an allocator of objects of ObjectBytes (1 to 16 MB) over Parent, which must be one for
/// DISPATCH_LEVEL (KmNonPagedPool, ...) and outlive it. Config NULL: as KmSlabConfigInit fills it in. Until
/// KmSlabDestroy, Slab must not move, and has from Parent room for the pointers that each processor keeps,
/// and the depot.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Parent's tag is 0 or its IRQL too low, or for
/// ObjectBytes or a Config out of range; STATUS_INSUFFICIENT_RESOURCES, and Slab is not initialized.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSlabInit(_Out_ PKM_SLAB Slab, _In_ PKM_ALLOCATOR Parent, _In_ SIZE_T ObjectBytes,
               _In_opt_ const KM_SLAB_CONFIG *Config);

/// Gives everything back to the parent. Nobody may be using Slab. Returns STATUS_SUCCESS; STATUS_DEVICE_BUSY
/// if objects have not been freed, and then Slab is still one, though it keeps nothing that is free.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI KmSlabDestroy(_Inout_ PKM_SLAB Slab);

// At DISPATCH_LEVEL, when the processor's array is empty: an object, and a batch in the array; NULL if there
// is none.
PVOID NTAPI KmpSlabRefill(PKM_SLAB Slab, PKMP_SLAB_PROCESSOR Processor);

// At DISPATCH_LEVEL, when the processor's array is full: makes room for a batch and takes Object.
VOID NTAPI KmpSlabSpill(PKM_SLAB Slab, PKMP_SLAB_PROCESSOR Processor, PVOID Object);

// At DISPATCH_LEVEL: this processor's part of Slab.
KMP_INLINE PKMP_SLAB_PROCESSOR KmpSlabProcessor(const KM_SLAB *Slab)
{
#if defined(__x86_64__) || defined(_M_X64)
    // The number within the group, as the kit's own KeGetCurrentProcessorNumber reads it inline on x64.
    ULONG Index = Slab->ManyGroups ? KeGetCurrentProcessorNumberEx(NULL) : __readgsbyte(0x184);
#else
    ULONG Index = KeGetCurrentProcessorNumberEx(NULL);
#endif

    return (PKMP_SLAB_PROCESSOR)(PVOID)(Slab->Processors + Index * Slab->ProcessorBytes);
}

/// As KmSlabAlloc and KmSlabFree for a caller that is at DISPATCH_LEVEL already, in a DPC or with a spin lock
/// held: faster by the raising and lowering.
///
///     NTSTATUS Started;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'cpDE');
///     static KM_SLAB Entries;
///     KIRQL OldIrql;
///     Started = KmSlabInit(&Entries, &Pool, 64, NULL);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
///     PVOID Entry = KmSlabAllocAtDpcLevel(&Entries);
///     KmSlabFreeAtDpcLevel(&Entries, Entry);
///     KeLowerIrql(OldIrql);
///     Status = KmSlabDestroy(&Entries);
_IRQL_requires_(DISPATCH_LEVEL) _Must_inspect_result_ KMP_INLINE PVOID
    KmSlabAllocAtDpcLevel(_Inout_ PKM_SLAB Slab)
{
    PKMP_SLAB_PROCESSOR Processor = KmpSlabProcessor(Slab);
    ULONG Count = Processor->Count;

    if (KMP_UNLIKELY(Count == 0)) {
        return KmpSlabRefill(Slab, Processor);
    }
    Processor->Count = Count - 1;
    Processor->Allocations += 1;
    return Processor->Objects[Count - 1];
}

/// See KmSlabAllocAtDpcLevel.
_IRQL_requires_(DISPATCH_LEVEL) KMP_INLINE VOID
    KmSlabFreeAtDpcLevel(_Inout_ PKM_SLAB Slab, _In_opt_ PVOID Object)
{
    PKMP_SLAB_PROCESSOR Processor;
    ULONG Count;

    if (Object == NULL) {
        return;
    }
    Processor = KmpSlabProcessor(Slab);
    Count = Processor->Count;
    Processor->Frees += 1;
    if (KMP_UNLIKELY(Count == Processor->Capacity)) {
        KmpSlabSpill(Slab, Processor, Object);
        return;
    }
    Processor->Objects[Count] = Object;
    Processor->Count = Count + 1;
}

/// Returns an object, not zeroed (KmAlloc zeroes), aligned to MEMORY_ALLOCATION_ALIGNMENT; NULL if the parent
/// has no more. It may be NULL while another processor keeps free objects.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ KMP_INLINE PVOID KmSlabAlloc(_Inout_ PKM_SLAB Slab)
{
    KIRQL OldIrql;
    PVOID Object;

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Object = KmSlabAllocAtDpcLevel(Slab);
    KeLowerIrql(OldIrql);
    return Object;
}

/// Takes an object back, on any processor. NULL is nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) KMP_INLINE VOID KmSlabFree(_Inout_ PKM_SLAB Slab, _In_opt_ PVOID Object)
{
    KIRQL OldIrql;

    if (Object != NULL) {
        KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
        KmSlabFreeAtDpcLevel(Slab, Object);
        KeLowerIrql(OldIrql);
    }
}

/// Takes Count objects at once, with IRQL raised once: to fill a ring of receive buffers. Returns how many
/// there were, Count unless the parent has no more; Objects beyond that are not written.
///
///     PVOID Buffers[16];
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'hctB');
///     static KM_SLAB Slab;
///     ULONG Count;
///     NTSTATUS Started = KmSlabInit(&Slab, &Pool, 2048, NULL);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     Count = KmSlabAllocBatch(&Slab, Buffers, 16);
///     KmSlabFreeBatch(&Slab, Buffers, Count);
///     Status = KmSlabDestroy(&Slab);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ ULONG NTAPI
    KmSlabAllocBatch(_Inout_ PKM_SLAB Slab, _Out_writes_to_(Count, return) PVOID *Objects, _In_ ULONG Count);

/// Takes Count objects back, with IRQL raised once. Those that are NULL are nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmSlabFreeBatch(_Inout_ PKM_SLAB Slab, _In_reads_(Count) PVOID const *Objects, _In_ ULONG Count);

/// Gives what is kept free, by every processor, in the depot and as empty pages, back to the parent, while
/// others go on to use Slab: when memory is short, or after a burst. The thread visits each active processor.
///
///     NTSTATUS Started;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'tsrB');
///     static KM_SLAB Slab;
///     KM_SLAB_STATISTICS Statistics;
///     Started = KmSlabInit(&Slab, &Pool, 64, NULL);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     KmSlabFree(&Slab, KmSlabAlloc(&Slab));
///     KmSlabFlush(&Slab);
///     KmSlabQuery(&Slab, &Statistics);
///     DbgPrint("%Iu bytes in use\n", Statistics.BytesFromParent);
///     Status = KmSlabDestroy(&Slab);
_IRQL_requires_(PASSIVE_LEVEL) VOID NTAPI KmSlabFlush(_Inout_ PKM_SLAB Slab);

/// Tells what Slab has done and holds.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmSlabQuery(_Inout_ PKM_SLAB Slab, _Out_ PKM_SLAB_STATISTICS Statistics);

/// The number of size classes of a KM_SLAB_HEAP, and the largest of them in bytes.
#define KM_SLAB_HEAP_CLASSES 20
#define KM_SLAB_HEAP_MAXIMUM 1008

/// Memory of any size from slabs, one a class of sizes: an allocator, by &Heap.Allocator, between
/// KmSlabHeapInit and KmSlabHeapDestroy. More than KM_SLAB_HEAP_MAXIMUM bytes are the parent's. In non-paged
/// memory.
typedef struct KM_SLAB_HEAP {
    KM_ALLOCATOR Allocator;
    PKM_ALLOCATOR Parent;
    ULONG ClassCount;
    SIZE_T MaximumBytes; ///< of a request that a class answers
    KM_SLAB Classes[KM_SLAB_HEAP_CLASSES];
} KM_SLAB_HEAP, *PKM_SLAB_HEAP;

/// Makes Heap an allocator of slabs over Parent, under the conditions of KmSlabInit: multiples of 16 bytes up
/// to 128, then about four classes to a doubling. Direct: every request is the parent's, for verifiers to
/// see. IRQL of requests <= DISPATCH_LEVEL.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_INSUFFICIENT_RESOURCES: as KmSlabInit.
///
///     NTSTATUS Started;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'paeH');
///     static KM_SLAB_HEAP Heap;
///     Started = KmSlabHeapInit(&Heap, &Pool, FALSE);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     PVOID Text = KmAlloc(&Heap.Allocator, 200);
///     KmFree(&Heap.Allocator, Text, 200);
///     KmSlabHeapFlush(&Heap);
///     Status = KmSlabHeapDestroy(&Heap);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSlabHeapInit(_Out_ PKM_SLAB_HEAP Heap, _In_ PKM_ALLOCATOR Parent, _In_ BOOLEAN Direct);

/// As KmSlabDestroy for each class: STATUS_DEVICE_BUSY if one of them has objects that are not freed, and
/// then Heap is still one.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI KmSlabHeapDestroy(_Inout_ PKM_SLAB_HEAP Heap);

/// As KmSlabFlush for each class.
_IRQL_requires_(PASSIVE_LEVEL) VOID NTAPI KmSlabHeapFlush(_Inout_ PKM_SLAB_HEAP Heap);

#ifdef __cplusplus
}
#endif

#endif
