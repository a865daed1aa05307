// SPDX-License-Identifier: MIT
// Events of both types: set, pulsed, reset, cleared, read, and whom they wake.
#include "thread.h"

static LARGE_INTEGER Zero;

static NTSTATUS Poll(PVOID Object)
{
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Zero);
}

static void TestStates(void)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IS(KeReadStateEvent(&Event), 0);
    IS(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 0);
    IS(KeReadStateEvent(&Event), 1);
    IS(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 1);
    IS(KeResetEvent(&Event), 1);
    IS(KeResetEvent(&Event), 0);
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&Event);
    IS(KeReadStateEvent(&Event), 0);
    IS(KePulseEvent(&Event, IO_NO_INCREMENT, FALSE), 0);
    IS(KeReadStateEvent(&Event), 0);
    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    IS(KePulseEvent(&Event, IO_NO_INCREMENT, FALSE), 1);
    IS(KeReadStateEvent(&Event), 0);
}

static void TestNotificationStaysSet(void)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    IS(Poll(&Event), STATUS_SUCCESS);
    IS(Poll(&Event), STATUS_SUCCESS);
    KeClearEvent(&Event);
    IS(Poll(&Event), STATUS_TIMEOUT);
}

static void TestSynchronizationIsTaken(void)
{
    KEVENT Event;
    KeInitializeEvent(&Event, SynchronizationEvent, TRUE);
    IS(Poll(&Event), STATUS_SUCCESS);
    IS(Poll(&Event), STATUS_TIMEOUT);
}

static void TestAtDispatchLevel(void)
{
    KEVENT Event;
    KIRQL OldIrql;
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(KeSetEvent(&Event, IO_NO_INCREMENT, FALSE), 0);
    IS(Poll(&Event), STATUS_SUCCESS);
    IS(Poll(&Event), STATUS_TIMEOUT);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(OldIrql);
}

static KEVENT Go, Pulsed, AllGone;
static LONG Released;

static VOID NTAPI WaitForPulse(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    LARGE_INTEGER Long = TestMilliseconds(60000);
    if (KeWaitForSingleObject(&Pulsed, Executive, KernelMode, FALSE, &Long) == STATUS_SUCCESS) {
        InterlockedIncrement(&Released);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static LONG CountReleased(EVENT_TYPE Type, BOOLEAN Pulse)
{
    PETHREAD Threads[3];
    KeInitializeEvent(&Pulsed, Type, FALSE);
    Released = 0;
    for (ULONG Index = 0; Index < 3; Index += 1) {
        Threads[Index] = TestStartThread(WaitForPulse, NULL);
    }
    TestSleep(10);
    if (Pulse) {
        KePulseEvent(&Pulsed, IO_NO_INCREMENT, FALSE);
    } else {
        KeSetEvent(&Pulsed, IO_NO_INCREMENT, FALSE);
    }
    TestSleep(10);
    LONG Count = Released;
    for (ULONG Index = 0; Index < 3; Index += 1) {
        TestSleep(1);
        KeSetEvent(&Pulsed, IO_NO_INCREMENT, FALSE);
    }
    for (ULONG Index = 0; Index < 3; Index += 1) {
        TestJoinThread(Threads[Index]);
    }
    return Count;
}

static void TestWhoIsReleased(void)
{
    IS(CountReleased(NotificationEvent, FALSE), 3);
    IS(CountReleased(NotificationEvent, TRUE), 3);
    IS(CountReleased(SynchronizationEvent, FALSE), 1);
    IS(CountReleased(SynchronizationEvent, TRUE), 1);
}

static VOID NTAPI SetAndWait(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    // With Wait the set and the wait are one step: IRQL is raised in between.
    KeSetEvent(&Go, IO_NO_INCREMENT, TRUE);
    IS(KeWaitForSingleObject(&AllGone, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestSetWithWait(void)
{
    KeInitializeEvent(&Go, SynchronizationEvent, FALSE);
    KeInitializeEvent(&AllGone, SynchronizationEvent, FALSE);
    PETHREAD Thread = TestStartThread(SetAndWait, NULL);
    IS(KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    KeSetEvent(&AllGone, IO_NO_INCREMENT, FALSE);
    TestJoinThread(Thread);
}

TEST_DRIVER(TestStates, TestNotificationStaysSet, TestSynchronizationIsTaken, TestAtDispatchLevel,
            TestWhoIsReleased, TestSetWithWait)
