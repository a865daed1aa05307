// SPDX-License-Identifier: MIT
// Callbacks of the system: what a driver is told of processes, threads, images, the registry and handles.
// They are registered in a set, with a context of the driver's choice, and are all ended by one call, which
// returns when nobody is in any of them any more.
//
//     static KM_CALLBACKS Callbacks;
//     static KM_CALLBACK ProcessCallback;
//
//     static VOID NTAPI OnProcess(PVOID Context, PEPROCESS Process, HANDLE ProcessId,
//                                 struct _PS_CREATE_NOTIFY_INFO *CreateInfo)
//     {
//         UNREFERENCED_PARAMETER(Context);
//         UNREFERENCED_PARAMETER(Process);
//         KmInfo("process %lu %s", HandleToULong(ProcessId), CreateInfo != NULL ? "begins" : "ends");
//     }
//
//     static VOID NTAPI StopIt(PDRIVER_OBJECT DriverObject)
//     {
//         UNREFERENCED_PARAMETER(DriverObject);
//         KmCallbacksStop(&Callbacks);
//     }
//
//     static NTSTATUS StartIt(PDRIVER_OBJECT DriverObject)
//     {
//         DriverObject->DriverUnload = StopIt;
//         return KmCallbacksAddProcess(&Callbacks, &ProcessCallback, OnProcess, NULL, 0);
//     }
//
// A KM_CALLBACKS of zeroes is an empty set. A KM_CALLBACK is one registration's memory: static, or non-paged
// pool; it stays until the set is stopped, and to add it once more before is STATUS_ALREADY_REGISTERED, which
// changes nothing. A set is used by one thread at a time, and neither added to nor
// stopped from within a callback: stopping would wait for itself.
//
// Windows accepts two of them only from an image that is linked with /integritycheck, and so signed: without
// it, KmCallbacksAddProcess and KmCallbacksAddObject return STATUS_ACCESS_DENIED. `kmode build` links a
// driver that calls them so; to others' build systems it must be told.
#ifndef KMODE_CALLBACKS_H
#define KMODE_CALLBACKS_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/callbacks.h>"
#endif

#include <kmode/rundown.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef STATUS_ALREADY_REGISTERED
#define STATUS_ALREADY_REGISTERED ((NTSTATUS)0xC0000718L)
#endif

struct _PS_CREATE_NOTIFY_INFO; // <ntddk.h>
struct _IMAGE_INFO;            // <ntddk.h>

typedef struct KM_CALLBACK KM_CALLBACK, *PKM_CALLBACK;

/// One registration. Its members belong to the routines below.
struct KM_CALLBACK {
    PKM_CALLBACK Next;
    VOID(NTAPI *Remove)(_Inout_ PKM_CALLBACK Callback);
    PVOID Routine;
    PVOID PostRoutine;
    PVOID Context;
    KMP_RUNDOWN Rundown;
    union {
        ULONG Slot;
        LARGE_INTEGER Cookie;
        PVOID Registration;
    } System;
};

/// Registrations that end together.
typedef struct KM_CALLBACKS {
    PKM_CALLBACK First;
} KM_CALLBACKS, *PKM_CALLBACKS;

/// How many registrations of processes, of process notices, of threads and of images each one driver may have
/// at a time, over all of its sets; one more is STATUS_TOO_MANY_NODES.
#define KM_CALLBACK_SLOTS 4

/// Flags of the routines below.
#define KM_CALLBACK_SUBSYSTEMS    1u ///< processes and threads of WSL and the like too
#define KM_CALLBACK_NEW_THREAD    2u ///< of threads: called by the new thread itself, not by its creator
#define KM_CALLBACK_ARCHITECTURES 4u ///< of images: also those of another architecture than the process's

/// Ends all registrations of a set, the last one first, and waits until nobody is in any of them. Then the
/// set is empty, and may be used anew. To be called where the driver unloads, and where its DriverEntry
/// fails.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmCallbacksStop(_Inout_ PKM_CALLBACKS Callbacks);

// ---- Processes

/// A process begins (CreateInfo is not NULL; a failure in its CreationStatus refuses it), or has ended, at
/// PASSIVE_LEVEL in the context of the creating thread, or of the last one.
typedef VOID NTAPI KM_PROCESS_CALLBACK(_In_opt_ PVOID Context, _Inout_ PEPROCESS Process,
                                       _In_ HANDLE ProcessId,
                                       _Inout_opt_ struct _PS_CREATE_NOTIFY_INFO *CreateInfo);

