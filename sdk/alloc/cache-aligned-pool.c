// SPDX-License-Identifier: MIT
// Non-paged pool aligned to lines of the processor's cache.
#include "alloc/pool.h"

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    // NonPagedPoolCacheAligned and NonPagedPoolNxCacheAligned are this far from the types that they refine.
    POOL_TYPE OldType = (POOL_TYPE)((ULONG)KmpNonPagedPoolType() | (ULONG)NonPagedPoolCacheAligned);

    return KmpAllocatePool(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, OldType, Allocator->Tag, Bytes,
                           Zeroed);
}

const KM_ALLOCATOR_OPERATIONS KmCacheAlignedPool = {Allocate, KmpFreePool, NULL, DISPATCH_LEVEL};
