// SPDX-License-Identifier: MIT
// Spin locks as the kernel itself takes them.
#ifndef KMODE_KE_SPIN_LOCK_H
#define KMODE_KE_SPIN_LOCK_H

// A held lock's word is the thread that holds it, with bit 0 set: so a lock that can never be had is found,
// and its holder named, instead of being spun on.
#define KI_SPIN_LOCK_HELD ((ULONG_PTR)1)

// Spins until the lock is had. Ends the run with a deadlock's report if it never can be. IRQL >=
// DISPATCH_LEVEL.
VOID KiWaitForSpinLock(PKSPIN_LOCK Lock);

// No other processor runs: what nothing on this one can interrupt need not be locked against the others,
// which costs more than the rest of it.
static inline BOOLEAN KiIsOneProcessor(VOID)
{
    return KiProcessors[1] == NULL;
}

static inline BOOLEAN KiTryToAcquireSpinLock(PKSPIN_LOCK Lock)
{
    ULONG_PTR Free = 0;
    ULONG_PTR Held = (ULONG_PTR)KiCurrentThread() | KI_SPIN_LOCK_HELD;
    if (KiIsOneProcessor()) {
        // Nobody who takes the lock can come between.
        if (*Lock != 0) {
            return FALSE;
        }
        __atomic_store_n(Lock, Held, __ATOMIC_RELAXED);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        return TRUE;
    }
    return __atomic_compare_exchange_n(Lock, &Free, Held, FALSE, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

// IRQL >= DISPATCH_LEVEL, the highest at which the lock is ever taken.
static inline VOID KiAcquireSpinLock(PKSPIN_LOCK Lock)
{
    if (!KiTryToAcquireSpinLock(Lock)) {
        KiWaitForSpinLock(Lock);
    }
}

// Makes *Word New if it is *Old, which becomes what it was. Any IRQL.
static inline BOOLEAN KiReplaceWord(volatile ULONG_PTR *Word, ULONG_PTR *Old, ULONG_PTR New)
{
    if (KiIsOneProcessor()) {
        // One instruction: an interrupt comes before it or behind it.
        BOOLEAN Replaced;
        __asm__ volatile("cmpxchgq %3, %1"
                         : "+a"(*Old), "+m"(*Word), "=@ccz"(Replaced)
                         : "r"(New)
                         : "memory");
        return Replaced;
    }
    return __atomic_compare_exchange_n(Word, Old, New, FALSE, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

// Adds to a count that other threads, and other processors, add to as well; returns the sum. Any IRQL.
static inline LONG_PTR KiAddToCount(volatile LONG_PTR *Count, LONG_PTR Addend)
{
    LONG_PTR Before = Addend;
    if (KiIsOneProcessor()) {
        __asm__ volatile("xaddq %0, %1" : "+r"(Before), "+m"(*Count) : : "cc", "memory");
        return Before + Addend;
    }
    return __atomic_add_fetch(Count, Addend, __ATOMIC_SEQ_CST);
}

static inline VOID KiReleaseSpinLock(PKSPIN_LOCK Lock)
{
    __atomic_store_n(Lock, 0, __ATOMIC_RELEASE);
}

// The same of a lock that is taken from below: at DISPATCH_LEVEL until it is released. Returns the IRQL that
// there was. IRQL <= DISPATCH_LEVEL.
static inline KIRQL KiAcquireSpinLockRaise(PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    KiAcquireSpinLock(Lock);
    return OldIrql;
}

static inline VOID KiReleaseSpinLockLower(PKSPIN_LOCK Lock, KIRQL OldIrql)
{
    KiReleaseSpinLock(Lock);
    KiLowerIrql(OldIrql);
}

#endif
