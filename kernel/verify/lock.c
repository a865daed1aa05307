// SPDX-License-Identifier: MIT
// Locks as drivers take and release them: who holds what since where, and what is wrong with a release.
#include "inc/kernel.h"

#define VI_HELD_LOCKS 128 // at a time; of more, nothing is said

typedef struct _VI_HELD_LOCK {
    PVOID Lock; // NULL: the place is free
    PCSTR Kind;
    PKTHREAD Thread;
    ULONG64 Sequence;
    KIRQL OldIrql; // to which the release goes back; VI_NO_IRQL: it does not
    VI_STACK Stack;
} VI_HELD_LOCK;

#define VI_NO_IRQL 0xFF

static VI_HELD_LOCK ViHeldLocks[VI_HELD_LOCKS];
static ULONG64 ViSequence;
static BOOLEAN ViHeldLocksLost; // one was not noted: what is not known to be held may be held
static KSPIN_LOCK ViHeldLocksLock;

static PCSTR const ViSpinLock = "spin lock", ViFastMutex = "fast mutex", ViGuardedMutex = "guarded mutex";

static KIRQL ViLockTable(VOID)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&ViHeldLocksLock);
    return OldIrql;
}

static VOID ViUnlockTable(KIRQL OldIrql)
{
    KiReleaseSpinLock(&ViHeldLocksLock);
    KiSetIrql(OldIrql);
}

ULONG64 ViLockSequence(VOID)
{
    return ViSequence;
}

ULONG64 ViNextLockSequence(VOID)
{
    return __atomic_add_fetch(&ViSequence, 1, __ATOMIC_RELAXED);
}

// The place of Lock as the current thread holds it, or as anybody does; NULL. The table is locked.
static VI_HELD_LOCK *ViFindLock(PVOID Lock)
{
    for (ULONG Index = 0; Index < VI_HELD_LOCKS; Index += 1) {
        if (ViHeldLocks[Index].Lock == Lock) {
            return &ViHeldLocks[Index];
        }
    }
    return NULL;
}

static VOID ViNoteAcquired(PVOID Lock, PCSTR Kind, KIRQL LockIrql)
{
    VI_STACK Stack;
    ViCaptureStack(&Stack);
    if (LockIrql != VI_NO_IRQL && LockIrql < DISPATCH_LEVEL) {
        ViNoteRaised(DISPATCH_LEVEL, &Stack);
    }
    KIRQL OldIrql = ViLockTable();
    VI_HELD_LOCK *Held = ViFindLock(Lock);
    if (Held == NULL) {
        Held = ViFindLock(NULL);
    }
    if (Held == NULL) {
        ViHeldLocksLost = TRUE;
    } else {
        *Held = (VI_HELD_LOCK){.Lock = Lock,
                               .Kind = Kind,
                               .Thread = KiCurrentThread(),
                               .Sequence = ViNextLockSequence(),
                               .OldIrql = LockIrql,
                               .Stack = Stack};
    }
    ViUnlockTable(OldIrql);
}

// In front of an acquisition: the lock that the thread holds itself can never be had.
static VOID ViCheckAcquire(PVOID Lock, VI_KIND Kind)
{
    KIRQL OldIrql = ViLockTable();
    VI_HELD_LOCK *Held = ViFindLock(Lock);
    BOOLEAN Mine = Held != NULL && Held->Thread == KiCurrentThread();
    VI_HELD_LOCK Copy;
    if (Mine) {
        Copy = *Held;
    }
    ViUnlockTable(OldIrql);
    if (Mine) {
        ViReport(Kind, &Copy.Stack, "the %s at %p is acquired by the thread that holds it already", Copy.Kind,
                 Lock);
    }
}

// In front of a release. Irql: what the release is told to go back to, or VI_NO_IRQL.
static VOID ViNoteReleased(PVOID Lock, VI_KIND Kind, PCSTR Name, KIRQL Irql)
{
    KIRQL OldIrql = ViLockTable();
    VI_HELD_LOCK *Held = ViFindLock(Lock), Copy;
    BOOLEAN Known = Held != NULL, Mine = Known && Held->Thread == KiCurrentThread();
    if (Known) {
        Copy = *Held;
        Held->Lock = NULL;
    }
    ViUnlockTable(OldIrql);
    if (!Known) {
        if (!ViHeldLocksLost) {
            ViReport(Kind, NULL, "the %s at %p is released, and nobody holds it", Name, Lock);
        }
    } else if (!Mine) {
        ViReport(Kind, &Copy.Stack, "the %s at %p is released by a thread that does not hold it", Name, Lock);
    } else if (Irql != VI_NO_IRQL && Copy.OldIrql != VI_NO_IRQL && Irql != Copy.OldIrql) {
        ViReport(ViSpinLockWrongIrql, &Copy.Stack,
                 "the %s at %p is released to IRQL %u; the acquisition had returned %u", Name, Lock, Irql,
                 Copy.OldIrql);
    }
}

