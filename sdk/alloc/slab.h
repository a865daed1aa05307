// SPDX-License-Identifier: MIT
// How a slab keeps its objects. Inside the SDK only.
//
// An object is in one of four places: with a caller, in the array of a processor, in the depot (one array for
// all), or free in its page. Pages are of PAGE_SIZE and aligned to it, so that an object leads to its page.
#ifndef KMODE_SDK_ALLOC_SLAB_H
#define KMODE_SDK_ALLOC_SLAB_H

#include <kmode.h>

#define KMP_SLAB_LARGEST_IN_PAGES 1008
#define KMP_SLAB_LARGEST          (16 * 1024 * 1024)
#define KMP_SLAB_LARGEST_BATCH    1024
#define KMP_SLAB_MOST_BATCHES     64

/// Touched by its processor alone, at DISPATCH_LEVEL.
typedef struct KMP_SLAB_PROCESSOR {
    ULONG Count;    ///< of Objects that are there
    ULONG Capacity; ///< whole batches; 0: every request takes the slow way
    ULONG64 Allocations;
    ULONG64 Frees;
    PVOID Objects[1];
} KMP_SLAB_PROCESSOR, *PKMP_SLAB_PROCESSOR;

/// At the start of each page; the objects follow.
typedef struct DECLSPEC_ALIGN(64) KMP_SLAB_PAGE {
    LIST_ENTRY Link; ///< among the partial or the empty; a page without a free object is in no list
    PVOID Whole;     ///< what the parent gave
    SIZE_T WholeBytes;
    SINGLE_LIST_ENTRY Free;
    ULONG FreeCount; ///< those never used included
    ULONG Fresh;     ///< the first object that was never used
} KMP_SLAB_PAGE, *PKMP_SLAB_PAGE;

C_ASSERT(sizeof(KMP_SLAB_PAGE) == 64);
C_ASSERT(PAGE_SIZE >= sizeof(KMP_SLAB_PAGE) + 4 * KMP_SLAB_LARGEST_IN_PAGES);

// At DISPATCH_LEVEL. This processor's part of Slab.
static inline PKMP_SLAB_PROCESSOR KmpSlabProcessor(const KM_SLAB *Slab)
{
    // The number within the group, as the kit's own KeGetCurrentProcessorNumber reads it inline on x64.
    ULONG Index = Slab->ManyGroups ? KeGetCurrentProcessorNumberEx(NULL) : __readgsbyte(0x184);

    return (PKMP_SLAB_PROCESSOR)(Slab->Processors + Index * Slab->ProcessorBytes);
}

// At DISPATCH_LEVEL, when the processor's array is empty: an object, and a batch in the array; NULL if there
// is none.
PVOID KmpSlabRefill(PKM_SLAB Slab, PKMP_SLAB_PROCESSOR Processor);

// At DISPATCH_LEVEL, when the processor's array is full: makes room for a batch and takes Object.
VOID KmpSlabSpill(PKM_SLAB Slab, PKMP_SLAB_PROCESSOR Processor, PVOID Object);

// At DISPATCH_LEVEL: the objects go to their pages, or to the parent.
VOID KmpSlabReturn(PKM_SLAB Slab, PVOID *Objects, SIZE_T Count);

// At DISPATCH_LEVEL: what the depot has goes to the pages, and every empty page to the parent.
VOID KmpSlabReturnDepot(PKM_SLAB Slab);

#endif
