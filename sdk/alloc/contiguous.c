// SPDX-License-Identifier: MIT
// Physically contiguous memory as an allocator.
#include "alloc/physical.h"
#include "runtime/system-routine.h"

typedef PVOID(NTAPI *KMP_ALLOCATE_NODE)(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS Lowest,
                                        PHYSICAL_ADDRESS Highest, PHYSICAL_ADDRESS Boundary, ULONG Protect,
                                        NODE_REQUIREMENT Node);

// Since Windows 8: memory that cannot be executed.
static KMP_SYSTEM_ROUTINE AllocateNode = KMP_SYSTEM_ROUTINE_INIT(L"MmAllocateContiguousNodeMemory");

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    const KM_PHYSICAL_LIMITS *Limits = &((PKM_CONTIGUOUS)Allocator)->Limits;
    KMP_ALLOCATE_NODE Routine = (KMP_ALLOCATE_NODE)(ULONG_PTR)KmpFindSystemRoutine(&AllocateNode);
    NODE_REQUIREMENT Node = Limits->Node == KM_ANY_NODE ? MM_ANY_NODE_OK : Limits->Node;
    PVOID Memory;

    if (Routine != NULL) {
        ULONG CacheFlag = Limits->CacheType == MmNonCached       ? PAGE_NOCACHE
                          : Limits->CacheType == MmWriteCombined ? PAGE_WRITECOMBINE
                                                                 : 0;

        Memory = Routine(Bytes, Limits->Lowest, Limits->Highest, Limits->Boundary, PAGE_READWRITE | CacheFlag,
                         Node);
    } else {
        Memory = MmAllocateContiguousMemorySpecifyCacheNode(Bytes, Limits->Lowest, Limits->Highest,
                                                            Limits->Boundary, Limits->CacheType, Node);
    }
    if (Memory != NULL && Zeroed) {
        RtlZeroMemory(Memory, Bytes);
    }
    return Memory;
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Allocator);
    UNREFERENCED_PARAMETER(Bytes);
    MmFreeContiguousMemory(Memory);
}

static const KM_ALLOCATOR_OPERATIONS Operations = {Allocate, Free, NULL, DISPATCH_LEVEL};

NTSTATUS NTAPI KmContiguousInit(PKM_CONTIGUOUS Contiguous, const KM_PHYSICAL_LIMITS *Limits, ULONG Tag)
{
    if (Tag == 0 || !KmpArePhysicalLimits(Limits)) {
        return STATUS_INVALID_PARAMETER;
    }
    Contiguous->Allocator.Operations = &Operations;
    Contiguous->Allocator.Tag = Tag;
    Contiguous->Limits = *Limits;
    return STATUS_SUCCESS;
}