/// Registers for processes. Flags: KM_CALLBACK_SUBSYSTEMS or 0; before Windows 10 1703, which brought
/// PsSetCreateProcessNotifyRoutineEx2, it changes nothing.
///
/// Returns STATUS_SUCCESS; STATUS_ACCESS_DENIED (see above); STATUS_INVALID_PARAMETER, by the system: 64 of
/// all drivers is the most; STATUS_TOO_MANY_NODES.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmCallbacksAddProcess(_Inout_ PKM_CALLBACKS Callbacks, _Out_ PKM_CALLBACK Callback,
                          _In_ KM_PROCESS_CALLBACK *Routine, _In_opt_ PVOID Context, _In_ ULONG Flags);

/// A process has begun, or ends, at PASSIVE_LEVEL; nothing can be refused.
typedef VOID NTAPI KM_PROCESS_NOTICE(_In_opt_ PVOID Context, _In_ HANDLE ParentId, _In_ HANDLE ProcessId,
                                     _In_ BOOLEAN Create);

/// Registers for notices of processes, which need no /integritycheck. As KmCallbacksAddProcess.
///
///     static KM_CALLBACKS Callbacks;
///     static KM_CALLBACK NoticeCallback;
///
///     static VOID NTAPI OnNotice(PVOID Context, HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
///     {
///         UNREFERENCED_PARAMETER(ParentId);
///         UNREFERENCED_PARAMETER(ProcessId);
///         InterlockedExchangeAdd((volatile LONG *)Context, Create ? 1 : -1);
///     }
///
///     static NTSTATUS CountProcesses(volatile LONG *Count)
///     {
///         return KmCallbacksAddProcessNotice(&Callbacks, &NoticeCallback, OnNotice, (PVOID)Count);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmCallbacksAddProcessNotice(_Inout_ PKM_CALLBACKS Callbacks, _Out_ PKM_CALLBACK Callback,
                                _In_ KM_PROCESS_NOTICE *Routine, _In_opt_ PVOID Context);

// ---- Threads

/// A thread has begun, or ends, at PASSIVE_LEVEL or APC_LEVEL.
typedef VOID NTAPI KM_THREAD_CALLBACK(_In_opt_ PVOID Context, _In_ HANDLE ProcessId, _In_ HANDLE ThreadId,
                                      _In_ BOOLEAN Create);

/// Registers for threads. Flags: KM_CALLBACK_NEW_THREAD, or KM_CALLBACK_SUBSYSTEMS, which includes it:
/// STATUS_NOT_SUPPORTED before Windows 10.
///
/// Returns STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES; STATUS_TOO_MANY_NODES.
///
///     static KM_CALLBACKS Callbacks;
///     static KM_CALLBACK ThreadCallback;
///
///     static VOID NTAPI OnThread(PVOID Context, HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
///     {
///         UNREFERENCED_PARAMETER(Context);
///         KmInfo("%lu: thread %lu %d", HandleToULong(ProcessId), HandleToULong(ThreadId), Create);
///     }
///
///     static NTSTATUS WatchThreads(VOID)
///     {
///         return KmCallbacksAddThread(&Callbacks, &ThreadCallback, OnThread, NULL, 0);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmCallbacksAddThread(_Inout_ PKM_CALLBACKS Callbacks, _Out_ PKM_CALLBACK Callback,
                         _In_ KM_THREAD_CALLBACK *Routine, _In_opt_ PVOID Context, _In_ ULONG Flags);

// ---- Images

/// An image has been mapped, a driver's (ProcessId 0) or a program's, at PASSIVE_LEVEL. Path may be NULL, and
/// need not be a full path.
typedef VOID NTAPI KM_IMAGE_CALLBACK(_In_opt_ PVOID Context, _In_opt_ PUNICODE_STRING Path,
                                     _In_ HANDLE ProcessId, _In_ struct _IMAGE_INFO *ImageInfo);

/// Registers for images. Flags: KM_CALLBACK_ARCHITECTURES or 0; before Windows 10 1709, which brought
/// PsSetLoadImageNotifyRoutineEx, it changes nothing.
///
/// Returns STATUS_SUCCESS; STATUS_INSUFFICIENT_RESOURCES; STATUS_TOO_MANY_NODES.
///
///     static KM_CALLBACKS Callbacks;
///     static KM_CALLBACK ImageCallback;
///
///     static VOID NTAPI OnImage(PVOID Context, PUNICODE_STRING Path, HANDLE ProcessId,
///                               struct _IMAGE_INFO *ImageInfo)
///     {
///         UNREFERENCED_PARAMETER(Context);
///         UNREFERENCED_PARAMETER(ImageInfo);
///         if (Path != NULL) {
///             KmInfo("%lu: %wZ", HandleToULong(ProcessId), Path);
///         }
///     }
///
///     static NTSTATUS WatchImages(VOID)
///     {
///         return KmCallbacksAddImage(&Callbacks, &ImageCallback, OnImage, NULL, 0);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmCallbacksAddImage(_Inout_ PKM_CALLBACKS Callbacks, _Out_ PKM_CALLBACK Callback,
                        _In_ KM_IMAGE_CALLBACK *Routine, _In_opt_ PVOID Context, _In_ ULONG Flags);

