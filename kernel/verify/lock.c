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

static PCSTR const ViSpinLock = "spin lock", ViQueuedSpinLock = "queued spin lock",
                   ViSharedSpinLock = "shared spin lock", ViExclusiveSpinLock = "exclusive spin lock",
                   ViFastMutex = "fast mutex", ViGuardedMutex = "guarded mutex";

// An EX_SPIN_LOCK, which several threads may share.
static BOOLEAN ViIsReaderWriter(PCSTR Kind)
{
    return Kind == ViSharedSpinLock || Kind == ViExclusiveSpinLock;
}

static BOOLEAN ViIsSpinLock(PCSTR Kind)
{
    return Kind == ViSpinLock || Kind == ViQueuedSpinLock || ViIsReaderWriter(Kind);
}

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

// The place of Lock as Thread holds it, or, if that is NULL, as anybody does; NULL. The table is locked.
static VI_HELD_LOCK *ViFindLock(PVOID Lock, PKTHREAD Thread)
{
    for (ULONG Index = 0; Index < VI_HELD_LOCKS; Index += 1) {
        if (ViHeldLocks[Index].Lock == Lock && (Thread == NULL || ViHeldLocks[Index].Thread == Thread)) {
            return &ViHeldLocks[Index];
        }
    }
    return NULL;
}

// Of a lock that several may hold, the current thread's place.
static VI_HELD_LOCK *ViFindLockOfKind(PVOID Lock, PCSTR Kind)
{
    return ViFindLock(Lock, ViIsReaderWriter(Kind) ? KiCurrentThread() : NULL);
}

