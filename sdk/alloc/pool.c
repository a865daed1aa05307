// SPDX-License-Identifier: MIT
// Non-paged and paged pool as allocators.
#include <kmode.h>
#include "alloc/pool.h"

static PVOID NTAPI AllocateNonPaged(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return KmpAllocatePool(POOL_FLAG_NON_PAGED, KmpNonPagedPoolType(), Allocator->Tag, Bytes, Zeroed);
}

static PVOID NTAPI AllocatePaged(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return KmpAllocatePool(POOL_FLAG_PAGED, PagedPool, Allocator->Tag, Bytes, Zeroed);
}

const KM_ALLOCATOR_OPERATIONS KmNonPagedPool = {AllocateNonPaged, KmpFreePool, NULL, DISPATCH_LEVEL};
const KM_ALLOCATOR_OPERATIONS KmPagedPool = {AllocatePaged, KmpFreePool, NULL, APC_LEVEL};