// ---- The registry

/// A registry operation, before or after, at PASSIVE_LEVEL in the context of who does it; Information is the
/// structure that belongs to Class. Before an operation, what is not success refuses it;
/// STATUS_CALLBACK_BYPASS takes it over.
typedef NTSTATUS NTAPI KM_REGISTRY_CALLBACK(_In_opt_ PVOID Context, _In_ REG_NOTIFY_CLASS Class,
                                            _Inout_ PVOID Information);

/// Registers for registry operations at an altitude, L"380000.1", which is nobody else's.
///
/// Returns STATUS_SUCCESS; STATUS_FLT_INSTANCE_ALTITUDE_COLLISION; STATUS_INSUFFICIENT_RESOURCES.
///
///     static KM_CALLBACKS Callbacks;
///     static KM_CALLBACK KeyCallback;
///
///     static NTSTATUS NTAPI OnKey(PVOID Context, REG_NOTIFY_CLASS Class, PVOID Information)
///     {
///         UNREFERENCED_PARAMETER(Context);
///         UNREFERENCED_PARAMETER(Information);
///         return Class == RegNtPreDeleteKey ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
///     }
///
///     static NTSTATUS GuardKeys(PDRIVER_OBJECT DriverObject)
///     {
///         return KmCallbacksAddRegistry(&Callbacks, &KeyCallback, L"380000.1", DriverObject, OnKey, NULL);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmCallbacksAddRegistry(_Inout_ PKM_CALLBACKS Callbacks, _Out_ PKM_CALLBACK Callback,
                           _In_z_ PCWSTR Altitude, _In_ PDRIVER_OBJECT DriverObject,
                           _In_ KM_REGISTRY_CALLBACK *Routine, _In_opt_ PVOID Context);

// ---- Handles to processes and threads

/// A handle that is about to be made.
typedef struct KM_OBJECT_ACCESS {
    PVOID Object;      ///< a PEPROCESS or PETHREAD
    PEPROCESS Process; ///< that process, or the thread's
    BOOLEAN IsThread;
    BOOLEAN IsDuplicate; ///< made from another handle
    BOOLEAN IsKernelHandle;
    ACCESS_MASK Original; ///< what was asked for
    ACCESS_MASK Desired;  ///< what it shall have: take rights away, none can be added
} KM_OBJECT_ACCESS, *PKM_OBJECT_ACCESS;

/// A handle is about to be made, at PASSIVE_LEVEL in the context of who asks: rights that are cleared in
/// Access->Desired are not granted.
typedef VOID NTAPI KM_OBJECT_CALLBACK(_In_opt_ PVOID Context, _Inout_ PKM_OBJECT_ACCESS Access);

/// A handle has been made, with Access->Desired as what it grants; or has not: Status. At PASSIVE_LEVEL.
typedef VOID NTAPI KM_OBJECT_RESULT(_In_opt_ PVOID Context, _In_ const KM_OBJECT_ACCESS *Access,
                                    _In_ NTSTATUS Status);

/// What handles are to, for KmCallbacksAddObject.
#define KM_OBJECT_PROCESSES 1u
#define KM_OBJECT_THREADS   2u

/// Registers for handles to processes, threads, or both (Types), at an altitude that is nobody else's. Result
/// may be NULL.
///
/// Returns STATUS_SUCCESS; STATUS_ACCESS_DENIED (see above); STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
/// STATUS_INVALID_PARAMETER: Types; STATUS_INSUFFICIENT_RESOURCES.
///
///     static KM_CALLBACKS Callbacks;
///     static KM_CALLBACK HandleCallback;
///
///     static VOID NTAPI OnHandle(PVOID Context, PKM_OBJECT_ACCESS Access)
///     {
///         if (Access->Process == (PEPROCESS)Context && !Access->IsKernelHandle && !Access->IsThread) {
///             Access->Desired &= ~(ACCESS_MASK)1; // PROCESS_TERMINATE
///         }
///     }
///
///     static NTSTATUS GuardProcess(PEPROCESS Process)
///     {
///         return KmCallbacksAddObject(&Callbacks, &HandleCallback, L"321000.1",
///                                     KM_OBJECT_PROCESSES, OnHandle, NULL, Process);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmCallbacksAddObject(_Inout_ PKM_CALLBACKS Callbacks, _Out_ PKM_CALLBACK Callback, _In_z_ PCWSTR Altitude,
                         _In_ ULONG Types, _In_ KM_OBJECT_CALLBACK *Routine,
                         _In_opt_ KM_OBJECT_RESULT *Result, _In_opt_ PVOID Context);

#ifdef __cplusplus
}
#endif

#endif
