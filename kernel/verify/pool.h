// SPDX-License-Identifier: MIT
// Pool as drivers use it: with checks on, each of their allocations stands alone in pages of its own,
// directly in front of a page that is not mapped, and stays unmapped for a while when it has been freed. So
// an access beyond its end or after its free faults at the instruction that makes it. What cannot fault
// (bytes in front of it, and those that alignment leaves behind it) is looked at when it is freed. This is
// Driver Verifier's special pool ("Special Pool", windows-driver-docs).
#ifndef KMODE_VERIFY_POOL_H
#define KMODE_VERIFY_POOL_H

#include "ex/pool.h"

// ---- Special pool (verify/special-pool.c)

// An allocation of a driver's, live or freed.
typedef struct _VI_ALLOCATION {
    LIST_ENTRY Link;  // in its bucket
    LIST_ENTRY Order; // freed: in the order of their frees
    ULONG_PTR Base;
    SIZE_T Bytes; // as asked for
    ULONG Tag;
    POOL_TYPE PoolType;
    ULONG_PTR FirstPage; // 0: in no pages of its own, but in ordinary pool
    ULONG Pages;
    BOOLEAN Freed, LeakTold;
    VI_STACK AllocatedAt, FreedAt;
} VI_ALLOCATION;

// Maps Bytes (0: as 1) with Alignment of 16 or 64, at a page if they are a page or more; their contents are a
// pattern. Returns the address, and in *FirstPage and *Pages what was mapped; NULL: no memory, or too many
// are out. IRQL <= DISPATCH_LEVEL.
PVOID ViMapSpecial(SIZE_T Bytes, ULONG Alignment, ULONG Protection, PULONG_PTR FirstPage, PULONG Pages);

// Unmaps the pages; the addresses are not used again before ViReuseSpecial. IRQL <= DISPATCH_LEVEL.
VOID ViUnmapSpecial(ULONG_PTR FirstPage, ULONG Pages);
VOID ViReuseSpecial(ULONG_PTR FirstPage, ULONG Pages);

// Whether what lies in front of and behind Allocation in its pages is untouched: the address of the first
// byte that is not; 0.
ULONG_PTR ViFindOverwritten(const VI_ALLOCATION *Allocation);

static inline BOOLEAN ViIsSpecial(ULONG_PTR Address)
{
    return Address - MI_SPECIAL_POOL_START < MI_SPECIAL_POOL_BYTES;
}

// ---- Allocations (verify/pool.c)

// An allocation for a driver, whose IRQL has been looked at, as special pool; NULL: it is to come from
// ordinary pool, and ViNoteAllocated to hear of it.
// MustFree: if the driver is unloaded before it is freed, it is leaked.
PVOID ViAllocateSpecial(POOL_TYPE PoolType, ULONG Protection, SIZE_T Bytes, ULONG Tag, ULONG Alignment,
                        BOOLEAN MustFree);
VOID ViNoteAllocated(PVOID Memory, POOL_TYPE PoolType, SIZE_T Bytes, ULONG Tag);

// Frees what a driver has allocated, whoever it is that frees it. FALSE: Address is none of it.
BOOLEAN ViFreeAllocation(ULONG_PTR Address, ULONG Tag);

// A driver's free of Address, which no pool knows, would stop Windows with Code: tells the finding.
VOID ViReportBadFree(ULONG_PTR Address);

// A page fault at Address in special pool. Tells the finding, and which bug check Windows makes of it: *Code.
// FALSE: it is nothing of the kind.
BOOLEAN ViExplainFault(const KM_TRAP_FRAME *Frame, PCONTEXT Context, PULONG Code);

// The image at [Base, Base + Bytes) goes: tells of what it has allocated and not freed.
VOID ViCheckPoolLeaks(ULONG_PTR Base, SIZE_T Bytes);

// Calls Routine for every live allocation in special pool, with a lock held: it may neither allocate nor
// free.
VOID ViWalkAllocations(EXP_POOL_ROUTINE Routine, PVOID Context);

// The allocation that Address lies in or directly behind; FALSE: none that a driver has made. Any IRQL.
BOOLEAN ViQueryAllocation(ULONG_PTR Address, VI_ALLOCATION *Allocation);

// The tag as a pool monitor shows it.
VOID ViTagText(ULONG Tag, CHAR Text[5]);

#endif
