// SPDX-License-Identifier: MIT
// Push locks: one word, many readers or one writer; what the kernel's own PASSIVE and APC_LEVEL data is
// guarded by.
#ifndef KMODE_EX_PUSH_LOCK_H
#define KMODE_EX_PUSH_LOCK_H

// The word. Holders are counted; waiters wait on their thread's own event.
#define EX_PUSH_LOCK_EXCLUSIVE ((ULONG_PTR)1)
#define EX_PUSH_LOCK_WAITING   ((ULONG_PTR)2)
#define EX_PUSH_LOCK_SHARE     ((ULONG_PTR)16) // one sharer

// Flags of the ...Ex routines.
#define EX_DEFAULT_PUSH_LOCK_FLAGS 0

// All of them: normal kernel APCs must be disabled (KeEnterCriticalRegion), IRQL <= APC_LEVEL. Not recursive.
NTKERNELAPI VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);

NTKERNELAPI VOID NTAPI ExInitializePushLock(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock);
NTKERNELAPI BOOLEAN FASTCALL ExfTryAcquirePushLockShared(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockShared(PEX_PUSH_LOCK PushLock);

// ---- Waiting for somebody else to say that something has changed (ex/push-lock-block.c)

// A push lock that is no lock: threads block on it, and whoever finds it other than 0 wakes them all. A
// thread announces itself, looks whether it need wait, and then waits, or takes its announcement back. Its
// stack keeps the EX_BLOCKED_THREAD until then.
typedef struct _EX_BLOCKED_THREAD {
    LIST_ENTRY Link;
    PEX_PUSH_LOCK PushLock;
    KEVENT Event;
} EX_BLOCKED_THREAD, *PEX_BLOCKED_THREAD;

VOID ExpBlockPushLock(PEX_PUSH_LOCK PushLock, PEX_BLOCKED_THREAD Blocked);
VOID ExpWaitForUnblockPushLock(PEX_BLOCKED_THREAD Blocked);
VOID ExpUnblockThread(PEX_PUSH_LOCK PushLock, PEX_BLOCKED_THREAD Blocked);

// Wakes all that are blocked on PushLock, which is 0 then. WaitBlock: an announcement of the caller's own
// that it takes back; NULL, as drivers call it. IRQL <= DISPATCH_LEVEL. (no page; as phnt declares it)
NTKERNELAPI VOID FASTCALL ExfUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock);

static inline VOID ExInitializePushLockInline(PEX_PUSH_LOCK PushLock)
{
    *PushLock = 0;
}

#define ExAcquirePushLockExclusive(Lock) ExAcquirePushLockExclusiveEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExAcquirePushLockShared(Lock)    ExAcquirePushLockSharedEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExReleasePushLockExclusive(Lock) ExReleasePushLockExclusiveEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)
#define ExReleasePushLockShared(Lock)    ExReleasePushLockSharedEx(Lock, EX_DEFAULT_PUSH_LOCK_FLAGS)

#endif
