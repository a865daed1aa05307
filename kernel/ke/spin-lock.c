// SPDX-License-Identifier: MIT
// Spin locks: the exported routines, and the spinning itself, which ends in a report when it never would.
#include "inc/kernel.h"

#define KI_SPINS_BEFORE_CHECK 1000

// The DDK's headers make inline functions or macros of some names; the exports have their own bodies.
#undef KeInitializeSpinLock
#undef KeAcquireSpinLockAtDpcLevel
#undef KeReleaseSpinLockFromDpcLevel
VOID NTAPI KiInitializeSpinLockExport(PKSPIN_LOCK Lock) __asm__("KeInitializeSpinLock");
KIRQL NTAPI KiAcquireSpinLockRaiseToDpcExport(PKSPIN_LOCK Lock) __asm__("KeAcquireSpinLockRaiseToDpc");
VOID NTAPI KiReleaseSpinLockExport(PKSPIN_LOCK Lock, KIRQL OldIrql) __asm__("KeReleaseSpinLock");
VOID NTAPI KiAcquireSpinLockAtDpcLevelExport(PKSPIN_LOCK Lock) __asm__("KeAcquireSpinLockAtDpcLevel");
VOID NTAPI KiReleaseSpinLockFromDpcLevelExport(PKSPIN_LOCK Lock) __asm__("KeReleaseSpinLockFromDpcLevel");

PKPRCB KiProcessorRunning(PKTHREAD Thread)
{
    // One that has just started does not count yet, but runs.
    for (ULONG Number = 0; Number < KI_MAXIMUM_PROCESSORS && KiProcessors[Number] != NULL; Number += 1) {
        if (KiProcessors[Number]->Prcb.CurrentThread == Thread) {
            return &KiProcessors[Number]->Prcb;
        }
    }
    return NULL;
}

// TRUE if the lock's holder waits, itself or through others, for the calling thread, or will never run again
// while this processor spins. Of processors that wait for each other, only the one of the lowest number is
// told so: each looks, and one report is enough.
static BOOLEAN KiIsDeadlock(PKSPIN_LOCK Lock, ULONG_PTR Word)
{
    PKTHREAD Self = KiCurrentThread();
    ULONG Lowest = KiGetPrcb()->Number;
    for (ULONG Depth = 0; Depth < KI_MAXIMUM_PROCESSORS; Depth += 1) {
        PKTHREAD Owner = (PKTHREAD)(Word & ~KI_SPIN_LOCK_HELD);
        if (Owner == Self) {
            return Lowest == KiGetPrcb()->Number;
        }
        PKPRCB Prcb = KiProcessorRunning(Owner);
        if (Prcb == NULL) {
            // It has left its processor with the lock held, or the word was never a lock: look again, it may
            // have been released just now, or be on its way to a processor.
            return !(MiIsRangeReadable((ULONG_PTR)Owner, sizeof(KTHREAD)) && Owner->Running) &&
                   *(volatile ULONG_PTR *)Lock == Word;
        }
        PKSPIN_LOCK Next = (PKSPIN_LOCK)Prcb->SpinningOn;
        if (Next == NULL) {
            return FALSE;
        }
        Lowest = Prcb->Number < Lowest ? Prcb->Number : Lowest;
        Word = *(volatile ULONG_PTR *)Next;
        Lock = Next;
        if (Word == 0) {
            return FALSE;
        }
    }
    return FALSE;
}

VOID KiWaitForSpinLock(PKSPIN_LOCK Lock)
{
    PKPRCB Prcb = KiGetPrcb();
    PKSPIN_LOCK Outer = (PKSPIN_LOCK)Prcb->SpinningOn;
    ULONG Suspicions = 0;
    Prcb->SpinningOn = Lock;
    for (ULONG Spins = 1; !KiTryToAcquireSpinLock(Lock); Spins += 1) {
        ULONG_PTR Word = *(volatile ULONG_PTR *)Lock;
        if (Word != 0 &&
            (KiProcessors[1] == NULL || Word == ((ULONG_PTR)KiCurrentThread() | KI_SPIN_LOCK_HELD))) {
            KiReportSpinLockDeadlock(Lock, (PKTHREAD)(Word & ~KI_SPIN_LOCK_HELD));
        }
        __builtin_ia32_pause();
        if (Spins % KI_SPINS_BEFORE_CHECK == 0) {
            if (Prcb->SpinFrameCount == 0) {
                Prcb->SpinFrameCount = RtlWalkFrameChain((PVOID *)Prcb->SpinFrames, KM_WAIT_FRAMES, 0);
            }
            // Several looks in a row: what is read of other processors moves while it is read.
            Suspicions = Word != 0 && KiIsDeadlock(Lock, Word) ? Suspicions + 1 : 0;
            if (Suspicions == 100) {
                KiReportSpinLockDeadlock(Lock, (PKTHREAD)(Word & ~KI_SPIN_LOCK_HELD));
            }
            KeMachine->relax_processor();
        }
    }
    Prcb->SpinFrameCount = 0;
    Prcb->SpinningOn = Outer;
}

