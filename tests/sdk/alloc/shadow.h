// SPDX-License-Identifier: MIT
// Any allocator against a model: random requests, each block filled with a pattern of its own, which must
// still be there when the block is resized or freed. So no two blocks overlap, and none is touched by the
// allocator.
#ifndef KMODE_TESTS_SDK_ALLOC_SHADOW_H
#define KMODE_TESTS_SDK_ALLOC_SHADOW_H

#include <kmode.h>

#define SHADOW_BLOCKS 64

typedef struct SHADOW_BLOCK {
    PUCHAR Memory;
    SIZE_T Bytes;
    UCHAR Pattern;
} SHADOW_BLOCK;

typedef struct SHADOW {
    ULONG64 Random;
    ULONG Allocations, Refusals, Faults; // Faults: what is wrong
    SHADOW_BLOCK Blocks[SHADOW_BLOCKS];
} SHADOW;

static ULONG ShadowRandom(ULONG64 *State, ULONG Bound)
{
    *State ^= *State << 13;
    *State ^= *State >> 7;
    *State ^= *State << 17;
    return (ULONG)(*State >> 32) % Bound;
}

static BOOLEAN ShadowHas(const UCHAR *Memory, SIZE_T Bytes, UCHAR Pattern)
{
    for (SIZE_T Index = 0; Index < Bytes; Index += 1) {
        if (Memory[Index] != Pattern) {
            return FALSE;
        }
    }
    return TRUE;
}

static void ShadowFill(SHADOW *Shadow, SHADOW_BLOCK *Block)
{
    Block->Pattern = (UCHAR)(1 + ShadowRandom(&Shadow->Random, 255));
    RtlFillMemory(Block->Memory, Block->Bytes, Block->Pattern);
}

static void ShadowFree(SHADOW *Shadow, PKM_ALLOCATOR Allocator, SHADOW_BLOCK *Block)
{
    if (Block->Memory != NULL) {
        Shadow->Faults += !ShadowHas(Block->Memory, Block->Bytes, Block->Pattern);
        KmFree(Allocator, Block->Memory, Block->Bytes);
        Block->Memory = NULL;
    }
}

static void ShadowAllocate(SHADOW *Shadow, PKM_ALLOCATOR Allocator, SHADOW_BLOCK *Block, SIZE_T Bytes)
{
    BOOLEAN Zeroed = ShadowRandom(&Shadow->Random, 2) != 0;

    Block->Bytes = Bytes;
    Block->Memory = (PUCHAR)(Zeroed ? KmAlloc(Allocator, Bytes) : KmAllocUninitialized(Allocator, Bytes));
    if (Block->Memory == NULL) {
        Shadow->Refusals += 1;
        return;
    }
    Shadow->Allocations += 1;
    Shadow->Faults += (ULONG_PTR)Block->Memory % MEMORY_ALLOCATION_ALIGNMENT != 0;
    Shadow->Faults += Zeroed && !ShadowHas(Block->Memory, Bytes, 0);
    ShadowFill(Shadow, Block);
}

static void ShadowReallocate(SHADOW *Shadow, PKM_ALLOCATOR Allocator, SHADOW_BLOCK *Block, SIZE_T Bytes)
{
    PUCHAR Memory = (PUCHAR)KmRealloc(Allocator, Block->Memory, Block->Bytes, Bytes);

    if (Memory == NULL) {
        Shadow->Refusals += 1;
        Shadow->Faults += !ShadowHas(Block->Memory, Block->Bytes, Block->Pattern);
        return;
    }
    Shadow->Faults += (ULONG_PTR)Memory % MEMORY_ALLOCATION_ALIGNMENT != 0;
    Shadow->Faults += !ShadowHas(Memory, min(Bytes, Block->Bytes), Block->Pattern);
    Block->Memory = Memory;
    Block->Bytes = Bytes;
    ShadowFill(Shadow, Block);
}

