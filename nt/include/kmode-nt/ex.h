// SPDX-License-Identifier: MIT
// Executive routines: reader-writer spin locks, firmware variables.
#ifndef KMODE_NT_EX_H
#define KMODE_NT_EX_H

#ifdef __cplusplus
extern "C" {
#endif

// The function types, of which mingw-w64 has the pointers only.
typedef __typeof__(*(PALLOCATE_FUNCTION)NULL) ALLOCATE_FUNCTION;
typedef __typeof__(*(PFREE_FUNCTION)NULL) FREE_FUNCTION;
typedef __typeof__(*(PALLOCATE_FUNCTION_EX)NULL) ALLOCATE_FUNCTION_EX;
typedef __typeof__(*(PFREE_FUNCTION_EX)NULL) FREE_FUNCTION_EX;

// A reader-writer spin lock, initially 0. In nonpaged memory.
typedef LONG EX_SPIN_LOCK, *PEX_SPIN_LOCK;

// IRQL <= DISPATCH_LEVEL. Raise to DISPATCH_LEVEL and acquire; return the IRQL to give to the release.
_IRQL_raises_(DISPATCH_LEVEL) NTKERNELAPI KIRQL NTAPI ExAcquireSpinLockShared(_Inout_ PEX_SPIN_LOCK SpinLock);
_IRQL_raises_(DISPATCH_LEVEL) NTKERNELAPI KIRQL NTAPI
    ExAcquireSpinLockExclusive(_Inout_ PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockShared(_Inout_ PEX_SPIN_LOCK SpinLock,
                                               _In_ _IRQL_restores_ KIRQL OldIrql);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockExclusive(_Inout_ PEX_SPIN_LOCK SpinLock,
                                                  _In_ _IRQL_restores_ KIRQL OldIrql);

// IRQL >= DISPATCH_LEVEL already.
NTKERNELAPI VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);

// Shared to exclusive without a gap: nonzero if the caller was the only holder, else the lock stays shared.
_Must_inspect_result_ NTKERNELAPI LOGICAL NTAPI
ExTryConvertSharedSpinLockExclusive(_Inout_ PEX_SPIN_LOCK SpinLock);
_Must_inspect_result_ NTKERNELAPI LOGICAL NTAPI
ExTryAcquireSpinLockSharedAtDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);
_Must_inspect_result_ NTKERNELAPI LOGICAL NTAPI
ExTryAcquireSpinLockExclusiveAtDpcLevel(_Inout_ PEX_SPIN_LOCK SpinLock);

// As ExAcquireResourceExclusiveLite that does not wait.
_Must_inspect_result_ NTKERNELAPI BOOLEAN NTAPI
ExTryToAcquireResourceExclusiveLite(_Inout_ PERESOURCE Resource);

#ifndef _NTOSKRNL_
// Push locks: initially by ExInitializePushLock; normal kernel APCs disabled while one is held, IRQL <=
// APC_LEVEL. Not recursive.
#define EX_DEFAULT_PUSH_LOCK_FLAGS 0
NTKERNELAPI VOID NTAPI ExAcquirePushLockExclusiveEx(_Inout_ PULONG_PTR PushLock, _In_ ULONG Flags);
NTKERNELAPI VOID NTAPI ExAcquirePushLockSharedEx(_Inout_ PULONG_PTR PushLock, _In_ ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockExclusiveEx(_Inout_ PULONG_PTR PushLock, _In_ ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockSharedEx(_Inout_ PULONG_PTR PushLock, _In_ ULONG Flags);
#define ExAcquirePushLockExclusive(Lock) ExAcquirePushLockExclusiveEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExAcquirePushLockShared(Lock)    ExAcquirePushLockSharedEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExReleasePushLockExclusive(Lock) ExReleasePushLockExclusiveEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExReleasePushLockShared(Lock)    ExReleasePushLockSharedEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#endif

// For ExDeleteTimer: no delete callback.
FORCEINLINE VOID ExInitializeDeleteTimerParameters(_Out_ PEXT_DELETE_PARAMETERS Parameters)
{
    RtlZeroMemory(Parameters, sizeof(*Parameters));
}

typedef enum _FIRMWARE_TYPE {
    FirmwareTypeUnknown,
    FirmwareTypeBios,
    FirmwareTypeUefi,
    FirmwareTypeMax
} FIRMWARE_TYPE,
    *PFIRMWARE_TYPE;

// PASSIVE_LEVEL. Windows 8+. *ValueLength in bytes: the buffer's before, the value's after.
NTKERNELAPI NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(_In_ PUNICODE_STRING VariableName,
                                                            _In_ LPGUID VendorGuid,
                                                            _Out_writes_bytes_opt_(*ValueLength) PVOID Value,
                                                            _Inout_ PULONG ValueLength,
                                                            _Out_opt_ PULONG Attributes);
NTKERNELAPI NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(_In_ PUNICODE_STRING VariableName,
                                                            _In_ LPGUID VendorGuid,
                                                            _In_reads_bytes_opt_(ValueLength) PVOID Value,
                                                            _In_ ULONG ValueLength, _In_ ULONG Attributes);
NTKERNELAPI FIRMWARE_TYPE NTAPI ExGetFirmwareType(VOID);
NTKERNELAPI BOOLEAN NTAPI ExIsSoftBoot(VOID);

// IRQL <= APC_LEVEL. In 100 ns units.
NTKERNELAPI VOID NTAPI ExQueryTimerResolution(_Out_ PULONG MaximumTime, _Out_ PULONG MinimumTime,
                                              _Out_ PULONG CurrentTime);

#ifdef __cplusplus
}
#endif

#endif
