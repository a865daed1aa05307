// SPDX-License-Identifier: MIT
// Locks, regions and IRQL as guards: begun by KmGuard..., ended by KmGuardEnd, or with their block where they
// are scoped (see <kmode/guard.h>).
//
//     static KSPIN_LOCK Lock;
//     static LONG Total;
//
//     static VOID Add(LONG Value)
//     {
//         KM_SCOPE {
//             KmScoped(SpinLock, &Lock);
//             Total += Value;
//         }
//         KM_SCOPE_END
//     }
//
//     static VOID AddInTwoCalls(LONG Value)
//     {
//         KM_GUARD Guard = KmGuardEmpty();
//
//         KmGuardSpinLock(&Guard, &Lock);
//         Total += Value;
//         KmGuardEnd(&Guard);
//     }
//
// The locks are NT's own, initialized by NT's routines: a guard may hold what other code holds by other
// means. A guard is begun while it holds nothing, and ended on the thread, and at the IRQL, that the begin
// left. None allocates.
#ifndef KMODE_LOCK_H
#define KMODE_LOCK_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/lock.h>"
#endif

#include <kmode/guard.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Spin locks

static __inline VOID NTAPI KmpEndSpinLock(_Inout_ PKM_GUARD Guard)
{
    KeReleaseSpinLock((PKSPIN_LOCK)Guard->Object, Guard->State.OldIrql);
}

/// Holds the spin lock, at DISPATCH_LEVEL; the end restores the IRQL.
static __inline _IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmGuardSpinLock(_Out_ PKM_GUARD Guard, _Inout_ PKSPIN_LOCK Lock)
{
    KeAcquireSpinLock(Lock, &Guard->State.OldIrql);
    Guard->Object = Lock;
    Guard->End = KmpEndSpinLock;
}

static __inline VOID NTAPI KmpEndSpinLockAtDpc(_Inout_ PKM_GUARD Guard)
{
    KeReleaseSpinLockFromDpcLevel((PKSPIN_LOCK)Guard->Object);
}

/// Holds the spin lock; for a caller that is at DISPATCH_LEVEL already, such as a DPC.
///
///     static KSPIN_LOCK Lock;
///     static LONG Total;
///
///     static VOID NTAPI OnDpc(PVOID Context)
///     {
///         KM_SCOPE {
///             KmScoped(SpinLockAtDpc, &Lock);
///             Total += *(PLONG)Context;
///         }
///         KM_SCOPE_END
///     }
static __inline _IRQL_requires_(DISPATCH_LEVEL) VOID NTAPI
    KmGuardSpinLockAtDpc(_Out_ PKM_GUARD Guard, _Inout_ PKSPIN_LOCK Lock)
{
    KeAcquireSpinLockAtDpcLevel(Lock);
    Guard->Object = Lock;
    Guard->End = KmpEndSpinLockAtDpc;
}

/// Holds the spin lock if nobody else does, and returns TRUE; else returns FALSE, and the guard holds
/// nothing.
///
///     static KSPIN_LOCK Lock;
///
///     static BOOLEAN TryFromDpc(VOID)
///     {
///         KM_GUARD Guard = KmGuardEmpty();
///
///         if (!KmGuardTrySpinLockAtDpc(&Guard, &Lock)) {
///             return FALSE;
///         }
///         KmGuardEnd(&Guard);
///         return TRUE;
///     }
static __inline _IRQL_requires_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmGuardTrySpinLockAtDpc(_Out_ PKM_GUARD Guard, _Inout_ PKSPIN_LOCK Lock)
{
    if (!KeTryToAcquireSpinLockAtDpcLevel(Lock)) {
        Guard->End = NULL;
        return FALSE;
    }
    Guard->Object = Lock;
    Guard->End = KmpEndSpinLockAtDpc;
    return TRUE;
}

static __inline VOID NTAPI KmpEndQueuedSpinLock(_Inout_ PKM_GUARD Guard)
{
    KeReleaseInStackQueuedSpinLock(&Guard->State.LockQueue);
}