BOOLEAN ViCheckHeldLocks(const VI_CALLBACK *Callback)
{
    BOOLEAN Any = FALSE;
    for (;;) {
        VI_HELD_LOCK *Found = NULL, Copy;
        KIRQL OldIrql = ViLockTable();
        for (ULONG Index = 0; Found == NULL && Index < VI_HELD_LOCKS; Index += 1) {
            VI_HELD_LOCK *Held = &ViHeldLocks[Index];
            if (Held->Lock != NULL && Held->Thread == KiCurrentThread() &&
                Held->Sequence > Callback->Sequence) {
                Found = Held;
            }
        }
        if (Found != NULL) {
            Copy = *Found;
            Found->Lock = NULL;
        }
        ViUnlockTable(OldIrql);
        if (Found == NULL) {
            return Any;
        }
        Any = TRUE;
        ViReportLeft(ViLockHeld, &Copy.Stack, "the %s routine returned and holds the %s at %p",
                     Callback->Type, Copy.Kind, Copy.Lock);
    }
}

PVOID ViHeldSpinLock(VI_STACK *Stack)
{
    PVOID Lock = NULL;
    ULONG64 Latest = 0;
    KIRQL OldIrql = ViLockTable();
    for (ULONG Index = 0; Index < VI_HELD_LOCKS; Index += 1) {
        const VI_HELD_LOCK *Held = &ViHeldLocks[Index];
        if (Held->Lock != NULL && Held->Kind == ViSpinLock && Held->Thread == KiCurrentThread() &&
            Held->Sequence > Latest) {
            Latest = Held->Sequence;
            Lock = Held->Lock;
            *Stack = Held->Stack;
        }
    }
    ViUnlockTable(OldIrql);
    return Lock;
}

VOID ViForgetLocks(ULONG_PTR Start, SIZE_T Bytes)
{
    KIRQL OldIrql = ViLockTable();
    for (ULONG Index = 0; Index < VI_HELD_LOCKS; Index += 1) {
        if ((ULONG_PTR)ViHeldLocks[Index].Lock - Start < Bytes) {
            ViHeldLocks[Index].Lock = NULL;
        }
    }
    ViUnlockTable(OldIrql);
}

// ---- Spin locks
// --------------------------------------------------------------------------------------------------

// The exports: the headers make other things of some of the names.
KIRQL NTAPI ViRealAcquireRaise(PKSPIN_LOCK Lock) __asm__("KeAcquireSpinLockRaiseToDpc");
VOID NTAPI ViRealRelease(PKSPIN_LOCK Lock, KIRQL OldIrql) __asm__("KeReleaseSpinLock");
VOID NTAPI ViRealAcquireAtDpc(PKSPIN_LOCK Lock) __asm__("KeAcquireSpinLockAtDpcLevel");
VOID NTAPI ViRealReleaseFromDpc(PKSPIN_LOCK Lock) __asm__("KeReleaseSpinLockFromDpcLevel");
VOID FASTCALL ViRealAcquireFastMutex(PFAST_MUTEX Mutex) __asm__("ExAcquireFastMutex");
VOID FASTCALL ViRealReleaseFastMutex(PFAST_MUTEX Mutex) __asm__("ExReleaseFastMutex");
BOOLEAN FASTCALL ViRealTryFastMutex(PFAST_MUTEX Mutex) __asm__("ExTryToAcquireFastMutex");

KIRQL NTAPI ViAcquireSpinLockRaiseToDpc(PKSPIN_LOCK Lock)
{
    ViCheckAcquire(Lock, ViSpinLockRecursive);
    KIRQL OldIrql = ViRealAcquireRaise(Lock);
    ViNoteAcquired(Lock, ViSpinLock, OldIrql);
    return OldIrql;
}

VOID NTAPI ViReleaseSpinLock(PKSPIN_LOCK Lock, KIRQL OldIrql)
{
    ViNoteReleased(Lock, ViSpinLockNotHeld, ViSpinLock, OldIrql);
    ViRealRelease(Lock, OldIrql);
}

VOID NTAPI ViAcquireSpinLockAtDpcLevel(PKSPIN_LOCK Lock)
{
    ViCheckAcquire(Lock, ViSpinLockRecursive);
    ViRealAcquireAtDpc(Lock);
    ViNoteAcquired(Lock, ViSpinLock, VI_NO_IRQL);
}

VOID NTAPI ViReleaseSpinLockFromDpcLevel(PKSPIN_LOCK Lock)
{
    ViNoteReleased(Lock, ViSpinLockNotHeld, ViSpinLock, VI_NO_IRQL);
    ViRealReleaseFromDpc(Lock);
}

BOOLEAN NTAPI ViTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK Lock)
{
    BOOLEAN Acquired = KeTryToAcquireSpinLockAtDpcLevel(Lock);
    if (Acquired) {
        ViNoteAcquired(Lock, ViSpinLock, VI_NO_IRQL);
    }
    return Acquired;
}

KIRQL FASTCALL ViAcquireSpinLockForDpc(PKSPIN_LOCK Lock)
{
    ViCheckAcquire(Lock, ViSpinLockRecursive);
    KIRQL OldIrql = KeAcquireSpinLockForDpc(Lock);
    ViNoteAcquired(Lock, ViSpinLock, OldIrql);
    return OldIrql;
}

