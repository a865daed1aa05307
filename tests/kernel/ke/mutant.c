// SPDX-License-Identifier: MIT
// Mutexes and mutants: ownership, recursion, abandonment, APCs while one is held.
#include "thread.h"

static LARGE_INTEGER Zero;
static KMUTEX Mutex;

static NTSTATUS Poll(PVOID Object)
{
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Zero);
}

static NTSTATUS TryRelease(PRKMUTEX Which)
{
    __try {
        KeReleaseMutex(Which, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void TestRecursion(void)
{
    KeInitializeMutex(&Mutex, 0);
    IS(KeReadStateMutex(&Mutex), 1);
    IS(Poll(&Mutex), STATUS_SUCCESS);
    IS(KeReadStateMutex(&Mutex), 0);
    IS(Poll(&Mutex), STATUS_SUCCESS);
    IS((LONG)KeReadStateMutex(&Mutex), -1);
    IS((LONG)KeReleaseMutex(&Mutex, FALSE), -1);
    IS(KeReleaseMutex(&Mutex, FALSE), 0);
    IS(KeReadStateMutex(&Mutex), 1);
}

static void TestReleaseNotOwned(void)
{
    KeInitializeMutex(&Mutex, 0);
    IS(TryRelease(&Mutex), STATUS_MUTANT_NOT_OWNED);
    IS(KeReadStateMutex(&Mutex), 1);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

// What was acquired at DISPATCH_LEVEL is released there, and what was not is not.
static void TestIrqlOfRelease(void)
{
    KIRQL OldIrql;
    KeInitializeMutex(&Mutex, 0);
    IS(Poll(&Mutex), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    NTSTATUS Raised = TryRelease(&Mutex);
    KeLowerIrql(OldIrql);
    IS(Raised, STATUS_MUTANT_NOT_OWNED);
    IS(KeReadStateMutex(&Mutex), 0);
    KeRaiseIrql(APC_LEVEL, &OldIrql);
    IS(KeReleaseMutex(&Mutex, FALSE), 0);
    KeLowerIrql(OldIrql);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(Poll(&Mutex), STATUS_SUCCESS);
    KeLowerIrql(OldIrql);
    IS(TryRelease(&Mutex), STATUS_MUTANT_NOT_OWNED);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Raised = TryRelease(&Mutex);
    KeLowerIrql(OldIrql);
    IS(Raised, STATUS_SUCCESS);
    IS(KeReadStateMutex(&Mutex), 1);
    OK(!KeAreApcsDisabled());
}

// With Wait IRQL stays raised, and the wait that follows lowers it to what it was.
static void TestReleaseWithWait(void)
{
    KEVENT Set;
    KeInitializeEvent(&Set, NotificationEvent, TRUE);
    KeInitializeMutex(&Mutex, 0);
    IS(Poll(&Mutex), STATUS_SUCCESS);
    IS(KeReleaseMutex(&Mutex, TRUE), 0);
    KIRQL Between = KeGetCurrentIrql();
    NTSTATUS Status = KeWaitForSingleObject(&Set, Executive, KernelMode, FALSE, NULL);
    IS(Between, DISPATCH_LEVEL);
    IS(Status, STATUS_SUCCESS);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IS(KeReadStateMutex(&Mutex), 1);
    OK(!KeAreApcsDisabled());
}

// A mutex, unlike a mutant, holds normal kernel APCs back.
static void TestApcsAreHeldBack(void)
{
    KMUTANT Mutant;
    KeInitializeMutex(&Mutex, 0);
    IS(Poll(&Mutex), STATUS_SUCCESS);
    OK(KeAreApcsDisabled());
    OK(!KeAreAllApcsDisabled());
    KeReleaseMutex(&Mutex, FALSE);
    OK(!KeAreApcsDisabled());
    KeInitializeMutant(&Mutant, TRUE);
    OK(!KeAreApcsDisabled());
    IS(KeReadStateMutant(&Mutant), 0);
    KeReleaseMutant(&Mutant, IO_NO_INCREMENT, FALSE, FALSE);
}

static void TestWaitForMutex(void)
{
    KeInitializeMutex(&Mutex, 0);
    IS(KeWaitForMutexObject(&Mutex, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    IS(KeReadStateMutex(&Mutex), 0);
    OK(KeAreApcsDisabled());
    IS(KeReleaseMutex(&Mutex, FALSE), 0);
}

static NTSTATUS OtherStatus;
static KEVENT Taken, LetGo;

static VOID NTAPI TakeAndWait(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&Taken, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&LetGo, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&Mutex, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestExclusion(void)
{
    KeInitializeMutex(&Mutex, 0);
    KeInitializeEvent(&Taken, SynchronizationEvent, FALSE);
    KeInitializeEvent(&LetGo, SynchronizationEvent, FALSE);
    PETHREAD Thread = TestStartThread(TakeAndWait, NULL);
    KeWaitForSingleObject(&Taken, Executive, KernelMode, FALSE, NULL);
    IS(Poll(&Mutex), STATUS_TIMEOUT);
    IS(TryRelease(&Mutex), STATUS_MUTANT_NOT_OWNED);
    KeSetEvent(&LetGo, IO_NO_INCREMENT, FALSE);
    IS(KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    KeReleaseMutex(&Mutex, FALSE);
    TestJoinThread(Thread);
}

static KMUTANT Abandoned;

static VOID NTAPI Abandon(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    OtherStatus = KeWaitForSingleObject(&Abandoned, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestAbandonedMutant(void)
{
    KeInitializeMutant(&Abandoned, FALSE);
    TestJoinThread(TestStartThread(Abandon, NULL));
    IS(OtherStatus, STATUS_SUCCESS);
    IS(KeReadStateMutant(&Abandoned), 1);
    IS(Poll(&Abandoned), STATUS_ABANDONED);
    // Nobody owns it, and who releases it is told why.
    KeReleaseMutant(&Abandoned, IO_NO_INCREMENT, FALSE, FALSE);
    KeReleaseMutant(&Abandoned, IO_NO_INCREMENT, TRUE, FALSE);
    IS(TryRelease(&Abandoned), STATUS_ABANDONED);
    IS(Poll(&Abandoned), STATUS_ABANDONED);
    // Told once.
    KeReleaseMutant(&Abandoned, IO_NO_INCREMENT, FALSE, FALSE);
    IS(Poll(&Abandoned), STATUS_SUCCESS);
    IS(KeReleaseMutant(&Abandoned, IO_NO_INCREMENT, TRUE, FALSE), 0);
    IS(Poll(&Abandoned), STATUS_ABANDONED);
    KeReleaseMutant(&Abandoned, IO_NO_INCREMENT, FALSE, FALSE);
}

static void TestAbandonedAmongMany(void)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PVOID Objects[2] = {&Event, &Abandoned};
    KeInitializeMutant(&Abandoned, FALSE);
    TestJoinThread(TestStartThread(Abandon, NULL));
    IS(KeWaitForMultipleObjects(2, Objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL),
       STATUS_ABANDONED_WAIT_0 + 1);
    KeReleaseMutant(&Abandoned, IO_NO_INCREMENT, FALSE, FALSE);
}

static void TestTooOften(void)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KMUTANT Mutant;
    KeInitializeMutant(&Mutant, TRUE);
    Mutant.Header.SignalState = MINLONG; // owned as often as can be
    __try {
        KeWaitForSingleObject(&Mutant, Executive, KernelMode, FALSE, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_MUTANT_LIMIT_EXCEEDED);
    Mutant.Header.SignalState = 0;
    KeReleaseMutant(&Mutant, IO_NO_INCREMENT, FALSE, FALSE);
}

TEST_DRIVER(TestRecursion, TestWaitForMutex, TestReleaseNotOwned, TestIrqlOfRelease, TestReleaseWithWait,
            TestApcsAreHeldBack, TestExclusion, TestAbandonedMutant, TestAbandonedAmongMany, TestTooOften)