VOID NTAPI KiInitializeSpinLockExport(PKSPIN_LOCK Lock)
{
    *Lock = 0;
}

// IRQL <= DISPATCH_LEVEL; DISPATCH_LEVEL afterwards. Returns the IRQL for KeReleaseSpinLock.
KIRQL NTAPI KiAcquireSpinLockRaiseToDpcExport(PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    if (OldIrql > DISPATCH_LEVEL) {
        KiSetIrql(OldIrql);
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)Lock, OldIrql, 0,
                     (ULONG_PTR)__builtin_return_address(0));
    }
    KiAcquireSpinLock(Lock);
    return OldIrql;
}

// DISPATCH_LEVEL. OldIrql is what the acquisition returned.
VOID NTAPI KiReleaseSpinLockExport(PKSPIN_LOCK Lock, KIRQL OldIrql)
{
    KiReleaseSpinLock(Lock);
    KiLowerIrql(OldIrql);
}

// IRQL >= DISPATCH_LEVEL.
VOID NTAPI KiAcquireSpinLockAtDpcLevelExport(PKSPIN_LOCK Lock)
{
    KiAcquireSpinLock(Lock);
}

VOID NTAPI KiReleaseSpinLockFromDpcLevelExport(PKSPIN_LOCK Lock)
{
    KiReleaseSpinLock(Lock);
}

// FALSE: somebody holds it. IRQL >= DISPATCH_LEVEL.
BOOLEAN NTAPI KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    return KiTryToAcquireSpinLock(SpinLock);
}

// TRUE if nobody holds it at this moment. Any IRQL.
BOOLEAN NTAPI KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    return *(volatile ULONG_PTR *)SpinLock == 0;
}

// Raises no higher than DISPATCH_LEVEL, and not at all from above it: for callers of whom nobody knows.
KIRQL FASTCALL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
    KIRQL OldIrql = KiGetIrql();
    if (OldIrql < DISPATCH_LEVEL) {
        KiRaiseIrql(DISPATCH_LEVEL);
    }
    KiAcquireSpinLock(SpinLock);
    return OldIrql;
}

VOID FASTCALL KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql)
{
    KiReleaseSpinLock(SpinLock);
    if (OldIrql < DISPATCH_LEVEL) {
        KiLowerIrql(OldIrql);
    }
}

// In-stack queued locks. The handle names the lock for the release; the waiting is the same.
VOID FASTCALL KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    LockHandle->OldIrql = KiAcquireSpinLockRaiseToDpcExport(SpinLock);
    LockHandle->LockQueue.Lock = SpinLock;
    LockHandle->LockQueue.Next = NULL;
}

VOID FASTCALL KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
    KiReleaseSpinLockExport(LockHandle->LockQueue.Lock, LockHandle->OldIrql);
}

VOID FASTCALL KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    KiAcquireSpinLock(SpinLock);
    LockHandle->OldIrql = DISPATCH_LEVEL;
    LockHandle->LockQueue.Lock = SpinLock;
    LockHandle->LockQueue.Next = NULL;
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
    KiReleaseSpinLock(LockHandle->LockQueue.Lock);
}

VOID FASTCALL KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    LockHandle->OldIrql = KeAcquireSpinLockForDpc(SpinLock);
    LockHandle->LockQueue.Lock = SpinLock;
    LockHandle->LockQueue.Next = NULL;
}

VOID FASTCALL KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle)
{
    KeReleaseSpinLockForDpc(LockHandle->LockQueue.Lock, LockHandle->OldIrql);
}