/// Holds the spin lock by a queue: who has waited longest gets it next. At DISPATCH_LEVEL; the end restores
/// the IRQL. Never mixed with the plain forms on one lock. The guard must not be moved while it holds.
///
///     static KSPIN_LOCK Lock;
///     static LONG Total;
///
///     static VOID Add(LONG Value)
///     {
///         KM_SCOPE {
///             KmScoped(QueuedSpinLock, &Lock);
///             Total += Value;
///         }
///         KM_SCOPE_END
///     }
static __inline _IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmGuardQueuedSpinLock(_Out_ PKM_GUARD Guard, _Inout_ PKSPIN_LOCK Lock)
{
    KeAcquireInStackQueuedSpinLock(Lock, &Guard->State.LockQueue);
    Guard->Object = Lock;
    Guard->End = KmpEndQueuedSpinLock;
}

static __inline VOID NTAPI KmpEndQueuedSpinLockAtDpc(_Inout_ PKM_GUARD Guard)
{
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&Guard->State.LockQueue);
}

/// As KmGuardQueuedSpinLock, for a caller that is at DISPATCH_LEVEL already.
///
///     static KSPIN_LOCK Lock;
///
///     static VOID NTAPI OnDpc(PVOID Context)
///     {
///         KM_GUARD Guard = KmGuardEmpty();
///
///         KmGuardQueuedSpinLockAtDpc(&Guard, &Lock);
///         *(PLONG)Context += 1;
///         KmGuardEnd(&Guard);
///     }
static __inline _IRQL_requires_(DISPATCH_LEVEL) VOID NTAPI
    KmGuardQueuedSpinLockAtDpc(_Out_ PKM_GUARD Guard, _Inout_ PKSPIN_LOCK Lock)
{
    KeAcquireInStackQueuedSpinLockAtDpcLevel(Lock, &Guard->State.LockQueue);
    Guard->Object = Lock;
    Guard->End = KmpEndQueuedSpinLockAtDpc;
}

static __inline VOID NTAPI KmpEndInterruptSpinLock(_Inout_ PKM_GUARD Guard)
{
    KeReleaseInterruptSpinLock((PKINTERRUPT)Guard->Object, Guard->State.OldIrql);
}

/// Holds the lock that the interrupt's service routine runs under, at its DIRQL; the end restores the IRQL.
/// Interrupt is what IoConnectInterrupt gave. IRQL <= the interrupt's DIRQL.
///
///     static PKINTERRUPT Interrupt;
///     static ULONG Received;
///
///     static ULONG TakeReceived(VOID)
///     {
///         ULONG Count;
///
///         KM_SCOPE {
///             KmScoped(InterruptSpinLock, Interrupt);
///             Count = Received;
///             Received = 0;
///         }
///         KM_SCOPE_END
///         return Count;
///     }
static __inline VOID NTAPI KmGuardInterruptSpinLock(_Out_ PKM_GUARD Guard, _Inout_ PKINTERRUPT Interrupt)
{
    Guard->State.OldIrql = KeAcquireInterruptSpinLock(Interrupt);
    Guard->Object = Interrupt;
    Guard->End = KmpEndInterruptSpinLock;
}

/// A reader-writer spin lock (EX_SPIN_LOCK of the kits that know it), at first 0, in nonpaged memory.
typedef LONG KM_SHARED_SPIN_LOCK, *PKM_SHARED_SPIN_LOCK;

/// Hold a reader-writer spin lock, as one of several or alone, at DISPATCH_LEVEL; the end restores the IRQL.
/// Not recursive.
///
///     static KM_SHARED_SPIN_LOCK Lock;
///     static LONG Value;
///
///     static LONG Read(VOID)
///     {
///         KM_SCOPE {
///             KmScoped(SpinLockShared, &Lock);
///             return Value;
///         }
///         KM_SCOPE_END
///     }
///
///     static VOID Write(LONG NewValue)
///     {
///         KM_SCOPE {
///             KmScoped(SpinLockExclusive, &Lock);
///             Value = NewValue;
///         }
///         KM_SCOPE_END
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmGuardSpinLockShared(_Out_ PKM_GUARD Guard, _Inout_ PKM_SHARED_SPIN_LOCK Lock);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmGuardSpinLockExclusive(_Out_ PKM_GUARD Guard, _Inout_ PKM_SHARED_SPIN_LOCK Lock);

/// Makes a guard of KmGuardSpinLockShared hold the lock alone, without a gap, and returns TRUE; FALSE if
/// others hold it too, and it is shared still.
///
///     KM_SHARED_SPIN_LOCK Lock = 0;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     KmGuardSpinLockShared(&Guard, &Lock);
///     if (!KmGuardSpinLockUpgrade(&Guard)) {
///         KmGuardEnd(&Guard);
///         KmGuardSpinLockExclusive(&Guard, &Lock);
///     }
///     KmGuardEnd(&Guard);
_IRQL_requires_(DISPATCH_LEVEL) BOOLEAN NTAPI KmGuardSpinLockUpgrade(_Inout_ PKM_GUARD Guard);

