// SPDX-License-Identifier: MIT
#include "thread.h"
#include "undocumented.h"

static ULONG Order, KernelPlace, NormalPlace, RundownPlace;
static KIRQL KernelIrql, NormalIrql;
static PVOID Seen[3];

static VOID NTAPI KernelRoutine(PKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(NormalRoutine);
    KernelPlace = ++Order;
    KernelIrql = KeGetCurrentIrql();
    Seen[0] = *NormalContext;
    Seen[1] = *SystemArgument1;
    Seen[2] = *SystemArgument2;
}

static VOID NTAPI NormalRoutine(PVOID NormalContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(SystemArgument1);
    UNREFERENCED_PARAMETER(SystemArgument2);
    NormalPlace = ++Order;
    NormalIrql = KeGetCurrentIrql();
}

static VOID NTAPI RundownRoutine(PKAPC Apc)
{
    UNREFERENCED_PARAMETER(Apc);
    RundownPlace = ++Order;
}

static VOID Clear(VOID)
{
    Order = KernelPlace = NormalPlace = RundownPlace = 0;
}

static VOID InitializeSpecial(PKAPC Apc)
{
    KeInitializeApc(Apc, (PRKTHREAD)KeGetCurrentThread(), OriginalApcEnvironment, KernelRoutine,
                    RundownRoutine, NULL, KernelMode, NULL);
}

static VOID InitializeNormal(PKAPC Apc)
{
    KeInitializeApc(Apc, (PRKTHREAD)KeGetCurrentThread(), OriginalApcEnvironment, KernelRoutine,
                    RundownRoutine, NormalRoutine, KernelMode, (PVOID)3);
}

static void TestNormal(void)
{
    KAPC Apc;
    Clear();
    InitializeNormal(&Apc);
    OK(KeInsertQueueApc(&Apc, (PVOID)1, (PVOID)2, IO_NO_INCREMENT));
    IS(KernelPlace, 1);
    IS(NormalPlace, 2);
    IS(KernelIrql, APC_LEVEL);
    IS(NormalIrql, PASSIVE_LEVEL);
    IS(Seen[0], 3);
    IS(Seen[1], 1);
    IS(Seen[2], 2);
}

static void TestCriticalRegionHoldsNormalBack(void)
{
    KAPC Apc, Special;
    Clear();
    InitializeNormal(&Apc);
    InitializeSpecial(&Special);
    KeEnterCriticalRegion();
    OK(KeAreApcsDisabled());
    OK(KeInsertQueueApc(&Apc, NULL, NULL, IO_NO_INCREMENT));
    OK(!KeInsertQueueApc(&Apc, NULL, NULL, IO_NO_INCREMENT)); // inserted already
    IS(Order, 0);
    OK(KeInsertQueueApc(&Special, NULL, NULL, IO_NO_INCREMENT));
    IS(KernelPlace, 1); // a special one is not held back
    IS(NormalPlace, 0);
    KeLeaveCriticalRegion();
    IS(NormalPlace, 3);
    OK(!KeAreApcsDisabled());
}

static void TestGuardedRegionHoldsAllBack(void)
{
    KAPC Special;
    Clear();
    InitializeSpecial(&Special);
    KeEnterGuardedRegion();
    OK(KeAreAllApcsDisabled());
    OK(KeAreApcsDisabled());
    KeInsertQueueApc(&Special, NULL, NULL, IO_NO_INCREMENT);
    IS(Order, 0);
    KeLeaveGuardedRegion();
    IS(KernelPlace, 1);
    OK(!KeAreAllApcsDisabled());
}

static void TestIrqlHoldsBack(void)
{
    KAPC Special;
    KIRQL OldIrql;
    Clear();
    InitializeSpecial(&Special);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    OK(KeAreAllApcsDisabled());
    KeInsertQueueApc(&Special, NULL, NULL, IO_NO_INCREMENT);
    IS(Order, 0);
    KeLowerIrql(OldIrql);
    IS(KernelPlace, 1);
}

static void TestRemove(void)
{
    KAPC Apc;
    Clear();
    InitializeNormal(&Apc);
    KeEnterCriticalRegion();
    KeInsertQueueApc(&Apc, NULL, NULL, IO_NO_INCREMENT);
    OK(KeRemoveQueueApc(&Apc));
    OK(!KeRemoveQueueApc(&Apc));
    KeLeaveCriticalRegion();
    IS(Order, 0);
}

static KEVENT Never, Ready;
static NTSTATUS WaitStatus;

static VOID NTAPI WaitForever(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    LARGE_INTEGER Long = TestMilliseconds(50);
    KeSetEvent(&Ready, IO_NO_INCREMENT, FALSE);
    WaitStatus = KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, &Long);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// A kernel APC interrupts a wait; the wait then goes on.
static void TestAnotherThreadsWait(void)
{
    KAPC Apc;
    Clear();
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    KeInitializeEvent(&Ready, NotificationEvent, FALSE);
    PETHREAD Thread = TestStartThread(WaitForever, NULL);
    KeWaitForSingleObject(&Ready, Executive, KernelMode, FALSE, NULL);
    TestSleep(5);
    KeInitializeApc(&Apc, (PRKTHREAD)Thread, OriginalApcEnvironment, KernelRoutine, RundownRoutine,
                    NormalRoutine, KernelMode, NULL);
    OK(KeInsertQueueApc(&Apc, NULL, NULL, IO_NO_INCREMENT));
    TestSleep(5);
    IS(NormalPlace, 2);
    KeSetEvent(&Never, IO_NO_INCREMENT, FALSE);
    TestJoinThread(Thread);
    IS(WaitStatus, STATUS_SUCCESS);
}

static void TestEndedThreadTakesNone(void)
{
    KAPC Apc;
    KeInitializeEvent(&Never, NotificationEvent, TRUE);
    PETHREAD Thread = TestStartThread(WaitForever, NULL);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    KeInitializeApc(&Apc, (PRKTHREAD)Thread, OriginalApcEnvironment, KernelRoutine, RundownRoutine, NULL,
                    KernelMode, NULL);
    OK(!KeInsertQueueApc(&Apc, NULL, NULL, IO_NO_INCREMENT));
    ObDereferenceObject(Thread);
}

TEST_DRIVER(TestNormal, TestCriticalRegionHoldsNormalBack, TestGuardedRegionHoldsAllBack, TestIrqlHoldsBack,
            TestRemove, TestAnotherThreadsWait, TestEndedThreadTakesNone)
