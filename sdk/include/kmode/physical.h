// SPDX-License-Identifier: MIT
// Memory by its physical address: contiguous, below or above a limit, of a cache type; and pages from
// anywhere.
//
//     KM_PHYSICAL_LIMITS Limits;
//     // A device that reaches the lower 4 GB, and no buffer across a 64 KB boundary.
//     static KM_CONTIGUOUS Dma;
//     KmPhysicalLimitsInit(&Limits);
//     Limits.Highest.QuadPart = 0xFFFFFFFF;
//     Limits.Boundary.QuadPart = 0x10000;
//     NTSTATUS Started = KmContiguousInit(&Dma, &Limits, 'gnRD');
//     if (!NT_SUCCESS(Started)) {
//         return Started;
//     }
//     PVOID Ring = KmAlloc(&Dma.Allocator, 8192);
//     if (Ring == NULL) {
//         return STATUS_INSUFFICIENT_RESOURCES;
//     }
//     DbgPrint("the device gets %I64x\n", KmPhysicalAddress(Ring).QuadPart);
//     KmFree(&Dma.Allocator, Ring, 8192);
//
// Such memory is short after a system has run for a while: ask for it in DriverEntry or when the device
// starts, and keep it.
#ifndef KMODE_PHYSICAL_H
#define KMODE_PHYSICAL_H

#include <kmode/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Which physical memory will do. KmPhysicalLimitsInit fills it in; change members after that.
typedef struct KM_PHYSICAL_LIMITS {
    PHYSICAL_ADDRESS Lowest;       ///< the first byte may have this address, or a higher one
    PHYSICAL_ADDRESS Highest;      ///< the last byte may have this address, or a lower one
    PHYSICAL_ADDRESS Boundary;     ///< a power of two of which no multiple lies within the memory; 0: none
    MEMORY_CACHING_TYPE CacheType; ///< MmCached, MmNonCached, MmWriteCombined
    ULONG Node;                    ///< the only one that will do; KM_ANY_NODE
} KM_PHYSICAL_LIMITS, *PKM_PHYSICAL_LIMITS;

/// Sets Limits to any cached memory of any node.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmPhysicalLimitsInit(_Out_ PKM_PHYSICAL_LIMITS Limits);

/// Contiguous memory: an allocator, by &Contiguous.Allocator, after KmContiguousInit, of whole pages.
/// Resident, and not executable where the system knows how to ask for that (Windows 8). It has nothing to
/// give back itself.
typedef struct KM_CONTIGUOUS {
    KM_ALLOCATOR Allocator;
    KM_PHYSICAL_LIMITS Limits;
} KM_CONTIGUOUS, *PKM_CONTIGUOUS;

/// Makes Contiguous an allocator of memory within Limits. IRQL of requests: <= DISPATCH_LEVEL; they are slow.
/// Each begins at a page and takes whole pages. Tag names the allocator; the system keeps no tag for such
/// memory.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Tag is 0, or Limits contradict themselves: Lowest
/// above Highest, a Boundary that is no power of two, a CacheType that is none of the three.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmContiguousInit(_Out_ PKM_CONTIGUOUS Contiguous, _In_ const KM_PHYSICAL_LIMITS *Limits, _In_ ULONG Tag);

/// Returns the physical address of Memory, which must be resident; of the first page alone, if it is not
/// contiguous.
_IRQL_requires_max_(HIGH_LEVEL) PHYSICAL_ADDRESS NTAPI KmPhysicalAddress(_In_ const VOID *Memory);

/// Pages of physical memory, mapped.
typedef struct KM_PAGES {
    PVOID Address; ///< in system space
    SIZE_T Bytes;  ///< whole pages
    PMDL Mdl;      ///< describes them, locked: their numbers by MmGetMdlPfnArray
} KM_PAGES, *PKM_PAGES;

/// Allocates Bytes, rounded up to pages, within Limits (NULL: any), which need not be contiguous
/// (Limits->Boundary and Limits->Node are not looked at), zeroed, resident, and maps them; for a large buffer
/// that a device reaches by a list of pages, or that is mapped elsewhere, too. All of it or nothing. The
/// caller gives it back by KmPagesFree.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Bytes is 0 or above 4 GB less a page, or for Limits as
/// KmContiguousInit; STATUS_INSUFFICIENT_RESOURCES. *Pages is zeros then.
///
///     KM_PAGES Pages;
///     NTSTATUS Allocated = KmPagesAlloc(&Pages, 100000, NULL);
///     if (!NT_SUCCESS(Allocated)) {
///         return Allocated;
///     }
///     DbgPrint("first page %Ix\n", MmGetMdlPfnArray(Pages.Mdl)[0]);
///     KmPagesFree(&Pages);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPagesAlloc(_Out_ PKM_PAGES Pages, _In_ SIZE_T Bytes, _In_opt_ const KM_PHYSICAL_LIMITS *Limits);

/// Unmaps and frees what KmPagesAlloc gave. Pages that are zeros are nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmPagesFree(_Inout_ PKM_PAGES Pages);

#ifdef __cplusplus
}
#endif

#endif
