// SPDX-License-Identifier: MIT
// Waits for one object and for several, with time limits, and delays.
#include "thread.h"

static LARGE_INTEGER Zero;
static KEVENT A, B, C;

static ULONG64 Now(VOID)
{
    LARGE_INTEGER Time;
    KeQuerySystemTimePrecise(&Time);
    return (ULONG64)Time.QuadPart;
}

static VOID Initialize(BOOLEAN StateA, BOOLEAN StateB, BOOLEAN StateC)
{
    KeInitializeEvent(&A, SynchronizationEvent, StateA);
    KeInitializeEvent(&B, SynchronizationEvent, StateB);
    KeInitializeEvent(&C, SynchronizationEvent, StateC);
}

static NTSTATUS WaitMany(ULONG Count, WAIT_TYPE Type, PLARGE_INTEGER Timeout)
{
    PVOID Objects[3] = {&A, &B, &C};
    return KeWaitForMultipleObjects(Count, Objects, Type, Executive, KernelMode, FALSE, Timeout, NULL);
}

static void TestTimeouts(void)
{
    Initialize(FALSE, FALSE, FALSE);
    LARGE_INTEGER Timeout = TestMilliseconds(25);
    ULONG64 Start = Now();
    IS(KeWaitForSingleObject(&A, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT);
    OK(Now() - Start >= 250000 && Now() - Start < 270000);
    // Absolute.
    KeQuerySystemTime(&Timeout);
    Timeout.QuadPart += 250000;
    Start = Now();
    IS(KeWaitForSingleObject(&A, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT);
    OK(Now() - Start >= 240000 && Now() - Start < 270000);
    // One that is past ends the wait at once.
    Timeout.QuadPart = 1;
    IS(KeWaitForSingleObject(&A, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT);
    IS(KeWaitForSingleObject(&A, Executive, KernelMode, FALSE, &Zero), STATUS_TIMEOUT);
}

static void TestAny(void)
{
    Initialize(FALSE, TRUE, TRUE);
    IS(WaitMany(3, WaitAny, &Zero), STATUS_WAIT_0 + 1); // the first that is signaled
    IS(KeReadStateEvent(&B), 0);
    IS(KeReadStateEvent(&C), 1); // the other is left alone
    IS(WaitMany(3, WaitAny, &Zero), STATUS_WAIT_0 + 2);
    IS(WaitMany(3, WaitAny, &Zero), STATUS_TIMEOUT);
}

static void TestAll(void)
{
    Initialize(TRUE, FALSE, TRUE);
    IS(WaitMany(3, WaitAll, &Zero), STATUS_TIMEOUT);
    IS(KeReadStateEvent(&A), 1); // nothing is taken of an incomplete set
    IS(KeReadStateEvent(&C), 1);
    KeSetEvent(&B, IO_NO_INCREMENT, FALSE);
    IS(WaitMany(3, WaitAll, &Zero), STATUS_SUCCESS);
    IS(KeReadStateEvent(&A) + KeReadStateEvent(&B) + KeReadStateEvent(&C), 0);
}

static NTSTATUS OtherStatus;

static VOID NTAPI WaitForAll(PVOID Context)
{
    OtherStatus = WaitMany(3, (WAIT_TYPE)(ULONG_PTR)Context, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestAllInAnotherThread(void)
{
    Initialize(FALSE, FALSE, FALSE);
    PETHREAD Thread = TestStartThread(WaitForAll, (PVOID)WaitAll);
    TestSleep(5);
    KeSetEvent(&A, IO_NO_INCREMENT, FALSE);
    KeSetEvent(&C, IO_NO_INCREMENT, FALSE);
    TestSleep(5);
    IS(KeReadStateEvent(&A), 1);
    KeSetEvent(&B, IO_NO_INCREMENT, FALSE);
    TestJoinThread(Thread);
    IS(OtherStatus, STATUS_SUCCESS);
    IS(KeReadStateEvent(&A) + KeReadStateEvent(&B) + KeReadStateEvent(&C), 0);
}

static void TestAnyInAnotherThread(void)
{
    Initialize(FALSE, FALSE, FALSE);
    PETHREAD Thread = TestStartThread(WaitForAll, (PVOID)WaitAny);
    TestSleep(5);
    KeSetEvent(&C, IO_NO_INCREMENT, FALSE);
    TestJoinThread(Thread);
    IS(OtherStatus, STATUS_WAIT_0 + 2);
}

static void TestManyObjects(void)
{
    static KEVENT Events[MAXIMUM_WAIT_OBJECTS];
    static KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];
    PVOID Objects[MAXIMUM_WAIT_OBJECTS];
    for (ULONG Index = 0; Index < MAXIMUM_WAIT_OBJECTS; Index += 1) {
        KeInitializeEvent(&Events[Index], NotificationEvent, FALSE);
        Objects[Index] = &Events[Index];
    }
    LARGE_INTEGER Timeout = TestMilliseconds(5);
    IS(KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, Objects, WaitAny, Executive, KernelMode, FALSE,
                                &Timeout, Blocks),
       STATUS_TIMEOUT);
    KeSetEvent(&Events[63], IO_NO_INCREMENT, FALSE);
    IS(KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, Objects, WaitAny, Executive, KernelMode, FALSE,
                                &Timeout, Blocks),
       STATUS_WAIT_0 + 63);
}

static void TestDelay(void)
{
    ULONG64 Start = Now();
    LARGE_INTEGER Interval = TestMilliseconds(40);
    IS(KeDelayExecutionThread(KernelMode, FALSE, &Interval), STATUS_SUCCESS);
    OK(Now() - Start >= 400000 && Now() - Start < 420000);
    IS(KeDelayExecutionThread(KernelMode, FALSE, &Zero), STATUS_SUCCESS);
}

static void TestThreadObject(void)
{
    Initialize(TRUE, TRUE, TRUE);
    PETHREAD Thread = TestStartThread(WaitForAll, (PVOID)WaitAll);
    IS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    IS(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Zero),
       STATUS_SUCCESS); // it stays signaled
    ObDereferenceObject(Thread);
}

TEST_DRIVER(TestTimeouts, TestAny, TestAll, TestAllInAnotherThread, TestAnyInAnotherThread, TestManyObjects,
            TestDelay, TestThreadObject)