static VOID ViNoteAcquired(PVOID Lock, PCSTR Kind, KIRQL LockIrql)
{
    VI_STACK Stack;
    ViCaptureStack(&Stack);
    if (LockIrql != VI_NO_IRQL && LockIrql < DISPATCH_LEVEL) {
        ViNoteRaised(DISPATCH_LEVEL, &Stack);
    }
    KIRQL OldIrql = ViLockTable();
    VI_HELD_LOCK *Held = ViFindLockOfKind(Lock, Kind);
    if (Held == NULL) {
        Held = ViFindLock(NULL, NULL);
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

// In front of an acquisition: the lock that the thread holds itself can never be had, and one that is queued
// for is never taken without.
static VOID ViCheckAcquire(PVOID Lock, VI_KIND Finding, PCSTR Kind)
{
    KIRQL OldIrql = ViLockTable();
    VI_HELD_LOCK *Held = ViFindLockOfKind(Lock, Kind), Copy;
    BOOLEAN Known = Held != NULL;
    if (Known) {
        Copy = *Held;
    }
    ViUnlockTable(OldIrql);
    if (Known && Copy.Thread == KiCurrentThread()) {
        ViReport(Finding, &Copy.Stack, "the %s at %p is acquired by the thread that holds it already",
                 Copy.Kind, Lock);
    } else if (Known && Copy.Kind != Kind) {
        ViReport(ViSpinLockMixed, &Copy.Stack, "the %s at %p is acquired as a %s", Copy.Kind, Lock, Kind);
    }
}

// TRUE if the current thread holds a spin lock. The table is locked.
static BOOLEAN ViHoldsSpinLock(VOID)
{
    for (ULONG Index = 0; Index < VI_HELD_LOCKS; Index += 1) {
        const VI_HELD_LOCK *Held = &ViHeldLocks[Index];
        if (Held->Lock != NULL && Held->Thread == KiCurrentThread() && ViIsSpinLock(Held->Kind)) {
            return TRUE;
        }
    }
    return FALSE;
}

// In front of a release. Irql: what the release is told to go back to, or VI_NO_IRQL.
static VOID ViNoteReleased(PVOID Lock, VI_KIND Finding, PCSTR Kind, KIRQL Irql)
{
    KIRQL OldIrql = ViLockTable();
    VI_HELD_LOCK *Held = ViFindLockOfKind(Lock, Kind), Copy;
    if (Held == NULL) {
        Held = ViFindLock(Lock, NULL);
    }
    BOOLEAN Known = Held != NULL, Mine = Known && Held->Thread == KiCurrentThread(), Last = FALSE;
    if (Known) {
        Copy = *Held;
        if (Mine || !ViIsReaderWriter(Held->Kind)) {
            Held->Lock = NULL;
        }
        Last = !ViHoldsSpinLock();
    }
    ViUnlockTable(OldIrql);
    if (!Known) {
        if (!ViHeldLocksLost) {
            ViReport(Finding, NULL, "the %s at %p is released, and nobody holds it", Kind, Lock);
        }
    } else if (!Mine) {
        ViReport(Finding, &Copy.Stack, "the %s at %p is released by a thread that does not hold it", Kind,
                 Lock);
    } else if (Copy.Kind != Kind) {
        ViReport(ViSpinLockMixed, &Copy.Stack, "the %s at %p is released as a %s", Copy.Kind, Lock, Kind);
    } else if (Irql != VI_NO_IRQL && Copy.OldIrql != VI_NO_IRQL && Irql != Copy.OldIrql) {
        ViReport(ViSpinLockWrongIrql, &Copy.Stack,
                 "the %s at %p is released to IRQL %u; the acquisition had returned %u", Kind, Lock, Irql,
                 Copy.OldIrql);
    } else if (Irql == VI_NO_IRQL && Copy.OldIrql < DISPATCH_LEVEL && Last) {
        // As long as another one is held, its release may be what lowers IRQL.
        ViReport(ViSpinLockWrongIrql, &Copy.Stack,
                 "the %s at %p is released without lowering IRQL; its acquisition had raised it from %u",
                 Kind, Lock, Copy.OldIrql);
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
        if (Held->Lock != NULL && ViIsSpinLock(Held->Kind) && Held->Thread == KiCurrentThread() &&
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
    ViCheckAcquire(Lock, ViSpinLockRecursive, ViSpinLock);
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
    ViCheckAcquire(Lock, ViSpinLockRecursive, ViSpinLock);
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
    ViCheckAcquire(Lock, ViSpinLockRecursive, ViSpinLock);
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
    ViCheckAcquire(Lock, ViSpinLockRecursive, ViQueuedSpinLock);
    KeAcquireInStackQueuedSpinLock(Lock, Handle);
    ViNoteAcquired(Lock, ViQueuedSpinLock, Handle->OldIrql);
}

VOID FASTCALL ViReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE Handle)
{
    ViNoteReleased(Handle->LockQueue.Lock, ViSpinLockNotHeld, ViQueuedSpinLock, Handle->OldIrql);
    KeReleaseInStackQueuedSpinLock(Handle);
}

VOID FASTCALL ViAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK Lock, PKLOCK_QUEUE_HANDLE Handle)
{
    ViCheckAcquire(Lock, ViSpinLockRecursive, ViQueuedSpinLock);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(Lock, Handle);
    ViNoteAcquired(Lock, ViQueuedSpinLock, VI_NO_IRQL);
}

VOID FASTCALL ViReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE Handle)
{
    ViNoteReleased(Handle->LockQueue.Lock, ViSpinLockNotHeld, ViQueuedSpinLock, VI_NO_IRQL);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(Handle);
}

VOID FASTCALL ViAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK Lock, PKLOCK_QUEUE_HANDLE Handle)
{
    ViCheckAcquire(Lock, ViSpinLockRecursive, ViQueuedSpinLock);
    KeAcquireInStackQueuedSpinLockForDpc(Lock, Handle);
    ViNoteAcquired(Lock, ViQueuedSpinLock, Handle->OldIrql);
}

VOID FASTCALL ViReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE Handle)
{
    ViNoteReleased(Handle->LockQueue.Lock, ViSpinLockNotHeld, ViQueuedSpinLock, Handle->OldIrql);
    KeReleaseInStackQueuedSpinLockForDpc(Handle);
}

// ---- Reader-writer spin locks

KIRQL NTAPI ViAcquireExSpinLockShared(PEX_SPIN_LOCK Lock)
{
    ViCheckAcquire((PVOID)Lock, ViSpinLockRecursive, ViSharedSpinLock);
    KIRQL OldIrql = ExAcquireSpinLockShared(Lock);
    ViNoteAcquired((PVOID)Lock, ViSharedSpinLock, OldIrql);
    return OldIrql;
}

KIRQL NTAPI ViAcquireExSpinLockExclusive(PEX_SPIN_LOCK Lock)
{
    ViCheckAcquire((PVOID)Lock, ViSpinLockRecursive, ViExclusiveSpinLock);
    KIRQL OldIrql = ExAcquireSpinLockExclusive(Lock);
    ViNoteAcquired((PVOID)Lock, ViExclusiveSpinLock, OldIrql);
    return OldIrql;
}