static void ShadowStep(SHADOW *Shadow, PKM_ALLOCATOR Allocator, SIZE_T MaximumBytes)
{
    SHADOW_BLOCK *Block = &Shadow->Blocks[ShadowRandom(&Shadow->Random, SHADOW_BLOCKS)];
    // Small sizes as often as large ones.
    SIZE_T Bound = 1 + (MaximumBytes - 1) / (1 + ShadowRandom(&Shadow->Random, 8));
    SIZE_T Bytes = 1 + ShadowRandom(&Shadow->Random, (ULONG)Bound);

    if (Block->Memory == NULL) {
        ShadowAllocate(Shadow, Allocator, Block, Bytes);
    } else if (ShadowRandom(&Shadow->Random, 3) == 0) {
        ShadowReallocate(Shadow, Allocator, Block, Bytes);
    } else {
        ShadowFree(Shadow, Allocator, Block);
    }
}

// Gives everything back. Returns whether nothing was wrong.
static BOOLEAN ShadowEnd(SHADOW *Shadow, PKM_ALLOCATOR Allocator)
{
    for (ULONG Index = 0; Index < SHADOW_BLOCKS; Index += 1) {
        ShadowFree(Shadow, Allocator, &Shadow->Blocks[Index]);
    }
    return Shadow->Faults == 0;
}

// One whole run. Shadow is on the caller's side: it is large for a kernel stack.
static __attribute__((unused)) BOOLEAN ShadowRun(SHADOW *Shadow, PKM_ALLOCATOR Allocator, ULONG64 Seed,
                                                 ULONG Steps, SIZE_T MaximumBytes)
{
    RtlZeroMemory(Shadow, sizeof(*Shadow));
    Shadow->Random = Seed * 0x9E3779B97F4A7C15ULL + 1;
    for (ULONG Step = 0; Step < Steps; Step += 1) {
        ShadowStep(Shadow, Allocator, MaximumBytes);
    }
    return ShadowEnd(Shadow, Allocator);
}

// An allocator over the pool that fails the request number FailAt, counted from 1 (0: none), and hands out
// what is aligned to MEMORY_ALLOCATION_ALIGNMENT but not to more.
typedef struct AWKWARD_POOL {
    KM_ALLOCATOR Allocator;
    LONG FailAt, Requests;
    LONG64 Live; // bytes
} AWKWARD_POOL;

#define AWKWARD_TAG 'kwAK'

static PVOID NTAPI AwkwardAllocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    AWKWARD_POOL *Pool = (AWKWARD_POOL *)Allocator;
    PUCHAR Memory;

    if (InterlockedIncrement(&Pool->Requests) == Pool->FailAt || Bytes > MAXLONG) {
        return NULL;
    }
    Memory = (PUCHAR)ExAllocatePoolWithTag(NonPagedPoolNx, Bytes + MEMORY_ALLOCATION_ALIGNMENT, AWKWARD_TAG);
    if (Memory == NULL) {
        return NULL;
    }
    InterlockedAdd64(&Pool->Live, (LONG64)Bytes);
    RtlFillMemory(Memory + MEMORY_ALLOCATION_ALIGNMENT, Bytes, Zeroed ? 0 : 0xCC);
    return Memory + MEMORY_ALLOCATION_ALIGNMENT;
}

static VOID NTAPI AwkwardFree(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    InterlockedAdd64(&((AWKWARD_POOL *)Allocator)->Live, -(LONG64)Bytes);
    ExFreePoolWithTag((PUCHAR)Memory - MEMORY_ALLOCATION_ALIGNMENT, AWKWARD_TAG);
}

static const KM_ALLOCATOR_OPERATIONS AwkwardOperations = {AwkwardAllocate, AwkwardFree, NULL, DISPATCH_LEVEL};

static __attribute__((unused)) void AwkwardInit(AWKWARD_POOL *Pool, LONG FailAt)
{
    RtlZeroMemory(Pool, sizeof(*Pool));
    Pool->Allocator.Operations = &AwkwardOperations;
    Pool->Allocator.Tag = AWKWARD_TAG;
    Pool->FailAt = FailAt;
}

#endif
