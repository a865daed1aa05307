// SPDX-License-Identifier: MIT
// Allocators as values: whoever needs memory takes one as an argument, and says nothing of where it is from.
//
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'eliF');
//
//     PULONG Numbers = (PULONG)KmAllocArray(&Paged, 100, sizeof(ULONG));
//     if (Numbers == NULL) {
//         return STATUS_INSUFFICIENT_RESOURCES;
//     }
//     KmFree(&Paged, Numbers, 100 * sizeof(ULONG));
#ifndef KMODE_ALLOCATOR_H
#define KMODE_ALLOCATOR_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/allocator.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_ALLOCATOR KM_ALLOCATOR, *PKM_ALLOCATOR;

/// What an allocator of one kind does. Those of the SDK are constants (KmNonPagedPool, ...); a driver may
/// write its own. Each routine gets the allocator that it was called by; memory is aligned to
/// MEMORY_ALLOCATION_ALIGNMENT.
typedef struct KM_ALLOCATOR_OPERATIONS {
    /// Returns memory of at least Bytes, which is not 0, zeroed if Zeroed; NULL if there is none.
    PVOID(NTAPI *Allocate)(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Bytes, _In_ BOOLEAN Zeroed);

    /// Takes back what Allocate, or Resize, gave as Bytes.
    VOID(NTAPI *Free)(_In_ PKM_ALLOCATOR Allocator, _In_ PVOID Memory, _In_ SIZE_T Bytes);

    /// Makes Memory of Bytes have NewBytes where it is, more or fewer; what is added is not zeroed. FALSE if
    /// it cannot, and nothing has changed. NULL: it never can.
    BOOLEAN(NTAPI *Resize)
    (_In_ PKM_ALLOCATOR Allocator, _In_ PVOID Memory, _In_ SIZE_T Bytes, _In_ SIZE_T NewBytes);

    /// The highest IRQL at which these may be called.
    KIRQL MaximumIrql;
} KM_ALLOCATOR_OPERATIONS;

/// One allocator. Those that keep state of their own have it as their first member.
struct KM_ALLOCATOR {
    const KM_ALLOCATOR_OPERATIONS *Operations;
    ULONG Tag; ///< of its memory, in pool monitors and dumps: a literal such as 'gaTk', never 0
};

/// The initializer of an allocator without state of its own, in static memory or on a stack.
#define KM_ALLOCATOR_INIT(Operations, PoolTag) {&(Operations), (PoolTag)}

/// Pool that is always resident and cannot be executed, except on Windows 7, which knows no such pool. IRQL
/// <= DISPATCH_LEVEL.
extern const KM_ALLOCATOR_OPERATIONS KmNonPagedPool;

/// Pool that may be paged out. IRQL <= APC_LEVEL.
extern const KM_ALLOCATOR_OPERATIONS KmPagedPool;

/// Returns zeroed memory of Bytes, aligned to MEMORY_ALLOCATION_ALIGNMENT; NULL if there is none, or Bytes is
/// 0. The caller gives it back by KmFree with the same Bytes.
///
/// The IRQL is the allocator's: Operations->MaximumIrql.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAlloc(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Bytes);

/// As KmAlloc, for memory that the caller will write before it reads.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAllocUninitialized(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Bytes);

/// As KmAlloc for Count elements of ElementBytes; NULL too if the product is more than a SIZE_T can hold.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAllocArray(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes);

/// Makes memory of Bytes have NewBytes, which is not 0: where it is if the allocator can, else elsewhere,
/// with what fits of its contents. What is added is not zeroed. Memory NULL, with Bytes 0: allocates. Returns
/// NULL if there is none, and Memory is as it was.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmRealloc(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T Bytes, _In_ SIZE_T NewBytes);

/// Gives back memory of Bytes of the same allocator. NULL is nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmFree(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T Bytes);

#ifdef __cplusplus
}
#endif

#endif