VOID FASTCALL ViReleaseSpinLockForDpc(PKSPIN_LOCK Lock, KIRQL OldIrql)
{
    ViNoteReleased(Lock, ViSpinLockNotHeld, ViSpinLock, OldIrql);
    KeReleaseSpinLockForDpc(Lock, OldIrql);
}

// A queued lock is known by its lock, as any other; the handle leads to it.
VOID FASTCALL ViAcquireInStackQueuedSpinLock(PKSPIN_LOCK Lock, PKLOCK_QUEUE_HANDLE Handle)
{
    ViCheckAcquire(Lock, ViSpinLockRecursive);
    KeAcquireInStackQueuedSpinLock(Lock, Handle);
    ViNoteAcquired(Lock, ViSpinLock, VI_NO_IRQL);
}

VOID FASTCALL ViReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE Handle)
{
    ViNoteReleased(Handle->LockQueue.Lock, ViSpinLockNotHeld, ViSpinLock, VI_NO_IRQL);
    KeReleaseInStackQueuedSpinLock(Handle);
}

VOID FASTCALL ViAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK Lock, PKLOCK_QUEUE_HANDLE Handle)
{
    ViCheckAcquire(Lock, ViSpinLockRecursive);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(Lock, Handle);
    ViNoteAcquired(Lock, ViSpinLock, VI_NO_IRQL);
}

VOID FASTCALL ViReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE Handle)
{
    ViNoteReleased(Handle->LockQueue.Lock, ViSpinLockNotHeld, ViSpinLock, VI_NO_IRQL);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(Handle);
}

VOID FASTCALL ViAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK Lock, PKLOCK_QUEUE_HANDLE Handle)
{
    ViCheckAcquire(Lock, ViSpinLockRecursive);
    KeAcquireInStackQueuedSpinLockForDpc(Lock, Handle);
    ViNoteAcquired(Lock, ViSpinLock, VI_NO_IRQL);
}

VOID FASTCALL ViReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE Handle)
{
    ViNoteReleased(Handle->LockQueue.Lock, ViSpinLockNotHeld, ViSpinLock, VI_NO_IRQL);
    KeReleaseInStackQueuedSpinLockForDpc(Handle);
}

// ---- Fast and guarded mutexes
// ------------------------------------------------------------------------------------

VOID FASTCALL ViAcquireFastMutex(PFAST_MUTEX Mutex)
{
    ViCheckAcquire(Mutex, ViMutexRecursive);
    ViRealAcquireFastMutex(Mutex);
    ViNoteAcquired(Mutex, ViFastMutex, VI_NO_IRQL);
}

BOOLEAN FASTCALL ViTryToAcquireFastMutex(PFAST_MUTEX Mutex)
{
    BOOLEAN Acquired = ViRealTryFastMutex(Mutex);
    if (Acquired) {
        ViNoteAcquired(Mutex, ViFastMutex, VI_NO_IRQL);
    }
    return Acquired;
}

VOID FASTCALL ViReleaseFastMutex(PFAST_MUTEX Mutex)
{
    ViNoteReleased(Mutex, ViMutexNotHeld, ViFastMutex, VI_NO_IRQL);
    ViRealReleaseFastMutex(Mutex);
}

VOID FASTCALL ViAcquireFastMutexUnsafe(PFAST_MUTEX Mutex)
{
    ViCheckAcquire(Mutex, ViMutexRecursive);
    ExAcquireFastMutexUnsafe(Mutex);
    ViNoteAcquired(Mutex, ViFastMutex, VI_NO_IRQL);
}

VOID FASTCALL ViReleaseFastMutexUnsafe(PFAST_MUTEX Mutex)
{
    ViNoteReleased(Mutex, ViMutexNotHeld, ViFastMutex, VI_NO_IRQL);
    ExReleaseFastMutexUnsafe(Mutex);
}

VOID FASTCALL ViAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ViCheckAcquire(Mutex, ViMutexRecursive);
    KeAcquireGuardedMutex(Mutex);
    ViNoteAcquired(Mutex, ViGuardedMutex, VI_NO_IRQL);
}

BOOLEAN FASTCALL ViTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    BOOLEAN Acquired = KeTryToAcquireGuardedMutex(Mutex);
    if (Acquired) {
        ViNoteAcquired(Mutex, ViGuardedMutex, VI_NO_IRQL);
    }
    return Acquired;
}

VOID FASTCALL ViReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    ViNoteReleased(Mutex, ViMutexNotHeld, ViGuardedMutex, VI_NO_IRQL);
    KeReleaseGuardedMutex(Mutex);
}

VOID FASTCALL ViAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    ViCheckAcquire(Mutex, ViMutexRecursive);
    KeAcquireGuardedMutexUnsafe(Mutex);
    ViNoteAcquired(Mutex, ViGuardedMutex, VI_NO_IRQL);
}

VOID FASTCALL ViReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    ViNoteReleased(Mutex, ViMutexNotHeld, ViGuardedMutex, VI_NO_IRQL);
    KeReleaseGuardedMutexUnsafe(Mutex);
}
