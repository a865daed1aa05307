// SPDX-License-Identifier: MIT
// Spin locks, also in-stack queued ones, and their IRQL.
#include "thread.h"

static KSPIN_LOCK Lock;

static void TestLevels(void)
{
    KIRQL OldIrql;
    KeInitializeSpinLock(&Lock);
    OK(KeTestSpinLock(&Lock));
    KeAcquireSpinLock(&Lock, &OldIrql);
    IS(OldIrql, PASSIVE_LEVEL);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    OK(!KeTestSpinLock(&Lock));
    OK(!KeTryToAcquireSpinLockAtDpcLevel(&Lock));
    KeReleaseSpinLock(&Lock, OldIrql);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    OldIrql = KeAcquireSpinLockRaiseToDpc(&Lock);
    IS(OldIrql, PASSIVE_LEVEL);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    OK(KeTryToAcquireSpinLockAtDpcLevel(&Lock));
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLock(&Lock, PASSIVE_LEVEL);
}

static void TestInStackQueued(void)
{
    KLOCK_QUEUE_HANDLE Handle, Inner;
    KSPIN_LOCK Second;
    KeInitializeSpinLock(&Lock);
    KeInitializeSpinLock(&Second);
    KeAcquireInStackQueuedSpinLock(&Lock, &Handle);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Second, &Inner);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&Inner);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLock(&Handle);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(Lock, 0);
    IS(Second, 0);
}

static KDPC Dpc;
static KIRQL InDpc, Restored;

static VOID NTAPI LockInDpc(PKDPC Own, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Own);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KLOCK_QUEUE_HANDLE Handle;
    KIRQL OldIrql = KeAcquireSpinLockForDpc(&Lock);
    InDpc = KeGetCurrentIrql();
    KeReleaseSpinLockForDpc(&Lock, OldIrql);
    KeAcquireInStackQueuedSpinLockForDpc(&Lock, &Handle);
    KeReleaseInStackQueuedSpinLockForDpc(&Handle);
    Restored = KeGetCurrentIrql();
}

static void TestForDpc(void)
{
    KeInitializeSpinLock(&Lock);
    KeInitializeDpc(&Dpc, LockInDpc, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    IS(InDpc, DISPATCH_LEVEL);
    IS(Restored, DISPATCH_LEVEL);
    KeInitializeThreadedDpc(&Dpc, LockInDpc, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    IS(InDpc, DISPATCH_LEVEL); // raised for a threaded DPC
    IS(Restored, PASSIVE_LEVEL);
}

static ULONG Guarded;

static VOID NTAPI AddMany(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Round = 0; Round < 2000; Round += 1) {
        KIRQL OldIrql;
        KLOCK_QUEUE_HANDLE Handle;
        if (Round % 2 == 0) {
            KeAcquireSpinLock(&Lock, &OldIrql);
            Guarded += 1;
            KeReleaseSpinLock(&Lock, OldIrql);
        } else {
            KeAcquireInStackQueuedSpinLock(&Lock, &Handle);
            Guarded += 1;
            KeReleaseInStackQueuedSpinLock(&Handle);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestExclusion(void)
{
    PETHREAD Threads[4];
    KeInitializeSpinLock(&Lock);
    for (ULONG Index = 0; Index < 4; Index += 1) {
        Threads[Index] = TestStartThread(AddMany, NULL);
    }
    for (ULONG Index = 0; Index < 4; Index += 1) {
        TestJoinThread(Threads[Index]);
    }
    IS(Guarded, 8000);
}

TEST_DRIVER(TestLevels, TestInStackQueued, TestForDpc, TestExclusion)
