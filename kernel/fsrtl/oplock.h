// SPDX-License-Identifier: MIT
// Opportunistic locks: what is behind an OPLOCK once somebody has asked for one.
#ifndef KMODE_FSRTL_OPLOCK_H
#define KMODE_FSRTL_OPLOCK_H

// FSRTLP_HOLD.Level: OPLOCK_LEVEL_CACHE_*, or one of the levels that Windows NT had.
#define FSRTLP_R            (OPLOCK_LEVEL_CACHE_READ)
#define FSRTLP_H            (OPLOCK_LEVEL_CACHE_HANDLE)
#define FSRTLP_W            (OPLOCK_LEVEL_CACHE_WRITE)
#define FSRTLP_CACHE_LEVELS (FSRTLP_R | FSRTLP_H | FSRTLP_W)
#define FSRTLP_LEVEL_1      0x10
#define FSRTLP_LEVEL_2      0x20
#define FSRTLP_BATCH        0x40
#define FSRTLP_FILTER       0x80
#define FSRTLP_RESERVED     0x100 // by a create, for the request that is to follow
#define FSRTLP_EXCLUSIVE    (FSRTLP_LEVEL_1 | FSRTLP_BATCH | FSRTLP_FILTER | FSRTLP_W)

typedef enum _FSRTLP_STATE {
    FsRtlpGranted,      // Irp is pending
    FsRtlpBreaking,     // its owner has been told, and is to acknowledge
    FsRtlpClosePending, // acknowledged, but it lasts until its owner's handle is closed
} FSRTLP_STATE;

typedef struct _FSRTLP_HOLD {
    LIST_ENTRY Link;
    struct _FSRTLP_OPLOCK *Oplock;
    PIRP Irp;
    PFILE_OBJECT FileObject; // the owner, until its cleanup
    PEPROCESS Process;       // referenced
    ULONG Level;
    FSRTLP_STATE State;
    ULONG BreakTo; // what its owner has been told: 0, FSRTLP_LEVEL_2 or OPLOCK_LEVEL_CACHE_*
} FSRTLP_HOLD;

typedef struct _FSRTLP_WAITER {
    LIST_ENTRY Link;
    PIRP Irp;
    POPLOCK_WAIT_COMPLETE_ROUTINE Routine; // NULL: somebody waits at Event
    PVOID Context;
    BOOLEAN Notify; // a FSCTL_OPLOCK_BREAK_NOTIFY, which is completed
    NTSTATUS Status;
    KEVENT Event;
} FSRTLP_WAITER;

typedef struct _FSRTLP_OPLOCK {
    LIST_ENTRY Holds;   // FSRTLP_HOLD
    LIST_ENTRY Waiters; // FSRTLP_WAITER
} FSRTLP_OPLOCK;

// What a change of state leaves to be done without the lock.
typedef struct _FSRTLP_DUE {
    LIST_ENTRY Irps;    // to be completed
    LIST_ENTRY Holds;   // to be freed
    LIST_ENTRY Waiters; // to go on
} FSRTLP_DUE;

// Of all oplocks: an IRP that is being cancelled may have outlived its oplock. Raises to DISPATCH_LEVEL.
KIRQL FsRtlpLockOplocks(FSRTLP_DUE *Due);
// Unlocks, and does what is due.
VOID FsRtlpUnlockOplocks(FSRTLP_DUE *Due, KIRQL OldIrql);

// The rest with the lock held, except where it is said.

static inline FSRTLP_HOLD *FsRtlpHoldOf(PLIST_ENTRY Link)
{
    return CONTAINING_RECORD(Link, FSRTLP_HOLD, Link);
}

// Whether somebody still has to answer before those who wait may go on.
BOOLEAN FsRtlpIsBreaking(const FSRTLP_OPLOCK *Oplock);
// FileObject's hold whose break is to be acknowledged. NULL: none.
FSRTLP_HOLD *FsRtlpFindBreaking(const FSRTLP_OPLOCK *Oplock, PFILE_OBJECT FileObject);
// The hold is no more. Status and Information: of its IRP, if it has one.
VOID FsRtlpDropHold(FSRTLP_HOLD *Hold, NTSTATUS Status, ULONG_PTR Information, FSRTLP_DUE *Due);
// Tells its owner that it has come down to BreakTo, which is to be acknowledged if Acknowledge; otherwise the
// hold is gone. Breaker, or NULL: the IRP that is the cause.
VOID FsRtlpBreakHold(FSRTLP_HOLD *Hold, ULONG BreakTo, BOOLEAN Acknowledge, PIRP Breaker, FSRTLP_DUE *Due);
// Lets those who wait go on, if nobody has to answer any more.
VOID FsRtlpReleaseWaiters(FSRTLP_OPLOCK *Oplock, FSRTLP_DUE *Due);
// Makes Irp the hold's: pending, and cancelled by itself. FALSE: it has been cancelled already, and is not.
BOOLEAN FsRtlpPendHold(FSRTLP_HOLD *Hold, PIRP Irp);

// A hold that is in no list yet, of Irp's file and process; no lock. NULL: no memory.
FSRTLP_HOLD *FsRtlpAllocateHold(FSRTLP_OPLOCK *Oplock, PIRP Irp, ULONG Level);
VOID FsRtlpFreeHold(FSRTLP_HOLD *Hold);

// Waits, or leaves Irp waiting, until nobody has to answer (fsrtl/oplock-wait.c). No lock. Returns at once,
// with STATUS_SUCCESS, if that is so. STATUS_PENDING: Routine will be called. STATUS_CANCELLED,
// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS FsRtlpWaitForBreak(FSRTLP_OPLOCK *Oplock, PIRP Irp, PVOID Context,
                            POPLOCK_WAIT_COMPLETE_ROUTINE Routine, POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
// Pends a FSCTL_OPLOCK_BREAK_NOTIFY likewise; completes it if there is nothing to wait for.
NTSTATUS FsRtlpNotifyOfBreak(FSRTLP_OPLOCK *Oplock, PIRP Irp);
// Those whose break is over go on: called by FsRtlpUnlockOplocks.
VOID FsRtlpResumeWaiters(PLIST_ENTRY Waiters);

#endif
