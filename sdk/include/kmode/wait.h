// SPDX-License-Identifier: MIT
// Waits with time-outs in milliseconds, on one object or several; events and semaphores.
//
//     KEVENT Done, Failed;
//     PVOID Objects[2] = {&Done, &Failed};
//     ULONG Index;
//
//     KeInitializeEvent(&Done, NotificationEvent, FALSE);
//     KeInitializeEvent(&Failed, NotificationEvent, FALSE);
//     KeSetEvent(&Failed, IO_NO_INCREMENT, FALSE);
//     Status = KmWaitAny(2, Objects, 500, NULL, &Index);
//     if (Status == STATUS_TIMEOUT) {
//         return STATUS_IO_TIMEOUT;
//     }
//     NT_ASSERT(Index == 1);
#ifndef KMODE_WAIT_H
#define KMODE_WAIT_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/wait.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Milliseconds of a wait that no time-out ends.
#define KM_WAIT_FOREVER 0xFFFFFFFFUL

/// How many objects one wait takes without wait blocks of the caller's.
#define KM_WAIT_OBJECTS 8

/// Waits until Object, a dispatcher object (event, mutex, semaphore, timer, thread, ...), is signalled, and
/// takes it as its type has it. 0 milliseconds: does not wait. Not alertable; what a wait by handle is for
/// user mode, this is not.
///
/// Returns STATUS_SUCCESS; STATUS_TIMEOUT; STATUS_ABANDONED: a mutex, taken, whose owner ended. At
/// DISPATCH_LEVEL Milliseconds is 0.
///
///     KEVENT Event;
///
///     KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
///     Status = KmWait(&Event, KM_WAIT_FOREVER);
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI KmWait(_In_ PVOID Object, _In_ ULONG Milliseconds);

/// Waits until one of the objects is signalled, takes that one, and says which. WaitBlocks: NULL if there are
/// at most KM_WAIT_OBJECTS, else room for Count of them, in nonpaged memory, until the return.
///
/// Returns STATUS_SUCCESS or STATUS_ABANDONED, and *Index; STATUS_TIMEOUT; STATUS_INVALID_PARAMETER if Count
/// is 0 or more than MAXIMUM_WAIT_OBJECTS, or too many without wait blocks. At DISPATCH_LEVEL Milliseconds is
/// 0.
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmWaitAny(_In_ ULONG Count, _In_reads_(Count) PVOID *Objects, _In_ ULONG Milliseconds,
              _Out_writes_opt_(Count) PKWAIT_BLOCK WaitBlocks, _Out_ PULONG Index);

/// Waits until all of the objects are signalled at once, and takes them all; returns as KmWaitAny. No object
/// may be there twice.
///
///     KEVENT First, Second;
///     PVOID Objects[2] = {&First, &Second};
///
///     KeInitializeEvent(&First, NotificationEvent, TRUE);
///     KeInitializeEvent(&Second, NotificationEvent, TRUE);
///     Status = KmWaitAll(2, Objects, 10, NULL);
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmWaitAll(_In_ ULONG Count, _In_reads_(Count) PVOID *Objects, _In_ ULONG Milliseconds,
              _Out_writes_opt_(Count) PKWAIT_BLOCK WaitBlocks);

/// Finds the event behind a handle, with the right to set it: a program's, for AccessMode UserMode, in the
/// process that runs now. The caller gives it back by ObDereferenceObject.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED as
/// ObReferenceObjectByHandle does, and *Event is NULL.
///
///     HANDLE Handle = *(PHANDLE)Irp->AssociatedIrp.SystemBuffer;
///     PKEVENT Event;
///
///     Status = KmEventFromHandle(Handle, Irp->RequestorMode, &Event);
///     if (NT_SUCCESS(Status)) {
///         KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
///         ObDereferenceObject(Event);
///     }
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmEventFromHandle(_In_ HANDLE Handle, _In_ KPROCESSOR_MODE AccessMode, _Out_ PKEVENT *Event);

/// Opens, or makes if there is none, the event of that name ("\\BaseNamedObjects\\Ready"): a notification
/// event that stays set until it is reset, or one that lets one waiter pass. The event is there until the
/// caller closes the kernel handle by ZwClose.
///
/// Returns STATUS_SUCCESS (made) or STATUS_OBJECT_NAME_EXISTS (there was one, of whatever type); others as
/// ZwCreateEvent does, and *Handle and *Event are NULL. Who else may open it is decided by the descriptor
/// that the creating thread's token gives.
///
///     UNICODE_STRING Name;
///     HANDLE Handle;
///     PKEVENT Event;
///
///     RtlInitUnicodeString(&Name, L"\\BaseNamedObjects\\Ready");
///     Status = KmEventOpen(&Name, NotificationEvent, FALSE, &Handle, &Event);
///     if (NT_SUCCESS(Status)) {
///         KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
///         ZwClose(Handle);
///     }
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmEventOpen(_In_ PUNICODE_STRING Name, _In_ EVENT_TYPE Type, _In_ BOOLEAN Signalled, _Out_ PHANDLE Handle,
                _Out_ PKEVENT *Event);

/// Adds Count, at least 1, to the semaphore (KeInitializeSemaphore).
///
/// Returns STATUS_SUCCESS; STATUS_SEMAPHORE_LIMIT_EXCEEDED if that is more than its limit, where
/// KeReleaseSemaphore raises, and nothing has changed; STATUS_INVALID_PARAMETER if Count is less than 1.
///
///     KSEMAPHORE Semaphore;
///
///     KeInitializeSemaphore(&Semaphore, 0, 10);
///     Status = KmSemaphoreRelease(&Semaphore, 3);
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
    KmSemaphoreRelease(_Inout_ PKSEMAPHORE Semaphore, _In_ LONG Count);

#ifdef __cplusplus
}
#endif

#endif
