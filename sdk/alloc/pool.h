// SPDX-License-Identifier: MIT
// What the allocators over the pool share. Inside the SDK only.
#ifndef KMODE_SDK_ALLOC_POOL_H
#define KMODE_SDK_ALLOC_POOL_H

#include <kmode.h>

// ExAllocatePool2 with Flags where the system has it, else ExAllocatePoolWithTag (WithQuotaTag for
// POOL_FLAG_USE_QUOTA) of OldType, zeroed alike.
// The IRQL is the pool's.
PVOID KmpAllocatePool(POOL_FLAGS Flags, POOL_TYPE OldType, ULONG Tag, SIZE_T Bytes, BOOLEAN Zeroed);

// The pool type for resident memory that cannot be executed, as far as this system knows one. Any IRQL.
POOL_TYPE KmpNonPagedPoolType(VOID);

// KM_ALLOCATOR_OPERATIONS.Free of all of them.
VOID NTAPI KmpFreePool(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes);

#endif
