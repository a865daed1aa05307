// SPDX-License-Identifier: MIT
// What the pool's files share: the pools, their pages, their blocks.
#ifndef KMODE_EX_POOL_INTERNAL_H
#define KMODE_EX_POOL_INTERNAL_H

#include "inc/kernel.h"
#include "ex/pool.h"

// A pool's range starts with the table of its pages; page numbers count from the page behind the table.
// Memory is mapped upwards from there in steps and stays the pool's.
#define EXP_TABLE_BYTES (EXP_POOL_REGION_BYTES / PAGE_SIZE * sizeof(EXP_PAGE))
#define EXP_POOL_PAGES  ((ULONG)((EXP_POOL_REGION_BYTES - EXP_TABLE_BYTES) / PAGE_SIZE))
#define EXP_NO_PAGE     0xFFFFFFFFul

typedef enum EXP_PAGE_STATE {
    ExpPageFree,       // of a free run; its first and last page know the run's length
    ExpPageBlocks,     // divided into blocks
    ExpPageLarge,      // first of a large allocation
    ExpPageLargeInner, // another of it
} EXP_PAGE_STATE;

typedef struct EXP_PAGE {
    UCHAR State;
    BOOLEAN HoldsRemains; // free, and Tag, Bytes are those of a large allocation that started here
    ULONG PageCount; // free run: its length; large allocation: on every page, its distance from the first
    ULONG Next;      // free run, first page: neighbours in its list
    ULONG Previous;
    ULONG Tag; // large allocation, first page
    SIZE_T Bytes;
} EXP_PAGE;

// Block sizes and places count units of 16 bytes, headers included.
#define EXP_UNIT             16u
#define EXP_PAGE_UNITS       (PAGE_SIZE / EXP_UNIT)
#define EXP_MIN_UNITS        2u
#define EXP_LAST_FREED_UNITS 65                     // 1,024 bytes with their header
#define EXP_MAX_SMALL        (PAGE_SIZE - EXP_UNIT) // largest request that is a block
#define EXP_RUN_LIST_COUNT   23                     // run of n pages: list floor(log2(n))

typedef struct EXP_BLOCK {
    USHORT PreviousUnits; // of the block in front in this page, 0 for the first
    USHORT Units;
    USHORT State; // EXP_BLOCK_ALLOCATED or EXP_BLOCK_FREE
    USHORT Bytes; // as asked for
    ULONG Tag;
    ULONG Check;        // ties the rest to this place: tells a header from other data
    LIST_ENTRY Links[]; // free: its place in the list of its size
} EXP_BLOCK;

C_ASSERT(sizeof(EXP_BLOCK) == EXP_UNIT);
C_ASSERT(sizeof(EXP_PAGE) == 32);

#define EXP_BLOCK_ALLOCATED 0xA110u
#define EXP_BLOCK_FREE      0xF2EEu

typedef struct EXP_POOL {
    KSPIN_LOCK Lock;
    POOL_TYPE Type;
    ULONG Protection; // of KM_PROTECT_*
    ULONG_PTR Start;
    EXP_PAGE *Pages;
    ULONG_PTR FirstPage; // address of page 0
    ULONG MappedPages;
    ULONG_PTR MappedTableEnd;
    ULONG RunLists[EXP_RUN_LIST_COUNT];
    ULONG64 BlockListsInUse[EXP_PAGE_UNITS / 64 + 1]; // bit n: BlockLists[n] is not empty
    LIST_ENTRY BlockLists[EXP_PAGE_UNITS + 1];        // by units
    // By units: the block that was freed last, free as any but in no list and not merged yet: the next
    // allocation of its size takes it. NULL: none.
    struct EXP_BLOCK *LastFreed[EXP_LAST_FREED_UNITS + 1];
} EXP_POOL;

// The pool's lock, at DISPATCH_LEVEL. Returns the IRQL that there was. IRQL <= DISPATCH_LEVEL.
static inline KIRQL ExpLockPool(EXP_POOL *Pool)
{
    return KiAcquireSpinLockRaise(&Pool->Lock);
}

static inline VOID ExpUnlockPool(EXP_POOL *Pool, KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&Pool->Lock, OldIrql);
}

// ---- Pages (ex/pool-pages.c); the pool's lock is held

BOOLEAN ExpInitializePages(EXP_POOL *Pool);
// A run of Count pages, in no particular state but no longer free; EXP_NO_PAGE if there is none.
ULONG ExpAllocatePages(EXP_POOL *Pool, ULONG Count);
VOID ExpFreePages(EXP_POOL *Pool, ULONG First, ULONG Count);
PVOID ExpAllocateLarge(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag);
// First is a page in state ExpPageLarge.
VOID ExpFreeLarge(EXP_POOL *Pool, ULONG First);

static inline ULONG_PTR ExpPageAddress(const EXP_POOL *Pool, ULONG Page)
{
    return Pool->FirstPage + (ULONG_PTR)Page * PAGE_SIZE;
}

// ---- Blocks (ex/pool-blocks.c); the pool's lock is held

VOID ExpInitializeBlocks(EXP_POOL *Pool);
// Alignment is 16, or 64 for a block that must start at a cache line. Bytes <= EXP_MAX_SMALL - Alignment
// + 16.
PVOID ExpAllocateBlock(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag, ULONG Alignment);
// Block is allocated and whole. Bug-checks with BAD_POOL_HEADER if its neighbours do not fit it.
VOID ExpFreeBlock(EXP_POOL *Pool, EXP_BLOCK *Block);
// Whether Block is a header as this file writes them.
BOOLEAN ExpIsBlock(const EXP_BLOCK *Block);
// The block of the page at Page that Address lies in, or the broken header at which the walk through the page
// ended.
EXP_BLOCK *ExpFindBlock(ULONG_PTR Page, ULONG_PTR Address);

#endif
