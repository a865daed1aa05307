// SPDX-License-Identifier: MIT
// Allocators for tests: one that counts, one that fails when it is told to.
//
//     ULONG64 Request = 0;
//     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'tseT');
//     KM_COUNTING_ALLOCATOR Counting;
//     KM_FAILING_ALLOCATOR Failing;
//
//     // Every request of the code under test fails once: its status must be clean, and nothing left behind.
//     do {
//         PVOID First, Second;
//         Request += 1;
//         if (!NT_SUCCESS(KmCountingInit(&Counting, &Pool)) ||
//             !NT_SUCCESS(KmFailingInit(&Failing, &Counting.Allocator))) {
//             return STATUS_INVALID_PARAMETER;
//         }
//         KmFailingSetNth(&Failing, Request);
//         First = KmAlloc(&Failing.Allocator, 100);
//         Second = KmAlloc(&Failing.Allocator, 200);
//         KmFree(&Failing.Allocator, First, 100);
//         KmFree(&Failing.Allocator, Second, 200);
//         if (!NT_SUCCESS(KmCountingEnd(&Counting))) {
//             return STATUS_UNSUCCESSFUL;
//         }
//     } while (KmFailingRefused(&Failing) != 0);
#ifndef KMODE_TEST_ALLOCATOR_H
#define KMODE_TEST_ALLOCATOR_H

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What has gone through a KM_COUNTING_ALLOCATOR.
typedef struct KM_COUNTING_STATISTICS {
    LONG64 LiveBlocks;
    LONG64 LiveBytes;
    LONG64 PeakBytes; ///< the most that LiveBytes has been
    LONG64 TotalBlocks;
    LONG64 TotalBytes; ///< that were ever allocated; a resize counts by what it adds
    LONG64 Failures;   ///< requests that the parent refused
} KM_COUNTING_STATISTICS, *PKM_COUNTING_STATISTICS;

/// A counting allocator: by &Counting.Allocator, after KmCountingInit; for any number of processors. Members
/// are the SDK's.
typedef struct KM_COUNTING_ALLOCATOR {
    KM_ALLOCATOR Allocator;
    PKM_ALLOCATOR Parent;
    KM_COUNTING_STATISTICS Counts;
} KM_COUNTING_ALLOCATOR, *PKM_COUNTING_ALLOCATOR;

/// Makes Counting an allocator that hands every request on to Parent, with Parent's tag and at Parent's IRQL,
/// and counts. Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Parent's tag is 0.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmCountingInit(_Out_ PKM_COUNTING_ALLOCATOR Counting, _In_ PKM_ALLOCATOR Parent);

/// Tells the counts of now, each by itself.
///
///     NTSTATUS Started;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'tnuC');
///     static KM_COUNTING_ALLOCATOR Counting;
///     KM_COUNTING_STATISTICS Counts;
///     Started = KmCountingInit(&Counting, &Pool);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     KmCountingQuery(&Counting, &Counts);
///     DbgPrint("%I64d bytes at most\n", Counts.PeakBytes);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmCountingQuery(_In_ PKM_COUNTING_ALLOCATOR Counting, _Out_ PKM_COUNTING_STATISTICS Statistics);

/// The leak check at the end. Returns STATUS_SUCCESS if everything has been freed; else STATUS_DEVICE_BUSY,
/// after one line to the debugger that names tag, blocks and bytes: "tag Test: 2 blocks of 300 bytes in all
/// have not been freed".
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmCountingEnd(_In_ PKM_COUNTING_ALLOCATOR Counting);

/// A failing allocator: by &Failing.Allocator, after KmFailingInit; for any number of processors. Members are
/// the SDK's.
typedef struct KM_FAILING_ALLOCATOR {
    KM_ALLOCATOR Allocator;
    PKM_ALLOCATOR Parent;
    volatile LONG64 Requests; ///< since the last setting
    volatile LONG64 Refused;  ///< of them
    volatile LONG64 LiveBytes;
    ULONG64 Nth;   ///< 0: none
    ULONG64 Every; ///< 0: none
    LONG64 Budget; ///< in bytes; -1: none
    ULONG64 Seed;
    ULONG Permille; ///< 0: none
} KM_FAILING_ALLOCATOR, *PKM_FAILING_ALLOCATOR;

/// Makes Failing an allocator that hands requests on to Parent, with Parent's tag and at Parent's IRQL, and
/// for the time being refuses none. Nothing grows in place, so that growth is a request, too. Returns
/// STATUS_SUCCESS; STATUS_INVALID_PARAMETER if Parent's tag is 0.
_IRQL_requires_max_(HIGH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmFailingInit(_Out_ PKM_FAILING_ALLOCATOR Failing, _In_ PKM_ALLOCATOR Parent);

/// The Request-th request from now on, counted from 1, is refused, and no other for this reason; 0: none.
/// Counts begin anew, also those of the other settings, which stay. No request may be under way.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmFailingSetNth(_Inout_ PKM_FAILING_ALLOCATOR Failing, _In_ ULONG64 Request);

/// As KmFailingSetNth, for every Period-th request.
///
///     NTSTATUS Started;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'liaF');
///     static KM_FAILING_ALLOCATOR Failing;
///     Started = KmFailingInit(&Failing, &Pool);
///     if (!NT_SUCCESS(Started)) {
///         return Started;
///     }
///     KmFailingSetEvery(&Failing, 3);         // the 3rd, the 6th, ...
///     KmFailingSetBudget(&Failing, 65536);    // whatever would make it more than 64 KB
///     KmFailingSetRandom(&Failing, 7331, 50); // one in twenty, the same ones for the same seed
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmFailingSetEvery(_Inout_ PKM_FAILING_ALLOCATOR Failing, _In_ ULONG64 Period);

/// Requests that would bring what is allocated above Bytes are refused; a negative number: none for this
/// reason.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmFailingSetBudget(_Inout_ PKM_FAILING_ALLOCATOR Failing, _In_ LONG64 Bytes);

/// As KmFailingSetNth, for Permille of 1000 requests, drawn by their number and Seed: the same seed refuses
/// the same.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmFailingSetRandom(_Inout_ PKM_FAILING_ALLOCATOR Failing, _In_ ULONG64 Seed, _In_ ULONG Permille);

/// Returns how many requests have been refused here since the last setting; what the parent refused is not
/// counted.
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI KmFailingRefused(_In_ const KM_FAILING_ALLOCATOR *Failing);

#ifdef __cplusplus
}
#endif

#endif
