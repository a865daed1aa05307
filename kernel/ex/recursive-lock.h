// SPDX-License-Identifier: MIT
// A push lock that its owner may acquire again: guards lists while routines of drivers are called, which may
// come back and change them.
#ifndef KMODE_EX_RECURSIVE_LOCK_H
#define KMODE_EX_RECURSIVE_LOCK_H

// Zeroed, it is free.
typedef struct _EXP_RECURSIVE_LOCK {
    EX_PUSH_LOCK PushLock;
    PKTHREAD volatile Owner;
    ULONG Depth;
} EXP_RECURSIVE_LOCK, *PEXP_RECURSIVE_LOCK;

// Normal kernel APCs are disabled from the first to the last. IRQL <= APC_LEVEL.
VOID ExpAcquireRecursiveLock(PEXP_RECURSIVE_LOCK Lock);
// The current thread has it.
VOID ExpReleaseRecursiveLock(PEXP_RECURSIVE_LOCK Lock);

#endif
