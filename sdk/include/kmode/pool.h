// SPDX-License-Identifier: MIT
// Kinds of pool beyond KmNonPagedPool and KmPagedPool: executable, aligned to cache lines, charged to a
// quota, of a priority.
//
//     PVOID Counters;
//     static KM_ALLOCATOR Lines = KM_ALLOCATOR_INIT(KmCacheAlignedPool, 'eniL');
//     Counters = KmAlloc(&Lines, 256);
//     if (Counters == NULL) {
//         return STATUS_INSUFFICIENT_RESOURCES;
//     }
//     KmFree(&Lines, Counters, 256);
#ifndef KMODE_POOL_H
#define KMODE_POOL_H

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Resident pool that can be executed: for code that is made at run time, and for nothing else. A system with
/// hypervisor-protected code integrity may refuse it (NULL). IRQL <= DISPATCH_LEVEL.
///
///     PUCHAR Stub;
///     static KM_ALLOCATOR Code = KM_ALLOCATOR_INIT(KmExecutablePool, 'edoC');
///     Stub = (PUCHAR)KmAlloc(&Code, 1);
///     if (Stub == NULL) {
///         return STATUS_INSUFFICIENT_RESOURCES;
///     }
///     *Stub = 0xC3;
///     KmFree(&Code, Stub, 1);
extern const KM_ALLOCATOR_OPERATIONS KmExecutablePool;

/// As KmNonPagedPool, aligned to lines of the processor's cache, so that no two blocks share one. IRQL <=
/// DISPATCH_LEVEL.
extern const KM_ALLOCATOR_OPERATIONS KmCacheAlignedPool;

/// As KmNonPagedPool and KmPagedPool, charged to the quota of the current process until it is freed; NULL
/// when the quota is used up. For memory whose amount a user-mode caller decides. A driver's own threads run
/// in the system process, which has no limit. IRQL <= DISPATCH_LEVEL, and <= APC_LEVEL.
///
///     PVOID Request;
///     static KM_ALLOCATOR Quota = KM_ALLOCATOR_INIT(KmPagedQuotaPool, 'touQ');
///     Request = KmAlloc(&Quota, 4096);
///     if (Request == NULL) {
///         return STATUS_QUOTA_EXCEEDED;
///     }
///     KmFree(&Quota, Request, 4096);
extern const KM_ALLOCATOR_OPERATIONS KmNonPagedQuotaPool;
extern const KM_ALLOCATOR_OPERATIONS KmPagedQuotaPool; ///< see KmNonPagedQuotaPool

/// No node in particular.
#define KM_ANY_NODE 0xFFFFFFFFu

/// Pool of a priority: an allocator, by &Pool.Allocator, after KmPriorityPoolInit. Holds nothing that would
/// have to be given back.
typedef struct KM_PRIORITY_POOL {
    KM_ALLOCATOR Allocator;
    EX_POOL_PRIORITY Priority;
    ULONG PreferredNode;
} KM_PRIORITY_POOL, *PKM_PRIORITY_POOL;

/// Makes Pool an allocator whose requests fail early (LowPoolPriority) or late (HighPoolPriority) as the
/// system runs out of pool. It must stay where it is as long as it is used.
///
/// IsPaged: paged pool, IRQL <= APC_LEVEL; else resident pool that cannot be executed, IRQL <=
/// DISPATCH_LEVEL, from PreferredNode if it can be, where the system knows how to ask for that
/// (ExAllocatePool3, Windows 10 2004); KM_ANY_NODE: none.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Tag is 0 or Priority no EX_POOL_PRIORITY.
///
///     NTSTATUS Started;
///     static KM_PRIORITY_POOL Trace;
///     Started = KmPriorityPoolInit(&Trace, FALSE, 'carT', LowPoolPriority, KM_ANY_NODE);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPriorityPoolInit(_Out_ PKM_PRIORITY_POOL Pool, _In_ BOOLEAN IsPaged, _In_ ULONG Tag,
                       _In_ EX_POOL_PRIORITY Priority, _In_ ULONG PreferredNode);

#ifdef __cplusplus
}
#endif

#endif
