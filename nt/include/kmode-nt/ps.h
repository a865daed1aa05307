// SPDX-License-Identifier: MIT
// Process and thread routines of ntddk.h.
#ifndef KMODE_NT_PS_H
#define KMODE_NT_PS_H

#ifdef __cplusplus
extern "C" {
#endif

// STATUS_PENDING while the process, or the thread, runs.
NTKERNELAPI NTSTATUS NTAPI PsGetProcessExitStatus(_In_ PEPROCESS Process);
NTKERNELAPI NTSTATUS NTAPI PsGetThreadExitStatus(_In_ PETHREAD Thread);

NTKERNELAPI PVOID NTAPI PsGetCurrentThreadTeb(VOID);
NTKERNELAPI LONGLONG NTAPI PsGetThreadCreateTime(_In_ PETHREAD Thread);

// Unlike a process id, never used again while the system runs.
NTKERNELAPI ULONGLONG NTAPI PsGetProcessStartKey(_In_ PEPROCESS Process);

NTKERNELAPI ULONG64 NTAPI PsQueryTotalCycleTimeProcess(_Inout_ PEPROCESS Process,
                                                       _Out_ PULONG64 CycleTimeStamp);

typedef enum _PSCREATETHREADNOTIFYTYPE {
    PsCreateThreadNotifyNonSystem = 0,
    PsCreateThreadNotifySubsystems = 1
} PSCREATETHREADNOTIFYTYPE;

typedef enum _PSCREATEPROCESSNOTIFYTYPE { PsCreateProcessNotifySubsystems = 0 } PSCREATEPROCESSNOTIFYTYPE;

// PASSIVE_LEVEL. Windows 10+. NotifyInformation is the routine, of the type that NotifyType asks for.
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI
PsSetCreateThreadNotifyRoutineEx(_In_ PSCREATETHREADNOTIFYTYPE NotifyType, _In_ PVOID NotifyInformation);
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(
    _In_ PSCREATEPROCESSNOTIFYTYPE NotifyType, _In_ PVOID NotifyInformation, _In_ BOOLEAN Remove);

#define PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE 0x1
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI
PsSetLoadImageNotifyRoutineEx(_In_ PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, _In_ ULONG_PTR Flags);

#ifdef __cplusplus
}
#endif

#endif
