// SPDX-License-Identifier: MIT
// DPCs with a context of the driver's, and an end that waits.
//
//     typedef struct COUNTER {
//         KM_DPC Dpc;
//         volatile LONG Runs;
//     } COUNTER;
//
//     static COUNTER Counter;
//
//     KM_TYPED_ROUTINE(OnDpc, COUNTER, This)
//     {
//         InterlockedIncrement(&This->Runs);
//     }
//
//     static VOID Count(VOID)
//     {
//         KmDpcInitialize(&Counter.Dpc, OnDpc, &Counter);
//         (void)KmDpcQueue(&Counter.Dpc);
//         KmDpcStop(&Counter.Dpc);
//     }
#ifndef KMODE_DPC_H
#define KMODE_DPC_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/dpc.h>"
#endif

#include <kmode/routine.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A DPC, in nonpaged memory. Its members belong to the routines below.
typedef struct KM_DPC {
    KDPC Dpc;
    PKM_ROUTINE Routine;
    PVOID Context;
    volatile LONG Stopping;
} KM_DPC, *PKM_DPC;

/// Makes a DPC that calls Routine with Context, at DISPATCH_LEVEL, on the processor that queues it, unless
/// KmDpcSetProcessor says another.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmDpcInitialize(_Out_ PKM_DPC Dpc, _In_ PKM_ROUTINE Routine, _In_opt_ PVOID Context);

/// Has the DPC run on that processor, a number from 0 to KmProcessorCount() - 1, from the next queueing on.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if there is no such processor.
///
///     static KM_DPC Dpc;
///
///     static NTSTATUS OnFirstProcessor(PKM_ROUTINE Routine)
///     {
///         KmDpcInitialize(&Dpc, Routine, NULL);
///         return KmDpcSetProcessor(&Dpc, 0);
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI KmDpcSetProcessor(_Inout_ PKM_DPC Dpc, _In_ ULONG Processor);

/// Queues the DPC, to run once. Returns FALSE if it is queued already, and has not begun: then it runs once
/// for both; or if KmDpcStop is under way. May be called by the routine itself.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI KmDpcQueue(_Inout_ PKM_DPC Dpc);

/// Takes the DPC from its queue. Returns TRUE if it was there, and does not run; FALSE if it was not, or runs
/// now.
///
///     static VOID Withdraw(PKM_DPC Dpc)
///     {
///         if (!KmDpcCancel(Dpc)) {
///             KmDpcStop(Dpc);
///         }
///     }
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI KmDpcCancel(_Inout_ PKM_DPC Dpc);

/// Cancels the DPC, and waits until its routine has returned, wherever it runs: behind it the memory and the
/// code are free. Others must have stopped queueing it; what the routine itself queues meanwhile is refused.
/// The DPC may be queued again afterwards.
_IRQL_requires_(PASSIVE_LEVEL) VOID NTAPI KmDpcStop(_Inout_ PKM_DPC Dpc);

#ifdef __cplusplus
}
#endif

#endif
