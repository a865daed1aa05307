// SPDX-License-Identifier: MIT
// Spin locks as the kernel itself takes them: without a change of IRQL.
#ifndef KMODE_KE_SPIN_LOCK_H
#define KMODE_KE_SPIN_LOCK_H

// A held lock's word is the thread that holds it, with bit 0 set: so a lock that can never be had is found,
// and its holder named, instead of being spun on.
#define KI_SPIN_LOCK_HELD ((ULONG_PTR)1)

// Spins until the lock is had. Ends the run with a deadlock's report if it never can be. IRQL >=
// DISPATCH_LEVEL.
VOID KiWaitForSpinLock(PKSPIN_LOCK Lock);

// IRQL >= DISPATCH_LEVEL, the highest at which the lock is ever taken.
static inline VOID KiAcquireSpinLock(PKSPIN_LOCK Lock)
{
    ULONG_PTR Free = 0;
    ULONG_PTR Held = (ULONG_PTR)KiCurrentThread() | KI_SPIN_LOCK_HELD;
    if (!__atomic_compare_exchange_n(Lock, &Free, Held, FALSE, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        KiWaitForSpinLock(Lock);
    }
}

static inline BOOLEAN KiTryToAcquireSpinLock(PKSPIN_LOCK Lock)
{
    ULONG_PTR Free = 0;
    ULONG_PTR Held = (ULONG_PTR)KiCurrentThread() | KI_SPIN_LOCK_HELD;
    return __atomic_compare_exchange_n(Lock, &Free, Held, FALSE, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline VOID KiReleaseSpinLock(PKSPIN_LOCK Lock)
{
    __atomic_store_n(Lock, 0, __ATOMIC_RELEASE);
}

#endif
