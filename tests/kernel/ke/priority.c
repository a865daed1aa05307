// SPDX-License-Identifier: MIT
// Priorities of threads, base and current.
#include "thread.h"

static ULONG Order, Place[4];
static KEVENT Go;

static VOID NTAPI NotePlace(PVOID Context)
{
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    Place[(ULONG_PTR)Context] = ++Order;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestSetAndQuery(void)
{
    PKTHREAD Thread = (PKTHREAD)KeGetCurrentThread();
    KPRIORITY Old = KeQueryPriorityThread(Thread);
    OK(Old >= 8);
    IS(KeSetPriorityThread(Thread, 16), Old);
    IS(KeQueryPriorityThread(Thread), 16);
    IS(KeSetPriorityThread(Thread, 31), 16);
    IS(KeSetPriorityThread(Thread, 8), 31);
    IS(KeSetPriorityThread(Thread, LOW_PRIORITY), 8);
    IS(KeSetPriorityThread(Thread, HIGH_PRIORITY + 1), 8);
    IS(KeQueryPriorityThread(Thread), 8);
    LONG Increment = KeSetBasePriorityThread(Thread, 2);
    IS(KeSetBasePriorityThread(Thread, 0), 2);
    KeSetBasePriorityThread(Thread, -100);
    IS(KeQueryPriorityThread(Thread), 1);
    KeSetBasePriorityThread(Thread, 100);
    IS(KeQueryPriorityThread(Thread), 15);
    KeSetBasePriorityThread(Thread, MAXLONG);
    IS(KeQueryPriorityThread(Thread), 15);
    KeSetBasePriorityThread(Thread, Increment);
    KeSetPriorityThread(Thread, Old);
}

static void TestTheMostUrgentRunsFirst(void)
{
    static const KPRIORITY Priorities[4] = {9, 12, 10, 11};
    PETHREAD Threads[4];
    PKTHREAD Self = (PKTHREAD)KeGetCurrentThread();
    KPRIORITY Old = KeSetPriorityThread(Self, 20);
    KeInitializeEvent(&Go, NotificationEvent, FALSE);
    for (ULONG_PTR Index = 0; Index < 4; Index += 1) {
        Threads[Index] = TestStartThread(NotePlace, (PVOID)Index);
        KeSetPriorityThread((PKTHREAD)Threads[Index], Priorities[Index]);
    }
    TestSleep(5);
    KeSetEvent(&Go, IO_NO_INCREMENT, FALSE);
    if (KeQueryActiveProcessorCount(NULL) == 1) {
        IS(Order, 0); // they are less urgent than this thread
    }
    for (ULONG Index = 0; Index < 4; Index += 1) {
        TestJoinThread(Threads[Index]);
    }
    KeSetPriorityThread(Self, Old);
    if (KeQueryActiveProcessorCount(NULL) == 1) {
        IS(Place[1], 1);
        IS(Place[3], 2);
        IS(Place[2], 3);
        IS(Place[0], 4);
    }
}

static volatile LONG Ran;

static VOID NTAPI Run(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    Ran = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// A thread that becomes ready and is more urgent runs before the call that made it ready returns.
static void TestPreemption(void)
{
    Ran = 0;
    KeInitializeEvent(&Go, SynchronizationEvent, FALSE);
    PETHREAD Thread = TestStartThread(Run, NULL);
    KeSetPriorityThread((PKTHREAD)Thread, 25);
    TestSleep(5);
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeSetEvent(&Go, IO_NO_INCREMENT, FALSE);
    if (KeQueryActiveProcessorCount(NULL) == 1) {
        IS(Ran, 0); // not at DISPATCH_LEVEL
    }
    KeLowerIrql(OldIrql);
    if (KeQueryActiveProcessorCount(NULL) == 1) {
        IS(Ran, 1);
    }
    TestJoinThread(Thread);
    IS(Ran, 1);
}

// A thread that lowers its own priority below another's that is ready gives way at once.
static void TestLowering(void)
{
    PKTHREAD Self = (PKTHREAD)KeGetCurrentThread();
    KPRIORITY Old = KeSetPriorityThread(Self, LOW_REALTIME_PRIORITY + 4);
    Ran = 0;
    KeInitializeEvent(&Go, SynchronizationEvent, TRUE);
    PETHREAD Thread = TestStartThread(Run, NULL);
    KeSetPriorityThread((PKTHREAD)Thread, LOW_REALTIME_PRIORITY);
    if (KeQueryActiveProcessorCount(NULL) == 1) {
        IS(Ran, 0);
    }
    KeSetPriorityThread(Self, LOW_REALTIME_PRIORITY - 1);
    if (KeQueryActiveProcessorCount(NULL) == 1) {
        IS(Ran, 1);
    }
    TestJoinThread(Thread);
    KeSetPriorityThread(Self, Old);
}

// The increment of KeSetEvent and its kin is what the thread whose wait it ends is boosted by.
static volatile KPRIORITY Boosted;

static VOID NTAPI NoteBoost(PVOID Context)
{
    KeWaitForSingleObject(Context, Executive, KernelMode, FALSE, NULL);
    Boosted = KeQueryPriorityThread((PKTHREAD)KeGetCurrentThread());
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static KPRIORITY BoostBy(PVOID Object, KPRIORITY Base, KPRIORITY Increment, BOOLEAN IsSemaphore)
{
    PETHREAD Thread = TestStartThread(NoteBoost, Object);
    KeSetPriorityThread((PKTHREAD)Thread, Base);
    TestSleep(5);
    if (IsSemaphore) {
        KeReleaseSemaphore(Object, Increment, 1, FALSE);
    } else {
        KeSetEvent(Object, Increment, FALSE);
    }
    TestJoinThread(Thread);
    return Boosted;
}

static void TestIncrement(void)
{
    KEVENT Event;
    KSEMAPHORE Semaphore;
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    KeInitializeSemaphore(&Semaphore, 0, 1);
    IS(BoostBy(&Event, 9, IO_NO_INCREMENT, FALSE), 9);
    IS(BoostBy(&Event, 9, 3, FALSE), 12);
    IS(BoostBy(&Semaphore, 9, 2, TRUE), 11);
    // Not into the real-time priorities, nor within them.
    IS(BoostBy(&Event, 13, 6, FALSE), LOW_REALTIME_PRIORITY - 1);
    IS(BoostBy(&Event, LOW_REALTIME_PRIORITY, 6, FALSE), LOW_REALTIME_PRIORITY);
}

static void TestRuntime(void)
{
    ULONG User = 1;
    KeQueryRuntimeThread((PKTHREAD)KeGetCurrentThread(), &User);
    IS(User, 0);
}

TEST_DRIVER(TestSetAndQuery, TestTheMostUrgentRunsFirst, TestPreemption, TestLowering, TestIncrement,
            TestRuntime)
