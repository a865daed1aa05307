// SPDX-License-Identifier: MIT
// Reader/writer spin locks: shared, exclusive, tried, converted, and their IRQL.
#include "thread.h"

static EX_SPIN_LOCK Lock;

static void TestLevels(void)
{
    KIRQL OldIrql = ExAcquireSpinLockShared(&Lock);
    IS(OldIrql, PASSIVE_LEVEL);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ExReleaseSpinLockShared(&Lock, OldIrql);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(Lock, 0);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    KIRQL Before = ExAcquireSpinLockExclusive(&Lock);
    IS(Before, APC_LEVEL);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ExReleaseSpinLockExclusive(&Lock, Before);
    IS(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(OldIrql);
    IS(Lock, 0);
}

static void TestAtDpcLevel(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    ExAcquireSpinLockSharedAtDpcLevel(&Lock);
    // Shared: once more, but never exclusively.
    OK(ExTryAcquireSpinLockSharedAtDpcLevel(&Lock));
    OK(!ExTryAcquireSpinLockExclusiveAtDpcLevel(&Lock));
    OK(!ExTryConvertSharedSpinLockExclusive(&Lock));
    ExReleaseSpinLockSharedFromDpcLevel(&Lock);
    // The only one that shares it.
    OK(ExTryConvertSharedSpinLockExclusive(&Lock));
    OK(!ExTryAcquireSpinLockSharedAtDpcLevel(&Lock));
    OK(!ExTryAcquireSpinLockExclusiveAtDpcLevel(&Lock));
    ExReleaseSpinLockExclusiveFromDpcLevel(&Lock);
    IS(Lock, 0);
    ExAcquireSpinLockExclusiveAtDpcLevel(&Lock);
    OK(!ExTryAcquireSpinLockSharedAtDpcLevel(&Lock));
    ExReleaseSpinLockExclusiveFromDpcLevel(&Lock);
    OK(ExTryAcquireSpinLockExclusiveAtDpcLevel(&Lock));
    ExReleaseSpinLockExclusiveFromDpcLevel(&Lock);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(OldIrql);
    IS(Lock, 0);
}

static LONG First, Second, Converted;
static BOOLEAN Torn;

#define ROUNDS 2000

static VOID NTAPI ReadAndWrite(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        KIRQL OldIrql;
        if (Round % 4 == 0) {
            OldIrql = ExAcquireSpinLockExclusive(&Lock);
            First += 1;
            Second += 1;
            ExReleaseSpinLockExclusive(&Lock, OldIrql);
        } else {
            OldIrql = ExAcquireSpinLockShared(&Lock);
            Torn |= First != Second;
            if (Round % 4 == 1 && ExTryConvertSharedSpinLockExclusive(&Lock)) {
                Converted += 1;
                ExReleaseSpinLockExclusive(&Lock, OldIrql);
            } else {
                ExReleaseSpinLockShared(&Lock, OldIrql);
            }
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestReadersAndWriters(void)
{
    PETHREAD Threads[4];
    for (ULONG Index = 0; Index < 4; Index += 1) {
        Threads[Index] = TestStartThread(ReadAndWrite, NULL);
    }
    for (ULONG Index = 0; Index < 4; Index += 1) {
        TestJoinThread(Threads[Index]);
    }
    IS(Lock, 0);
    OK(!Torn);
    OK(Converted > 0);
    IS(First, ROUNDS);
    IS(Second, ROUNDS);
}

TEST_DRIVER(TestLevels, TestAtDpcLevel, TestReadersAndWriters)
