// SPDX-License-Identifier: MIT
// Threads of the driver's: started, asked to stop, joined.
//
//     static KM_THREAD Thread;
//
//     static NTSTATUS NTAPI Worker(PKM_THREAD Self, PVOID Context)
//     {
//         ULONG Rounds = 0;
//
//         while (!KmThreadSleep(Self, 50)) {
//             Rounds += 1;
//         }
//         *(PULONG)Context = Rounds;
//         return STATUS_SUCCESS;
//     }
//
//     static NTSTATUS RunForASecond(VOID)
//     {
//         ULONG Rounds;
//         NTSTATUS Status = KmThreadCreate(&Thread, Worker, &Rounds);
//
//         if (NT_SUCCESS(Status)) {
//             KmSleep(1000);
//             KmThreadStop(&Thread);
//             (void)KmThreadJoin(&Thread, KM_WAIT_FOREVER, &Status);
//         }
//         return Status;
//     }
#ifndef KMODE_THREAD_H
#define KMODE_THREAD_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/thread.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_THREAD KM_THREAD, *PKM_THREAD;

/// What a thread does, at PASSIVE_LEVEL in the System process; the thread ends with what it returns as exit
/// status.
typedef NTSTATUS NTAPI KM_THREAD_ROUTINE(_In_ PKM_THREAD Thread, _In_opt_ PVOID Context);
typedef KM_THREAD_ROUTINE *PKM_THREAD_ROUTINE;

/// A thread, in nonpaged memory until it is joined. Its members belong to the routines below.
struct KM_THREAD {
    PVOID
    Object; ///< a dispatcher object (PETHREAD), for KmWaitAny and the like; NULL: not started, or joined
    KEVENT Stop;
    PKM_THREAD_ROUTINE Routine;
    PVOID Context;
    NTSTATUS ExitStatus;
};

/// Starts a thread. Who has started it joins it, and not before that is the memory free: behind a
/// KmThreadJoin that returned STATUS_SUCCESS it may be started again, and the driver may be unloaded. Until
/// then KmThreadCreate of it is a mistake.
///
/// Returns STATUS_SUCCESS; as PsCreateSystemThread does, STATUS_INSUFFICIENT_RESOURCES: no thread runs.
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmThreadCreate(_Out_ PKM_THREAD Thread, _In_ PKM_THREAD_ROUTINE Routine, _In_opt_ PVOID Context);

/// Asks the thread to stop: it sees that by the two routines below, or waits on Stop itself. One that was
/// never started, and is zeroed as static ones are, is nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmThreadStop(_Inout_ PKM_THREAD Thread);

/// Whether the thread has been asked to stop; mostly called by itself.
///
///     static NTSTATUS NTAPI Busy(PKM_THREAD Self, PVOID Context)
///     {
///         while (!KmThreadShouldStop(Self)) {
///             *(volatile LONG *)Context += 1;
///         }
///         return STATUS_SUCCESS;
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI KmThreadShouldStop(_In_ PKM_THREAD Thread);

/// Waits that many milliseconds, or until the thread is asked to stop; returns whether it is.
_IRQL_requires_max_(APC_LEVEL) BOOLEAN NTAPI KmThreadSleep(_In_ PKM_THREAD Thread, _In_ ULONG Milliseconds);

/// Waits until the thread has ended, up to that many milliseconds.
///
/// Returns STATUS_SUCCESS, and the exit status in *ExitStatus (which may be NULL): the thread is joined;
/// STATUS_TIMEOUT: it is not; STATUS_INVALID_PARAMETER if it was not started, or is joined already;
/// STATUS_POSSIBLE_DEADLOCK if it is the thread that runs now.
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
    KmThreadJoin(_Inout_ PKM_THREAD Thread, _In_ ULONG Milliseconds, _Out_opt_ PNTSTATUS ExitStatus);

/// Sets the thread's priority, 1 to 31; it begins with that of the System process's threads, 8. Returns the
/// one before.
///
///     static KM_THREAD Thread;
///
///     static VOID Hurry(VOID)
///     {
///         (void)KmThreadSetPriority(&Thread, LOW_REALTIME_PRIORITY);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) KPRIORITY NTAPI
    KmThreadSetPriority(_In_ PKM_THREAD Thread, _In_ KPRIORITY Priority);

#ifdef __cplusplus
}
#endif

#endif
