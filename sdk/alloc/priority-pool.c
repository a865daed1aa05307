// SPDX-License-Identifier: MIT
// Pool by priority and node: ExAllocatePool3 where the system has it, else ExAllocatePoolWithTagPriority.
#include "alloc/pool.h"
#include "runtime/system-routine.h"

typedef PVOID(NTAPI *KMP_ALLOCATE_POOL3)(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                                         PCPOOL_EXTENDED_PARAMETER Parameters, ULONG ParameterCount);

static KMP_SYSTEM_ROUTINE AllocatePool3 = KMP_SYSTEM_ROUTINE_INIT(L"ExAllocatePool3");

static PVOID Allocate(PKM_PRIORITY_POOL Pool, POOL_FLAGS Flags, POOL_TYPE OldType, SIZE_T Bytes,
                      BOOLEAN Zeroed)
{
    KMP_ALLOCATE_POOL3 Routine = (KMP_ALLOCATE_POOL3)(ULONG_PTR)KmpFindSystemRoutine(&AllocatePool3);
    POOL_EXTENDED_PARAMETER Parameters[2] = {
        {.Type = PoolExtendedParameterPriority, .Priority = Pool->Priority},
        {.Type = PoolExtendedParameterNumaNode,
         .Optional = 1,
         .PreferredNode = Pool->PreferredNode | MM_ANY_NODE_OK}};
    PVOID Memory;

    if (Routine != NULL) {
        // A node of its own is for resident memory alone.
        BOOLEAN HasNode = Pool->PreferredNode != KM_ANY_NODE && (Flags & POOL_FLAG_NON_PAGED) != 0;

        return Routine(Zeroed ? Flags : Flags | POOL_FLAG_UNINITIALIZED, Bytes, Pool->Allocator.Tag,
                       Parameters, HasNode ? 2 : 1);
    }
    Memory = ExAllocatePoolWithTagPriority(OldType, Bytes, Pool->Allocator.Tag, Pool->Priority);
    if (Memory != NULL && Zeroed) {
        RtlZeroMemory(Memory, Bytes);
    }
    return Memory;
}

static PVOID NTAPI AllocateNonPaged(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return Allocate((PKM_PRIORITY_POOL)Allocator, POOL_FLAG_NON_PAGED, KmpNonPagedPoolType(), Bytes, Zeroed);
}

static PVOID NTAPI AllocatePaged(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return Allocate((PKM_PRIORITY_POOL)Allocator, POOL_FLAG_PAGED, PagedPool, Bytes, Zeroed);
}

static const KM_ALLOCATOR_OPERATIONS NonPaged = {AllocateNonPaged, KmpFreePool, NULL, DISPATCH_LEVEL};
static const KM_ALLOCATOR_OPERATIONS Paged = {AllocatePaged, KmpFreePool, NULL, APC_LEVEL};

NTSTATUS NTAPI KmPriorityPoolInit(PKM_PRIORITY_POOL Pool, BOOLEAN IsPaged, ULONG Tag,
                                  EX_POOL_PRIORITY Priority, ULONG PreferredNode)
{
    // LowPoolPriority, NormalPoolPriority, HighPoolPriority; 8 and 9 beyond each ask for special pool.
    ULONG Level = (ULONG)Priority & ~9u;

    if (Tag == 0 || (Level != LowPoolPriority && Level != NormalPoolPriority && Level != HighPoolPriority) ||
        ((ULONG)Priority & 9u) == 1) {
        return STATUS_INVALID_PARAMETER;
    }
    Pool->Allocator.Operations = IsPaged ? &Paged : &NonPaged;
    Pool->Allocator.Tag = Tag;
    Pool->Priority = Priority;
    Pool->PreferredNode = PreferredNode;
    return STATUS_SUCCESS;
}
