// SPDX-License-Identifier: MIT
// Pool that is charged to the quota of the process that asks.
#include "alloc/pool.h"

static PVOID NTAPI AllocateNonPaged(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return KmpAllocatePool(POOL_FLAG_NON_PAGED | POOL_FLAG_USE_QUOTA, KmpNonPagedPoolType(), Allocator->Tag,
                           Bytes, Zeroed);
}

static PVOID NTAPI AllocatePaged(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return KmpAllocatePool(POOL_FLAG_PAGED | POOL_FLAG_USE_QUOTA, PagedPool, Allocator->Tag, Bytes, Zeroed);
}

const KM_ALLOCATOR_OPERATIONS KmNonPagedQuotaPool = {AllocateNonPaged, KmpFreePool, NULL, DISPATCH_LEVEL};
const KM_ALLOCATOR_OPERATIONS KmPagedQuotaPool = {AllocatePaged, KmpFreePool, NULL, APC_LEVEL};
