// SPDX-License-Identifier: MIT
// Kernel routines: precise time, DPC state, stack expansion, nodes.
#ifndef KMODE_NT_KE_H
#define KMODE_NT_KE_H

// mingw-w64's takes no expression such as &Record.
#undef KeInitializeCallbackRecord
#define KeInitializeCallbackRecord(CallbackRecord) ((CallbackRecord)->State = BufferEmpty)

// mingw-w64 has them without the names that promise that nothing else points there.
typedef PKPROCESS PRKPROCESS;
typedef PKINTERRUPT PRKINTERRUPT;

#ifdef __cplusplus
extern "C" {
#endif

// Any IRQL. Windows 8+. System time in 100 ns units since 1601, below a microsecond's precision.
NTKERNELAPI VOID NTAPI KeQuerySystemTimePrecise(_Out_ PLARGE_INTEGER CurrentTime);

// Any IRQL. Windows 8.1+. Interrupt time in 100 ns units; *QpcTimeStamp is the performance counter it was
// taken at.
NTKERNELAPI ULONG64 NTAPI KeQueryInterruptTimePrecise(_Out_ PULONG64 QpcTimeStamp);

// IRQL >= DISPATCH_LEVEL. Whether the DPC has run so long that it should yield.
NTKERNELAPI LOGICAL NTAPI KeShouldYieldProcessor(VOID);

// Any IRQL. Whether a DPC routine is running on the current processor.
NTKERNELAPI LOGICAL NTAPI KeIsExecutingDpc(VOID);

NTKERNELAPI USHORT NTAPI KeQueryNodeActiveProcessorCount(_In_ USHORT NodeNumber);

// Any IRQL. STATUS_NOT_SUPPORTED where the platform has no auxiliary counter.
NTKERNELAPI NTSTATUS NTAPI KeConvertAuxiliaryCounterToPerformanceCounter(
    _In_ ULONG64 AuxiliaryCounterValue, _Out_ PULONG64 PerformanceCounterValue,
    _Out_opt_ PULONG64 ConversionError);
NTKERNELAPI NTSTATUS NTAPI KeConvertPerformanceCounterToAuxiliaryCounter(_In_ ULONG64 PerformanceCounterValue,
                                                                         _Out_ PULONG64 AuxiliaryCounterValue,
                                                                         _Out_opt_ PULONG64 ConversionError);
NTKERNELAPI NTSTATUS NTAPI KeQueryAuxiliaryCounterFrequency(_Out_opt_ PULONG64 AuxiliaryCounterFrequency);

// IRQL <= DISPATCH_LEVEL. On x64 every switch of threads keeps x87 and SSE state: nothing is to be saved.
// Declared so that drivers are the same for x86.
FORCEINLINE NTSTATUS KeSaveFloatingPointState(_Out_ PVOID FloatSave)
{
    UNREFERENCED_PARAMETER(FloatSave);
    return STATUS_SUCCESS;
}

FORCEINLINE NTSTATUS KeRestoreFloatingPointState(_In_ PVOID FloatSave)
{
    UNREFERENCED_PARAMETER(FloatSave);
    return STATUS_SUCCESS;
}

// Answers of a routine registered for #BR (bound) exceptions.
typedef enum _BOUND_CALLBACK_STATUS {
    BoundExceptionContinueSearch,
    BoundExceptionHandled,
    BoundExceptionError,
    BoundExceptionMaximum
} BOUND_CALLBACK_STATUS,
    *PBOUND_CALLBACK_STATUS;
typedef BOUND_CALLBACK_STATUS(NTAPI BOUND_CALLBACK)(VOID);
typedef BOUND_CALLBACK *PBOUND_CALLBACK;
NTKERNELAPI PVOID NTAPI KeRegisterBoundCallback(_In_ PBOUND_CALLBACK CallbackRoutine);
NTKERNELAPI NTSTATUS NTAPI KeDeregisterBoundCallback(_In_ PVOID Handle);

// As KeRemoveQueueDpc; WaitIfActive, at PASSIVE_LEVEL: a DPC that was not queued does not run either
// afterwards.
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueDpcEx(_Inout_ PRKDPC Dpc, _In_ BOOLEAN WaitIfActive);

// Any IRQL. Interrupt time without what the system slept, in 100 ns units; as KeQueryInterruptTimePrecise.
NTKERNELAPI ULONGLONG NTAPI KeQueryUnbiasedInterruptTimePrecise(_Out_ PULONG64 QpcTimeStamp);

// Any IRQL. The first entry of the list, which is not removed; NULL if there is none.
NTKERNELAPI PSLIST_ENTRY NTAPI FirstEntrySList(_In_ const SLIST_HEADER *SListHead);

#ifdef __cplusplus
}
#endif

#endif