// ---- Mutexes

static __inline VOID NTAPI KmpEndFastMutex(_Inout_ PKM_GUARD Guard)
{
    ExReleaseFastMutex((PFAST_MUTEX)Guard->Object);
}

/// Holds the fast mutex (ExInitializeFastMutex), at APC_LEVEL; the end restores the IRQL. Not recursive.
///
///     static FAST_MUTEX Mutex;
///
///     static VOID Use(VOID)
///     {
///         KM_SCOPE {
///             KmScoped(FastMutex, &Mutex);
///             NT_ASSERT(KeGetCurrentIrql() == APC_LEVEL);
///         }
///         KM_SCOPE_END
///     }
static __inline _IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    KmGuardFastMutex(_Out_ PKM_GUARD Guard, _Inout_ PFAST_MUTEX Mutex)
{
    ExAcquireFastMutex(Mutex);
    Guard->Object = Mutex;
    Guard->End = KmpEndFastMutex;
}

/// Holds the fast mutex if nobody does, and returns TRUE; else returns FALSE, and the guard holds nothing.
///
///     FAST_MUTEX Mutex;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     ExInitializeFastMutex(&Mutex);
///     if (KmGuardTryFastMutex(&Guard, &Mutex)) {
///         KmGuardEnd(&Guard);
///     }
static __inline _IRQL_requires_max_(APC_LEVEL) BOOLEAN NTAPI
    KmGuardTryFastMutex(_Out_ PKM_GUARD Guard, _Inout_ PFAST_MUTEX Mutex)
{
    if (!ExTryToAcquireFastMutex(Mutex)) {
        Guard->End = NULL;
        return FALSE;
    }
    Guard->Object = Mutex;
    Guard->End = KmpEndFastMutex;
    return TRUE;
}

static __inline VOID NTAPI KmpEndGuardedMutex(_Inout_ PKM_GUARD Guard)
{
    KeReleaseGuardedMutex((PKGUARDED_MUTEX)Guard->Object);
}

/// Holds the guarded mutex (KeInitializeGuardedMutex), in a guarded region: no APC is delivered, the IRQL
/// stays. Not recursive.
///
///     KGUARDED_MUTEX Mutex;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     KeInitializeGuardedMutex(&Mutex);
///     KmGuardGuardedMutex(&Guard, &Mutex);
///     KmGuardEnd(&Guard);
static __inline _IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    KmGuardGuardedMutex(_Out_ PKM_GUARD Guard, _Inout_ PKGUARDED_MUTEX Mutex)
{
    KeAcquireGuardedMutex(Mutex);
    Guard->Object = Mutex;
    Guard->End = KmpEndGuardedMutex;
}

/// Holds the guarded mutex if nobody does, and returns TRUE; else returns FALSE, and the guard holds nothing.
///
///     KGUARDED_MUTEX Mutex;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     KeInitializeGuardedMutex(&Mutex);
///     if (KmGuardTryGuardedMutex(&Guard, &Mutex)) {
///         KmGuardEnd(&Guard);
///     }
static __inline _IRQL_requires_max_(APC_LEVEL) BOOLEAN NTAPI
    KmGuardTryGuardedMutex(_Out_ PKM_GUARD Guard, _Inout_ PKGUARDED_MUTEX Mutex)
{
    if (!KeTryToAcquireGuardedMutex(Mutex)) {
        Guard->End = NULL;
        return FALSE;
    }
    Guard->Object = Mutex;
    Guard->End = KmpEndGuardedMutex;
    return TRUE;
}

/// Holds the mutex (KeInitializeMutex), which its owner may hold several times, each by a guard of its own;
/// waits up to that many milliseconds, KM_WAIT_FOREVER for ever.
///
/// Returns STATUS_SUCCESS; STATUS_TIMEOUT, and the guard holds nothing; STATUS_ABANDONED: held, but the
/// thread that held it before ended without a release, and what it guards may be half done. That comes of a
/// program's mutex (KmObjectFromHandle); a thread that ends while it holds one of KeInitializeMutex ends the
/// system (bug check 0x4000008A, THREAD_TERMINATE_HELD_MUTEX). At DISPATCH_LEVEL Milliseconds is 0.
///
///     KMUTEX Mutex;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     KeInitializeMutex(&Mutex, 0);
///     if (KmGuardMutex(&Guard, &Mutex, 100) == STATUS_TIMEOUT) {
///         return STATUS_DEVICE_BUSY;
///     }
///     KmGuardEnd(&Guard);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmGuardMutex(_Out_ PKM_GUARD Guard, _Inout_ PRKMUTEX Mutex, _In_ ULONG Milliseconds);

