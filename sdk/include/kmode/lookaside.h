// SPDX-License-Identifier: MIT
// Lookaside lists as allocators: entries of one size, of which the system decides how many are kept.
//
//     NTSTATUS Started;
//     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'eliF');
//     static KM_LOOKASIDE Contexts;
//
//     Started = KmLookasideInit(&Contexts, &Pool, 256);
//     if (!NT_SUCCESS(Started)) {
//         return Started;
//     }
//     PVOID Context = KmAlloc(&Contexts.Allocator, 256);
//     KmFree(&Contexts.Allocator, Context, 256);
//     KmLookasideFlush(&Contexts);
//     KmLookasideDestroy(&Contexts);
//
// A slab (<kmode/slab.h>) is faster on many processors, counts, and takes any size; a lookaside list shrinks
// by itself when memory is short, may be paged, and shows in the debugger's !lookaside.
#ifndef KMODE_LOOKASIDE_H
#define KMODE_LOOKASIDE_H

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A lookaside list over any allocator: an allocator, by &Lookaside.Allocator, of at most EntryBytes a
/// request, between KmLookasideInit and KmLookasideDestroy. In non-paged memory, and not to be moved. Members
/// are the SDK's. It is a LOOKASIDE_LIST_EX, which every Windows has that the SDK supports.
typedef struct KM_LOOKASIDE {
    KM_ALLOCATOR Allocator;
    PKM_ALLOCATOR Parent;
    SIZE_T EntryBytes;
    LOOKASIDE_LIST_EX List;
} KM_LOOKASIDE, *PKM_LOOKASIDE;

/// Makes Lookaside a list of entries of EntryBytes from Parent, with Parent's tag and IRQL; the system treats
/// it as a paged list if that is below DISPATCH_LEVEL. Nothing is allocated yet.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Parent's tag is 0, or EntryBytes is 0 or above 16 MB;
/// what ExInitializeLookasideListEx returns.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmLookasideInit(_Out_ PKM_LOOKASIDE Lookaside, _In_ PKM_ALLOCATOR Parent, _In_ SIZE_T EntryBytes);

/// Gives the entries that are kept back to the parent; others may be using the list. IRQL: the parent's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmLookasideFlush(_Inout_ PKM_LOOKASIDE Lookaside);

/// Gives the entries that are kept back to the parent, and ends the list: every entry must have been freed.
/// One that is zeroed, of which KmLookasideInit has failed, or that has ended, is nothing to do.
/// IRQL: the parent's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmLookasideDestroy(_Inout_ PKM_LOOKASIDE Lookaside);

#ifdef __cplusplus
}
#endif

#endif
