// SPDX-License-Identifier: MIT
// The parts of directory change notification.
#ifndef KMODE_FSRTL_NOTIFY_H
#define KMODE_FSRTL_NOTIFY_H

typedef struct _FSRTLP_NOTIFY_SYNC {
    FAST_MUTEX Mutex; // the notify lock: of all lists that it is used with
} FSRTLP_NOTIFY_SYNC;

// Who watches a directory: one a file object.
typedef struct _FSRTLP_NOTIFY {
    LIST_ENTRY Link;
    PVOID FsContext;
    STRING Directory;     // its full name
    ULONG CharacterBytes; // of that name: 1 or 2
    BOOLEAN WatchTree, IgnoreBuffer;
    BOOLEAN ChangesLost; // some did not fit: the directory is to be read anew
    ULONG CompletionFilter;
    PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback;
    PFILTER_REPORT_CHANGE FilterCallback;
    PSECURITY_SUBJECT_CONTEXT SubjectContext; // NULL, or this structure's to release
    LIST_ENTRY Irps;                          // that wait, under the IRP lock of notify-irp.c
    PUCHAR Changes;                           // FILE_NOTIFY_INFORMATION records that wait; NULL until needed
    ULONG ChangesSize, ChangesBytes, LastChange;
} FSRTLP_NOTIFY;

typedef struct _FSRTLP_CHANGE {
    const STRING *Target;
    ULONG NameOffset; // of the last component, in bytes
    const STRING *Stream;
    const STRING *NormalizedParent;
    ULONG FilterMatch, Action;
    PVOID TargetContext, FilterContext;
} FSRTLP_CHANGE;

// ---- Requests (fsrtl/notify-irp.c). The notify lock is held.

// Makes Irp's buffer one that can be written to from any thread. What MmProbeAndLockPages raises.
NTSTATUS FsRtlpLockNotifyBuffer(PIRP Irp);
// Puts Irp to those that wait, marked pending; completes it with STATUS_CANCELLED if it is cancelled.
VOID FsRtlpPendNotifyIrp(FSRTLP_NOTIFY *Notify, PIRP Irp);
VOID FsRtlpCompleteNotifyIrp(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
// Completes those that wait, or of them those whose file object's FsContext is FileContext.
VOID FsRtlpCompleteNotifyIrps(FSRTLP_NOTIFY *Notify, PVOID FileContext, NTSTATUS Status);
// Completes Irp with the changes that wait, and forgets them.
VOID FsRtlpDeliverChanges(FSRTLP_NOTIFY *Notify, PIRP Irp);
// Completes every request that waits with the changes that wait.
VOID FsRtlpDeliverToWaiting(FSRTLP_NOTIFY *Notify);

// ---- Changes (fsrtl/notify-change.c). The notify lock is held.

// Notes Change, whose name begins at Offset as seen from the directory.
VOID FsRtlpAddChange(FSRTLP_NOTIFY *Notify, const FSRTLP_CHANGE *Change, ULONG Offset);

#endif
