// SPDX-License-Identifier: MIT
// Executable pool as an allocator.
#include "alloc/pool.h"

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return KmpAllocatePool(POOL_FLAG_NON_PAGED_EXECUTE, NonPagedPoolExecute, Allocator->Tag, Bytes, Zeroed);
}

const KM_ALLOCATOR_OPERATIONS KmExecutablePool = {Allocate, KmpFreePool, NULL, DISPATCH_LEVEL};
