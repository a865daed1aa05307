// SPDX-License-Identifier: MIT
// Kernel transaction manager: what resource managers in drivers call. All at PASSIVE_LEVEL, Windows Vista+.
#ifndef KMODE_NT_TM_H
#define KMODE_NT_TM_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _KTM KTM, *PKTM, *PRKTM;
typedef struct _KRESOURCEMANAGER KRESOURCEMANAGER, *PKRESOURCEMANAGER, *PRKRESOURCEMANAGER;
typedef struct _KENLISTMENT KENLISTMENT, *PKENLISTMENT, *PRKENLISTMENT;
typedef struct _KTRANSACTION KTRANSACTION, *PKTRANSACTION, *PRKTRANSACTION;

// A resource manager's notification of one TRANSACTION_NOTIFY_Xxx; TransactionContext is the enlistment's
// key. Argument (ArgumentLength bytes) is the notification's own and may be NULL.
typedef NTSTATUS(NTAPI *PTM_RM_NOTIFICATION)(_In_ PKENLISTMENT EnlistmentObject, _In_ PVOID RMContext,
                                             _In_ PVOID TransactionContext,
                                             _In_ ULONG TransactionNotification,
                                             _Inout_ PLARGE_INTEGER TmVirtualClock, _In_ ULONG ArgumentLength,
                                             _In_ PVOID Argument);

// One callback a resource manager. STATUS_UNSUCCESSFUL where CallbackRoutine is NULL.
NTKERNELAPI NTSTATUS NTAPI TmEnableCallbacks(_In_ PKRESOURCEMANAGER ResourceManager,
                                             _In_ PTM_RM_NOTIFICATION CallbackRoutine, _In_opt_ PVOID RMKey);
NTKERNELAPI NTSTATUS NTAPI TmRecoverResourceManager(_In_ PKRESOURCEMANAGER ResourceManager);
NTKERNELAPI NTSTATUS NTAPI TmRecoverTransactionManager(_In_ PKTM Tm, _In_ PLARGE_INTEGER TargetVirtualClock);

// Answers to notifications. STATUS_TRANSACTION_NOT_REQUESTED where the enlistment awaits no such answer.
NTKERNELAPI NTSTATUS NTAPI TmPrePrepareComplete(_In_ PKENLISTMENT Enlistment,
                                                _In_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmPrepareComplete(_In_ PKENLISTMENT Enlistment,
                                             _In_opt_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmReadOnlyEnlistment(_In_ PKENLISTMENT Enlistment,
                                                _In_opt_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmCommitComplete(_In_ PKENLISTMENT Enlistment,
                                            _In_opt_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmRollbackComplete(_In_ PKENLISTMENT Enlistment,
                                              _In_opt_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmSinglePhaseReject(_In_ PKENLISTMENT Enlistment,
                                               _In_ PLARGE_INTEGER TmVirtualClock);

// A superior transaction manager's orders.
NTKERNELAPI NTSTATUS NTAPI TmPrePrepareEnlistment(_In_ PKENLISTMENT Enlistment,
                                                  _In_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmPrepareEnlistment(_In_ PKENLISTMENT Enlistment,
                                               _In_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmCommitEnlistment(_In_ PKENLISTMENT Enlistment,
                                              _In_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmRollbackEnlistment(_In_ PKENLISTMENT Enlistment,
                                                _In_opt_ PLARGE_INTEGER TmVirtualClock);
NTKERNELAPI NTSTATUS NTAPI TmRecoverEnlistment(_In_ PKENLISTMENT Enlistment, _In_ PVOID EnlistmentKey);
NTKERNELAPI NTSTATUS NTAPI TmRequestOutcomeEnlistment(_In_ PKENLISTMENT Enlistment,
                                                      _In_ PLARGE_INTEGER TmVirtualClock);

// Each reference of the key is given back by a dereference; *LastReference: it was the last.
NTKERNELAPI NTSTATUS NTAPI TmReferenceEnlistmentKey(_In_ PKENLISTMENT Enlistment, _Out_ PVOID *Key);
NTKERNELAPI NTSTATUS NTAPI TmDereferenceEnlistmentKey(_In_ PKENLISTMENT Enlistment,
                                                      _Out_opt_ PBOOLEAN LastReference);

NTKERNELAPI NTSTATUS NTAPI TmCommitTransaction(_In_ PKTRANSACTION Transaction, _In_ BOOLEAN Wait);
NTKERNELAPI NTSTATUS NTAPI TmRollbackTransaction(_In_ PKTRANSACTION Transaction, _In_ BOOLEAN Wait);
NTKERNELAPI BOOLEAN NTAPI TmIsTransactionActive(_In_ PKTRANSACTION Transaction);

#ifdef __cplusplus
}
#endif

#endif
