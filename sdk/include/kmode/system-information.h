// SPDX-License-Identifier: MIT
// What the system tells of itself: any class of ZwQuerySystemInformation, and the list of processes with
// their threads.
//
//     KM_PROCESS_SNAPSHOT Snapshot;
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'SsyS');
//     KM_PROCESS_ENTRY Process;
//     KM_THREAD_ENTRY Thread;
//
//     Status = KmProcessSnapshotTake(&Paged, &Snapshot);
//     if (!NT_SUCCESS(Status)) {
//         return Status;
//     }
//     KmProcessSnapshotStart(&Process);
//     while (KmProcessSnapshotNext(&Snapshot, &Process)) {
//         KmInfo("%5lu %wZ", HandleToULong(Process.Id), &Process.Name);
//         KmThreadSnapshotStart(&Thread);
//         while (KmThreadSnapshotNext(&Process, &Thread)) {
//             KmInfo("      thread %lu", HandleToULong(Thread.Id));
//         }
//     }
//     KmProcessSnapshotFree(&Snapshot);
//
// Microsoft documents the classes at NtQuerySystemInformation, in part; their layouts have not changed since
// Windows 7.
#ifndef KMODE_SYSTEM_INFORMATION_H
#define KMODE_SYSTEM_INFORMATION_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/system-information.h>"
#endif

#include <kmode/allocator.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Asks for a class of system information (SystemBasicInformation is 0, SystemProcessInformation 5, ...),
/// with as much memory as it takes. The caller gives *Information back by KmFree(Allocator, *Information,
/// *Bytes). *Used (may be NULL) is how much of it the system has written: all where it does not say.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_INFO_CLASS and whatever else the class answers;
/// STATUS_INSUFFICIENT_RESOURCES, also for more than 256 MB. On failure *Information is NULL.
///
///     PVOID Information;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'SsyS');
///     ULONG Bytes;
///
///     Status = KmSystemQuery(2, &Paged, &Information, &Bytes, NULL);
///     if (NT_SUCCESS(Status)) {
///         KmFree(&Paged, Information, Bytes);
///     }
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmSystemQuery(_In_ ULONG Class, _In_ PKM_ALLOCATOR Allocator, _Out_ PVOID *Information,
                  _Out_ PULONG Bytes, _Out_opt_ PULONG Used);

/// All processes and threads as they were at one moment. Its members belong to the routines below.
typedef struct KM_PROCESS_SNAPSHOT {
    PKM_ALLOCATOR Allocator;
    PVOID Memory;
    ULONG Bytes;
} KM_PROCESS_SNAPSHOT, *PKM_PROCESS_SNAPSHOT;

/// One process of a snapshot. Ids may have been given to another process since.
typedef struct KM_PROCESS_ENTRY {
    HANDLE Id;           ///< 0: the idle process
    HANDLE ParentId;     ///< of the process that created it; it may be gone
    UNICODE_STRING Name; ///< the image's file name, in the snapshot's memory; empty: the idle process
    ULONG SessionId;
    ULONG ThreadCount;
    ULONG HandleCount;
    LONG BasePriority;
    LARGE_INTEGER CreateTime; ///< in 100 ns since 1601, UTC
    LARGE_INTEGER UserTime;   ///< of all threads, in 100 ns
    LARGE_INTEGER KernelTime;
    SIZE_T WorkingSetBytes;
    SIZE_T PrivateBytes;

    const VOID *Position; ///< the walk's
} KM_PROCESS_ENTRY, *PKM_PROCESS_ENTRY;

/// One thread of a process of a snapshot.
typedef struct KM_THREAD_ENTRY {
    HANDLE Id;
    HANDLE ProcessId;
    PVOID StartAddress; ///< as the system starts it: of user threads often ntdll's RtlUserThreadStart
    LONG Priority;
    LONG BasePriority;
    ULONG State;      ///< KTHREAD_STATE: 2 runs, 5 waits
    ULONG WaitReason; ///< KWAIT_REASON, if it waits
    ULONG ContextSwitches;
    LARGE_INTEGER CreateTime; ///< in 100 ns since 1601, UTC
    LARGE_INTEGER UserTime;   ///< in 100 ns
    LARGE_INTEGER KernelTime;

    ULONG Position; ///< the walk's
} KM_THREAD_ENTRY, *PKM_THREAD_ENTRY;

/// Takes a snapshot, which the caller gives back by KmProcessSnapshotFree. STATUS_INSUFFICIENT_RESOURCES.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmProcessSnapshotTake(_In_ PKM_ALLOCATOR Allocator, _Out_ PKM_PROCESS_SNAPSHOT Snapshot);

/// Gives back a snapshot's memory, and the names of its entries with it. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI KmProcessSnapshotFree(_Inout_ PKM_PROCESS_SNAPSHOT Snapshot);

/// Makes Entry stand before the first process. Any IRQL.
static __inline VOID NTAPI KmProcessSnapshotStart(_Out_ PKM_PROCESS_ENTRY Entry)
{
    Entry->Position = NULL;
}

/// Goes on to the next process. FALSE behind the last one. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmProcessSnapshotNext(_In_ const KM_PROCESS_SNAPSHOT *Snapshot, _Inout_ PKM_PROCESS_ENTRY Entry);

/// Finds the process with that id. FALSE: it was not there.
///
///     KM_PROCESS_SNAPSHOT Snapshot;
///     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'SsyS');
///     KM_PROCESS_ENTRY Parent;
///
///     Status = KmProcessSnapshotTake(&Paged, &Snapshot);
///     if (NT_SUCCESS(Status)) {
///         if (KmProcessSnapshotFind(&Snapshot, PsGetCurrentProcessId(), &Parent)) {
///             KmInfo("%lu threads", Parent.ThreadCount);
///         }
///         KmProcessSnapshotFree(&Snapshot);
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmProcessSnapshotFind(_In_ const KM_PROCESS_SNAPSHOT *Snapshot, _In_ HANDLE Id,
                          _Out_ PKM_PROCESS_ENTRY Entry);

/// Makes Entry stand before the first thread. Any IRQL.
static __inline VOID NTAPI KmThreadSnapshotStart(_Out_ PKM_THREAD_ENTRY Entry)
{
    Entry->Position = 0;
}

/// Goes on to the next thread of the process. FALSE behind the last one. IRQL: the allocator's.
_IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmThreadSnapshotNext(_In_ const KM_PROCESS_ENTRY *Process, _Inout_ PKM_THREAD_ENTRY Entry);

#ifdef __cplusplus
}
#endif

#endif