// ---- Resources, push locks, rundown

static __inline VOID NTAPI KmpEndResource(_Inout_ PKM_GUARD Guard)
{
    ExReleaseResourceLite((PERESOURCE)Guard->Object);
    KeLeaveCriticalRegion();
}

/// Hold the resource (ExInitializeResourceLite), as one of several or alone, in a critical region, which ends
/// with the guard. Recursive.
///
///     static ERESOURCE Resource;
///     static LONG Value;
///
///     static LONG Read(VOID)
///     {
///         KM_SCOPE {
///             KmScoped(ResourceShared, &Resource);
///             return Value;
///         }
///         KM_SCOPE_END
///     }
///
///     static VOID Write(LONG NewValue)
///     {
///         KM_SCOPE {
///             KmScoped(ResourceExclusive, &Resource);
///             Value = NewValue;
///         }
///         KM_SCOPE_END
///     }
static __inline _IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    KmGuardResourceShared(_Out_ PKM_GUARD Guard, _Inout_ PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    (void)ExAcquireResourceSharedLite(Resource, TRUE);
    Guard->Object = Resource;
    Guard->End = KmpEndResource;
}
static __inline _IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    KmGuardResourceExclusive(_Out_ PKM_GUARD Guard, _Inout_ PERESOURCE Resource)
{
    KeEnterCriticalRegion();
    (void)ExAcquireResourceExclusiveLite(Resource, TRUE);
    Guard->Object = Resource;
    Guard->End = KmpEndResource;
}

/// Hold the resource if that needs no waiting, and return TRUE; else return FALSE, and the guard holds
/// nothing.
///
///     ERESOURCE Resource;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     Status = ExInitializeResourceLite(&Resource);
///     if (NT_SUCCESS(Status)) {
///         if (KmGuardTryResourceShared(&Guard, &Resource)) {
///             KmGuardEnd(&Guard);
///         }
///         if (KmGuardTryResourceExclusive(&Guard, &Resource)) {
///             KmGuardEnd(&Guard);
///         }
///         ExDeleteResourceLite(&Resource);
///     }
_IRQL_requires_max_(APC_LEVEL) BOOLEAN NTAPI
    KmGuardTryResourceShared(_Out_ PKM_GUARD Guard, _Inout_ PERESOURCE Resource);
_IRQL_requires_max_(APC_LEVEL) BOOLEAN NTAPI
    KmGuardTryResourceExclusive(_Out_ PKM_GUARD Guard, _Inout_ PERESOURCE Resource);

/// A push lock: the size of a pointer, shared or exclusive, not recursive. NT documents push locks for
/// drivers from Windows 10 1809 on; older systems, Windows 7 too, export the routines below them
/// (ExfAcquirePushLockShared, ...) without documentation, and those are found by name.
typedef struct KM_PUSH_LOCK {
    ULONG_PTR Value;
} KM_PUSH_LOCK, *PKM_PUSH_LOCK;

/// Makes a push lock, free. Nothing is to undo.
///
/// Returns STATUS_SUCCESS; STATUS_NOT_SUPPORTED if this system exports neither set of routines: then do not
/// hold it.
///
///     KM_PUSH_LOCK Lock;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     Status = KmPushLockInitialize(&Lock);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     KmGuardPushLockShared(&Guard, &Lock);
///     KmGuardEnd(&Guard);
///     KmGuardPushLockExclusive(&Guard, &Lock);
///     KmGuardEnd(&Guard);
_IRQL_requires_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmPushLockInitialize(_Out_ PKM_PUSH_LOCK Lock);

/// Hold a push lock, as one of several or alone, in a critical region, which ends with the guard.
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    KmGuardPushLockShared(_Out_ PKM_GUARD Guard, _Inout_ PKM_PUSH_LOCK Lock);
_IRQL_requires_max_(APC_LEVEL) VOID NTAPI
    KmGuardPushLockExclusive(_Out_ PKM_GUARD Guard, _Inout_ PKM_PUSH_LOCK Lock);

