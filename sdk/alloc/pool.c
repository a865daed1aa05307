// SPDX-License-Identifier: MIT
// The pool as an allocator: ExAllocatePool2 where the system has it, else what older systems have, zeroed
// alike.
#include <kmode.h>
#include "runtime/system-routine.h"

typedef PVOID(NTAPI *KMP_ALLOCATE_POOL2)(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);

static KMP_SYSTEM_ROUTINE AllocatePool2 = KMP_SYSTEM_ROUTINE_INIT(L"ExAllocatePool2");

static PVOID Allocate(POOL_FLAGS Flags, POOL_TYPE OldType, ULONG Tag, SIZE_T Bytes, BOOLEAN Zeroed)
{
    KMP_ALLOCATE_POOL2 Routine = (KMP_ALLOCATE_POOL2)(ULONG_PTR)KmpFindSystemRoutine(&AllocatePool2);
    PVOID Memory;

    if (Routine != NULL) {
        return Routine(Zeroed ? Flags : Flags | POOL_FLAG_UNINITIALIZED, Bytes, Tag);
    }
    Memory = ExAllocatePoolWithTag(OldType, Bytes, Tag);
    if (Memory != NULL && Zeroed) {
        RtlZeroMemory(Memory, Bytes);
    }
    return Memory;
}

static PVOID NTAPI AllocateNonPaged(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    // Before Windows 8 the pool type that cannot be executed is no pool type.
    POOL_TYPE OldType = KmpIsWindows(6, 2) ? NonPagedPoolNx : NonPagedPool;

    return Allocate(POOL_FLAG_NON_PAGED, OldType, Allocator->Tag, Bytes, Zeroed);
}

static PVOID NTAPI AllocatePaged(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return Allocate(POOL_FLAG_PAGED, PagedPool, Allocator->Tag, Bytes, Zeroed);
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    ExFreePoolWithTag(Memory, Allocator->Tag);
}

const KM_ALLOCATOR_OPERATIONS KmNonPagedPool = {AllocateNonPaged, Free, NULL, DISPATCH_LEVEL};
const KM_ALLOCATOR_OPERATIONS KmPagedPool = {AllocatePaged, Free, NULL, APC_LEVEL};
