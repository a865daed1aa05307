// SPDX-License-Identifier: MIT
// Reader-writer spin locks (EX_SPIN_LOCK). A writer that waits keeps further readers out.
#include "inc/kernel.h"

// The word: how many share the lock, or, once a writer has it alone, the number of its processor, on which it
// stays at DISPATCH_LEVEL.
#define EXP_LOCK_EXCLUSIVE 0x80000000u // a writer has it, or waits for the last readers
#define EXP_LOCK_WANTED    0x40000000u // another writer waits
#define EXP_LOCK_ALONE     0x20000000u // the writer has it, and the word holds its processor
#define EXP_LOCK_NUMBER    0x1FFFFFFFu

#define EXP_SPINS_BEFORE_REST 1000

static inline ULONG ExpReadLock(PEX_SPIN_LOCK SpinLock)
{
    return (ULONG)__atomic_load_n(SpinLock, __ATOMIC_ACQUIRE);
}

static inline BOOLEAN ExpReplaceLock(PEX_SPIN_LOCK SpinLock, ULONG Old, ULONG New)
{
    LONG Expected = (LONG)Old;
    return __atomic_compare_exchange_n(SpinLock, &Expected, (LONG)New, FALSE, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

// Between two looks at a lock that is not to be had. Ends the run if it never will be: nobody else runs to
// release it, or the caller has it.
static VOID ExpSpin(PEX_SPIN_LOCK SpinLock, ULONG Word, ULONG *Spins)
{
    ULONG Number = KiGetPrcb()->Number;
    BOOLEAN IsMine = (Word & EXP_LOCK_ALONE) != 0 && (Word & EXP_LOCK_NUMBER) == Number;
    if (KiProcessorCount == 1 || IsMine) {
        KiReportSpinLockDeadlock((PKSPIN_LOCK)SpinLock, IsMine ? KiCurrentThread() : NULL);
    }
    __builtin_ia32_pause();
    *Spins += 1;
    if (*Spins % EXP_SPINS_BEFORE_REST == 0) {
        KeMachine->relax_processor();
    }
}

// ---- At IRQL >= DISPATCH_LEVEL

LOGICAL NTAPI ExTryAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    for (;;) {
        ULONG Word = ExpReadLock(SpinLock);
        if (Word & (EXP_LOCK_EXCLUSIVE | EXP_LOCK_WANTED)) {
            return FALSE;
        }
        if (ExpReplaceLock(SpinLock, Word, Word + 1)) {
            return TRUE;
        }
    }
}

VOID NTAPI ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ULONG Spins = 0;
    while (!ExTryAcquireSpinLockSharedAtDpcLevel(SpinLock)) {
        ULONG Word = ExpReadLock(SpinLock);
        if (Word & (EXP_LOCK_EXCLUSIVE | EXP_LOCK_WANTED)) {
            ExpSpin(SpinLock, Word, &Spins);
        }
    }
}

VOID NTAPI ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    __atomic_sub_fetch(SpinLock, 1, __ATOMIC_RELEASE);
}

static inline ULONG ExpAloneHere(VOID)
{
    return EXP_LOCK_EXCLUSIVE | EXP_LOCK_ALONE | KiGetPrcb()->Number;
}

// FALSE: somebody has the lock, or a writer waits for it.
LOGICAL NTAPI ExTryAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    return ExpReplaceLock(SpinLock, 0, ExpAloneHere());
}

VOID NTAPI ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    ULONG Spins = 0, Word;
    // First against other writers, of whom those that wait say so each time that they look ...
    for (;;) {
        Word = ExpReadLock(SpinLock);
        if ((Word & EXP_LOCK_EXCLUSIVE) == 0) {
            ULONG Readers = Word & EXP_LOCK_NUMBER;
            if (ExpReplaceLock(SpinLock, Word,
                               Readers == 0 ? ExpAloneHere() : EXP_LOCK_EXCLUSIVE | Readers)) {
                if (Readers == 0) {
                    return;
                }
                break;
            }
        } else if ((Word & EXP_LOCK_WANTED) != 0 || ExpReplaceLock(SpinLock, Word, Word | EXP_LOCK_WANTED)) {
            ExpSpin(SpinLock, Word, &Spins);
        }
    }
    // ... then until the readers have left.
    for (;;) {
        Word = ExpReadLock(SpinLock);
        if ((Word & EXP_LOCK_NUMBER) != 0) {
            ExpSpin(SpinLock, Word, &Spins);
        } else if (ExpReplaceLock(SpinLock, Word, ExpAloneHere() | (Word & EXP_LOCK_WANTED))) {
            return;
        }
    }
}

VOID NTAPI ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    __atomic_and_fetch(SpinLock, (LONG)EXP_LOCK_WANTED, __ATOMIC_RELEASE);
}

// The caller shares the lock. FALSE: so do others, or a writer waits; the caller goes on sharing it.
LOGICAL NTAPI ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    return ExpReplaceLock(SpinLock, 1, ExpAloneHere());
}

// ---- At IRQL <= DISPATCH_LEVEL, and at DISPATCH_LEVEL until the release

KIRQL NTAPI ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock)
{
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    ExAcquireSpinLockSharedAtDpcLevel(SpinLock);
    return OldIrql;
}

KIRQL NTAPI ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    ExAcquireSpinLockExclusiveAtDpcLevel(SpinLock);
    return OldIrql;
}

VOID NTAPI ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    ExReleaseSpinLockSharedFromDpcLevel(SpinLock);
    KiLowerIrql(OldIrql);
}

VOID NTAPI ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    ExReleaseSpinLockExclusiveFromDpcLevel(SpinLock);
    KiLowerIrql(OldIrql);
}
