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

// At DISPATCH_LEVEL: the objects go to their pages, or to the parent.
VOID KmpSlabReturn(PKM_SLAB Slab, PVOID *Objects, SIZE_T Count);

// At DISPATCH_LEVEL: what the depot has goes to the pages, and every empty page to the parent.
VOID KmpSlabReturnDepot(PKM_SLAB Slab);

#endif
