// SPDX-License-Identifier: MIT
// Processors by number, whatever groups they are in: to stay on one, to run on one, on each in turn, on all
// at once.
//
//     typedef struct SUM {
//         volatile LONG64 Counters;
//     } SUM;
//
//     static VOID NTAPI AddCounter(ULONG Processor, PVOID Context)
//     {
//         UNREFERENCED_PARAMETER(Processor);
//         InterlockedExchangeAdd64(&((SUM *)Context)->Counters, (LONG64)KmTimestamp());
//     }
//
//     static LONG64 SumOfCounters(VOID)
//     {
//         SUM Sum = {0};
//
//         KmRunOnEachProcessor(AddCounter, &Sum);
//         return Sum.Counters;
//     }
#ifndef KMODE_PROCESSOR_H
#define KMODE_PROCESSOR_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/processor.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What is run on a processor, and told its number.
typedef VOID NTAPI KM_PROCESSOR_ROUTINE(_In_ ULONG Processor, _In_opt_ PVOID Context);
typedef KM_PROCESSOR_ROUTINE *PKM_PROCESSOR_ROUTINE;

/// How many processors are active, in all groups; their numbers are 0 to one less. It may grow while the
/// system runs.
///
///     NT_ASSERT(KmProcessorCurrent() < KmProcessorCount());
_IRQL_requires_max_(HIGH_LEVEL) ULONG NTAPI KmProcessorCount(VOID);

/// The number of the processor that runs now; below DISPATCH_LEVEL it may be another at once.
_IRQL_requires_max_(HIGH_LEVEL) ULONG NTAPI KmProcessorCurrent(VOID);

/// Moves the running thread to that processor, and keeps it there until the guard's end, which gives it its
/// affinity back.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if there is no such processor, STATUS_NOT_SUPPORTED above
/// APC_LEVEL, where no thread moves, if it is not the one that runs now: the guard holds nothing.
///
///     KM_GUARD Guard = KmGuardEmpty();
///
///     Status = KmGuardProcessor(&Guard, 0);
///     if (NT_SUCCESS(Status)) {
///         NT_ASSERT(KmProcessorCurrent() == 0);
///         KmGuardEnd(&Guard);
///     }
_IRQL_requires_max_(APC_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmGuardProcessor(_Out_ PKM_GUARD Guard, _In_ ULONG Processor);

/// Runs Routine on that processor, at the caller's IRQL, on the caller's thread, which moves there and back.
///
/// Returns as KmGuardProcessor; with a failure Routine has not run.
///
///     static VOID NTAPI Note(ULONG Processor, PVOID Context)
///     {
///         *(PULONG)Context = Processor;
///     }
///
///     static NTSTATUS RunOnFirst(PULONG Where)
///     {
///         NTSTATUS Status = KmRunOnProcessor(0, Note, Where);
///
///         return NT_SUCCESS(Status) ? KmRunByDpc(0, Note, Where) : Status;
///     }
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
    KmRunOnProcessor(_In_ ULONG Processor, _In_ PKM_PROCESSOR_ROUTINE Routine, _In_opt_ PVOID Context);

/// Runs Routine on each processor in turn, as KmRunOnProcessor.
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    KmRunOnEachProcessor(_In_ PKM_PROCESSOR_ROUTINE Routine, _In_opt_ PVOID Context);

/// Runs Routine on all processors at once, at IPI_LEVEL, by an interprocessor interrupt, and returns when all
/// are done: for a few instructions that must see every processor at the same time. It may touch resident
/// memory alone, and take no lock that is taken below IPI_LEVEL. IRQL < IPI_LEVEL.
///
///     static VOID NTAPI Flush(ULONG Processor, PVOID Context)
///     {
///         ((volatile BOOLEAN *)Context)[Processor] = TRUE;
///     }
///
///     static VOID FlushAll(volatile BOOLEAN *Done)
///     {
///         KmRunOnAllProcessors(Flush, (PVOID)Done);
///     }
VOID NTAPI KmRunOnAllProcessors(_In_ PKM_PROCESSOR_ROUTINE Routine, _In_opt_ PVOID Context);

/// Runs Routine on that processor in a DPC, at DISPATCH_LEVEL, and returns when it is done.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if there is no such processor.
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
    KmRunByDpc(_In_ ULONG Processor, _In_ PKM_PROCESSOR_ROUTINE Routine, _In_opt_ PVOID Context);

/// Runs Routine on all processors in a DPC each, at DISPATCH_LEVEL, at about the same time, and returns when
/// all are done. The DPCs are in memory of Allocator, which must be nonpaged.
///
/// Returns STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES: it has run on none.
///
///     static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmNonPagedPool, 'cpDK');
///
///     static VOID NTAPI Count(ULONG Processor, PVOID Context)
///     {
///         UNREFERENCED_PARAMETER(Processor);
///         InterlockedIncrement((volatile LONG *)Context);
///     }
///
///     static NTSTATUS CountAll(volatile LONG *Processors)
///     {
///         return KmRunByDpcOnAll(&Allocator, Count, (PVOID)Processors);
///     }
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
    KmRunByDpcOnAll(_In_ PKM_ALLOCATOR Allocator, _In_ PKM_PROCESSOR_ROUTINE Routine, _In_opt_ PVOID Context);

/// Saves the extended states of Mask (XSTATE_MASK_LEGACY, XSTATE_MASK_GSSE for AVX, ...) in *Save until the
/// guard's end, which restores them: between the two a driver may use those registers. Ended on the same
/// thread, at the same IRQL.
///
/// Returns STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES, STATUS_NOT_SUPPORTED as
/// KeSaveExtendedProcessorState does, and the guard holds nothing.
///
///     XSTATE_SAVE Save;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     Status = KmGuardExtendedState(&Guard, XSTATE_MASK_LEGACY, &Save);
///     if (NT_SUCCESS(Status)) {
///         KmGuardEnd(&Guard);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmGuardExtendedState(_Out_ PKM_GUARD Guard, _In_ ULONG64 Mask, _Out_ PXSTATE_SAVE Save);

#ifdef __cplusplus
}
#endif

#endif
