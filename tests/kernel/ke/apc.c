// SPDX-License-Identifier: MIT
// APCs: kernel, special and user, queued to threads that wait, in critical and guarded regions.
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
    OK(!KeAreApcsDisabled()); // it asks for regions alone
    KeInsertQueueApc(&Special, NULL, NULL, IO_NO_INCREMENT);
    IS(Order, 0);
    KeLowerIrql(OldIrql);
    IS(KernelPlace, 1);
}

// Regions nest.
static void TestNestedRegions(void)
{
    KAPC Apc, Special;
    Clear();
    InitializeNormal(&Apc);
    InitializeSpecial(&Special);
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    KeEnterGuardedRegion();
    KeEnterGuardedRegion();
    KeInsertQueueApc(&Apc, NULL, NULL, IO_NO_INCREMENT);
    KeInsertQueueApc(&Special, NULL, NULL, IO_NO_INCREMENT);
    KeLeaveGuardedRegion();
    OK(KeAreAllApcsDisabled());
    IS(Order, 0);
    KeLeaveGuardedRegion();
    OK(!KeAreAllApcsDisabled());
    IS(KernelPlace, 1);
    IS(NormalPlace, 0);
    KeLeaveCriticalRegion();
    OK(KeAreApcsDisabled());
    IS(NormalPlace, 0);
    KeLeaveCriticalRegion();
    OK(!KeAreApcsDisabled());
    IS(KernelPlace, 2);
    IS(NormalPlace, 3);
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
    KeLeaveCriticalRegion(); // in which a system thread starts
    WaitStatus = KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, &Long);
    KeEnterCriticalRegion();
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

// ---- A user APC ends alertable waits, and no others

typedef enum _WAIT_ROUTINE { WaitSingle, WaitMultiple, Delay } WAIT_ROUTINE;

static struct {
    WAIT_ROUTINE Routine;
    KPROCESSOR_MODE Mode;
    BOOLEAN Alertable;
} How;

static VOID NTAPI WaitInMode(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    LARGE_INTEGER Time = TestMilliseconds(50);
    PVOID Objects[1] = {&Never};
    switch (How.Routine) {
    case WaitSingle:
        WaitStatus = KeWaitForSingleObject(&Never, Executive, How.Mode, How.Alertable, &Time);
        break;
    case WaitMultiple:
        WaitStatus =
            KeWaitForMultipleObjects(1, Objects, WaitAny, Executive, How.Mode, How.Alertable, &Time, NULL);
        break;
    case Delay: WaitStatus = KeDelayExecutionThread(How.Mode, How.Alertable, &Time); break;
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// The status of such a wait that a user APC comes to, before it begins or while it lasts.
static NTSTATUS StatusWithUserApc(WAIT_ROUTINE Routine, KPROCESSOR_MODE Mode, BOOLEAN Alertable,
                                  BOOLEAN Before)
{
    KAPC Apc;
    Clear();
    How.Routine = Routine;
    How.Mode = Mode;
    How.Alertable = Alertable;
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    PETHREAD Thread = TestStartThread(WaitInMode, NULL);
    if (!Before) {
        TestSleep(5);
    }
    KeInitializeApc(&Apc, (PRKTHREAD)Thread, OriginalApcEnvironment, KernelRoutine, RundownRoutine,
                    NormalRoutine, UserMode, NULL);
    OK(KeInsertQueueApc(&Apc, NULL, NULL, IO_NO_INCREMENT));
    TestJoinThread(Thread);
    // A system thread never goes to user mode, where it would be delivered.
    IS(NormalPlace, 0);
    IS(RundownPlace, 1);
    return WaitStatus;
}

static void TestUserApc(void)
{
    for (ULONG Before = 0; Before < 2; Before += 1) {
        for (WAIT_ROUTINE Routine = WaitSingle; Routine <= Delay; Routine += 1) {
            NTSTATUS InTime = Routine == Delay ? STATUS_SUCCESS : STATUS_TIMEOUT;
            IS(StatusWithUserApc(Routine, UserMode, TRUE, (BOOLEAN)Before), STATUS_USER_APC);
            IS(StatusWithUserApc(Routine, KernelMode, TRUE, (BOOLEAN)Before), STATUS_USER_APC);
            IS(StatusWithUserApc(Routine, UserMode, FALSE, (BOOLEAN)Before), InTime);
            IS(StatusWithUserApc(Routine, KernelMode, FALSE, (BOOLEAN)Before), InTime);
        }
    }
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
            TestNestedRegions, TestRemove, TestAnotherThreadsWait, TestUserApc, TestEndedThreadTakesNone)
