// SPDX-License-Identifier: MIT
// The pool: ExAllocatePool2 where the system has it, else what older systems have, zeroed alike.
#include "alloc/pool.h"
#include "runtime/system-routine.h"

typedef PVOID(NTAPI *KMP_ALLOCATE_POOL2)(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);

static KMP_SYSTEM_ROUTINE AllocatePool2 = KMP_SYSTEM_ROUTINE_INIT(L"ExAllocatePool2");

PVOID KmpAllocatePool(POOL_FLAGS Flags, POOL_TYPE OldType, ULONG Tag, SIZE_T Bytes, BOOLEAN Zeroed)
{
    KMP_ALLOCATE_POOL2 Routine = (KMP_ALLOCATE_POOL2)(ULONG_PTR)KmpFindSystemRoutine(&AllocatePool2);
    PVOID Memory;

    if (Routine != NULL) {
        return Routine(Zeroed ? Flags : Flags | POOL_FLAG_UNINITIALIZED, Bytes, Tag);
    }
    Memory = (Flags & POOL_FLAG_USE_QUOTA) != 0
                 ? ExAllocatePoolWithQuotaTag((POOL_TYPE)((ULONG)OldType | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE),
                                              Bytes, Tag)
                 : ExAllocatePoolWithTag(OldType, Bytes, Tag);
    if (Memory != NULL && Zeroed) {
        RtlZeroMemory(Memory, Bytes);
    }
    return Memory;
}

POOL_TYPE KmpNonPagedPoolType(VOID)
{
    // Before Windows 8 the pool type that cannot be executed is no pool type.
    return KmpIsWindows(6, 2) ? NonPagedPoolNx : NonPagedPool;
}

VOID NTAPI KmpFreePool(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    ExFreePoolWithTag(Memory, Allocator->Tag);
}