VOID NTAPI ViAcquireExSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK Lock)
{
    ViCheckAcquire((PVOID)Lock, ViSpinLockRecursive, ViSharedSpinLock);
    ExAcquireSpinLockSharedAtDpcLevel(Lock);
    ViNoteAcquired((PVOID)Lock, ViSharedSpinLock, VI_NO_IRQL);
}

VOID NTAPI ViAcquireExSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK Lock)
{
    ViCheckAcquire((PVOID)Lock, ViSpinLockRecursive, ViExclusiveSpinLock);
    ExAcquireSpinLockExclusiveAtDpcLevel(Lock);
    ViNoteAcquired((PVOID)Lock, ViExclusiveSpinLock, VI_NO_IRQL);
}

LOGICAL NTAPI ViTryAcquireExSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK Lock)
{
    ViCheckAcquire((PVOID)Lock, ViSpinLockRecursive, ViSharedSpinLock);
    LOGICAL Acquired = ExTryAcquireSpinLockSharedAtDpcLevel(Lock);
    if (Acquired) {
        ViNoteAcquired((PVOID)Lock, ViSharedSpinLock, VI_NO_IRQL);
    }
    return Acquired;
}

LOGICAL NTAPI ViTryAcquireExSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK Lock)
{
    LOGICAL Acquired = ExTryAcquireSpinLockExclusiveAtDpcLevel(Lock);
    if (Acquired) {
        ViNoteAcquired((PVOID)Lock, ViExclusiveSpinLock, VI_NO_IRQL);
    }
    return Acquired;
}

LOGICAL NTAPI ViTryConvertExSpinLock(PEX_SPIN_LOCK Lock)
{
    LOGICAL Converted = ExTryConvertSharedSpinLockExclusive(Lock);
    if (Converted) {
        KIRQL OldIrql = ViLockTable();
        VI_HELD_LOCK *Held = ViFindLock((PVOID)Lock, KiCurrentThread());
        if (Held != NULL) {
            Held->Kind = ViExclusiveSpinLock;
        }
        ViUnlockTable(OldIrql);
    }
    return Converted;
}

VOID NTAPI ViReleaseExSpinLockShared(PEX_SPIN_LOCK Lock, KIRQL OldIrql)
{
    ViNoteReleased((PVOID)Lock, ViSpinLockNotHeld, ViSharedSpinLock, OldIrql);
    ExReleaseSpinLockShared(Lock, OldIrql);
}

VOID NTAPI ViReleaseExSpinLockExclusive(PEX_SPIN_LOCK Lock, KIRQL OldIrql)
{
    ViNoteReleased((PVOID)Lock, ViSpinLockNotHeld, ViExclusiveSpinLock, OldIrql);
    ExReleaseSpinLockExclusive(Lock, OldIrql);
}

VOID NTAPI ViReleaseExSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK Lock)
{
    ViNoteReleased((PVOID)Lock, ViSpinLockNotHeld, ViSharedSpinLock, VI_NO_IRQL);
    ExReleaseSpinLockSharedFromDpcLevel(Lock);
}

VOID NTAPI ViReleaseExSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK Lock)
{
    ViNoteReleased((PVOID)Lock, ViSpinLockNotHeld, ViExclusiveSpinLock, VI_NO_IRQL);
    ExReleaseSpinLockExclusiveFromDpcLevel(Lock);
}

// ---- Fast and guarded mutexes

VOID FASTCALL ViAcquireFastMutex(PFAST_MUTEX Mutex)
{
    ViCheckAcquire(Mutex, ViMutexRecursive, ViFastMutex);
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
    ViCheckAcquire(Mutex, ViMutexRecursive, ViFastMutex);
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
    ViCheckAcquire(Mutex, ViMutexRecursive, ViGuardedMutex);
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
    ViCheckAcquire(Mutex, ViMutexRecursive, ViGuardedMutex);
    KeAcquireGuardedMutexUnsafe(Mutex);
    ViNoteAcquired(Mutex, ViGuardedMutex, VI_NO_IRQL);
}

VOID FASTCALL ViReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    ViNoteReleased(Mutex, ViMutexNotHeld, ViGuardedMutex, VI_NO_IRQL);
    KeReleaseGuardedMutexUnsafe(Mutex);
}