static __inline VOID NTAPI KmpEndRundown(_Inout_ PKM_GUARD Guard)
{
    ExReleaseRundownProtection((PEX_RUNDOWN_REF)Guard->Object);
}

/// Holds rundown protection (ExInitializeRundownProtection) and returns TRUE; returns FALSE if the rundown
/// has begun (ExWaitForRundownProtectionRelease), and the guard holds nothing. See KmScopedGuard.
///
///     static EX_RUNDOWN_REF Rundown;
///     KM_GUARD Guard = KmGuardEmpty();
///
///     if (KmGuardRundown(&Guard, &Rundown)) {
///         KmGuardEnd(&Guard);
///     }
static __inline _IRQL_requires_max_(DISPATCH_LEVEL) BOOLEAN NTAPI
    KmGuardRundown(_Out_ PKM_GUARD Guard, _Inout_ PEX_RUNDOWN_REF Rundown)
{
    if (!ExAcquireRundownProtection(Rundown)) {
        Guard->End = NULL;
        return FALSE;
    }
    Guard->Object = Rundown;
    Guard->End = KmpEndRundown;
    return TRUE;
}

// ---- IRQL and regions

static __inline VOID NTAPI KmpEndIrql(_Inout_ PKM_GUARD Guard)
{
    KeLowerIrql(Guard->State.OldIrql);
}

/// Raises the IRQL to NewIrql, which is not below it; the end restores it. IRQL <= NewIrql.
///
///     static VOID AtDispatchLevel(VOID)
///     {
///         KM_SCOPE {
///             KmScoped(Irql, DISPATCH_LEVEL);
///             NT_ASSERT(KeGetCurrentIrql() == DISPATCH_LEVEL);
///         }
///         KM_SCOPE_END
///     }
static __inline VOID NTAPI KmGuardIrql(_Out_ PKM_GUARD Guard, _In_ KIRQL NewIrql)
{
    KeRaiseIrql(NewIrql, &Guard->State.OldIrql);
    Guard->End = KmpEndIrql;
}

static __inline VOID NTAPI KmpEndCriticalRegion(_Inout_ PKM_GUARD Guard)
{
    UNREFERENCED_PARAMETER(Guard);
    KeLeaveCriticalRegion();
}

/// Enters a critical region: no normal kernel APC is delivered, so the thread is not suspended in it.
///
///     KM_GUARD Guard = KmGuardEmpty();
///
///     KmGuardCriticalRegion(&Guard);
///     KmGuardEnd(&Guard);
static __inline _IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmGuardCriticalRegion(_Out_ PKM_GUARD Guard)
{
    KeEnterCriticalRegion();
    Guard->End = KmpEndCriticalRegion;
}

static __inline VOID NTAPI KmpEndGuardedRegion(_Inout_ PKM_GUARD Guard)
{
    UNREFERENCED_PARAMETER(Guard);
    KeLeaveGuardedRegion();
}

/// Enters a guarded region: no APC is delivered.
///
///     KM_GUARD Guard = KmGuardEmpty();
///
///     KmGuardGuardedRegion(&Guard);
///     KmGuardEnd(&Guard);
static __inline _IRQL_requires_max_(APC_LEVEL) VOID NTAPI KmGuardGuardedRegion(_Out_ PKM_GUARD Guard)
{
    KeEnterGuardedRegion();
    Guard->End = KmpEndGuardedRegion;
}

#ifdef __cplusplus
}
#endif

/// The two regions, until the block ends; as KmScoped.
///
///     static VOID InRegions(VOID)
///     {
///         KM_SCOPE {
///             KmScopedCriticalRegion();
///             KmScopedGuardedRegion();
///         }
///         KM_SCOPE_END
///     }
#define KmScopedCriticalRegion()         KMP_SCOPED_REGION(KMP_UNIQUE(KmpScoped), KmGuardCriticalRegion)
#define KmScopedGuardedRegion()          KMP_SCOPED_REGION(KMP_UNIQUE(KmpScoped), KmGuardGuardedRegion)
#define KMP_SCOPED_REGION(Name, Routine) KMP_SCOPED_REGION_(Name, Routine)
#define KMP_SCOPED_REGION_(Name, Routine)                                                                    \
    KmScopedGuard(Name);                                                                                     \
    Routine(Name)

#endif
