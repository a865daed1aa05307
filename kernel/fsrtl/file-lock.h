// SPDX-License-Identifier: MIT
// Byte-range locks of a file: what is behind FILE_LOCK.LockInformation.
#ifndef KMODE_FSRTL_FILE_LOCK_H
#define KMODE_FSRTL_FILE_LOCK_H

typedef struct _FSRTLP_LOCK {
    LIST_ENTRY Link;
    ULONG64 Sequence; // ascending in the list
    FILE_LOCK_INFO Info;
} FSRTLP_LOCK;

typedef struct _FSRTLP_LOCKS {
    KSPIN_LOCK SpinLock;
    LIST_ENTRY Granted; // FSRTLP_LOCK
    LIST_ENTRY Waiting; // IRP.Tail.Overlay.ListEntry; the context of the request in DriverContext[0]
    ULONG64 Sequence;
} FSRTLP_LOCKS;

// Who asks for which range.
typedef struct _FSRTLP_LOCK_REQUEST {
    ULONG64 First, Last; // bytes, both within; Last = First - 1: none
    LARGE_INTEGER Length;
    PFILE_OBJECT FileObject;
    PVOID Process;
    ULONG Key;
    BOOLEAN Exclusive;
} FSRTLP_LOCK_REQUEST;

static inline BOOLEAN FsRtlpIsOwner(const FILE_LOCK_INFO *Info, const FSRTLP_LOCK_REQUEST *Request)
{
    return Info->FileObject == Request->FileObject && Info->ProcessId == Request->Process &&
           Info->Key == Request->Key;
}

// FALSE: the range goes beyond the last byte that an offset can name.
BOOLEAN FsRtlpSetRange(FSRTLP_LOCK_REQUEST *Request, const LARGE_INTEGER *Offset,
                       const LARGE_INTEGER *Length);

// What is behind FileLock, made if there is nothing yet; NULL: no memory.
FSRTLP_LOCKS *FsRtlpLocksOf(PFILE_LOCK FileLock);

// Completes Irp, which is about FileLock, as its owner wants it; what its CompleteLockIrpRoutine returns.
NTSTATUS FsRtlpCompleteLockIrp(PFILE_LOCK FileLock, PIRP Irp, PVOID Context, NTSTATUS Status);

// Grants what waits and can be had now (fsrtl/file-lock-irp.c). IRQL < DISPATCH_LEVEL.
VOID FsRtlpGrantWaiting(PFILE_LOCK FileLock);

// Adds the lock that Request asks for, if no other is in its way: STATUS_LOCK_NOT_GRANTED,
// STATUS_INSUFFICIENT_RESOURCES. New: an unused structure, NULL behind if it is used. The spin lock is held.
NTSTATUS FsRtlpTryLock(PFILE_LOCK FileLock, FSRTLP_LOCKS *Locks, const FSRTLP_LOCK_REQUEST *Request,
                       FSRTLP_LOCK **New);

// Takes the lock of Request away again: its IRP could not be completed.
VOID FsRtlpRemoveLock(PFILE_LOCK FileLock, const FSRTLP_LOCK_REQUEST *Request);

#endif
