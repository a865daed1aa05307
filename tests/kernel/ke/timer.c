// SPDX-License-Identifier: MIT
// Timers: absolute, relative, periodic, coalescable, with and without a DPC.
#include "thread.h"

static LARGE_INTEGER Zero;
static LONG Calls;
static ULONG64 CallTimes[8];

static ULONG64 Now(VOID)
{
    LARGE_INTEGER Time;
    KeQuerySystemTimePrecise(&Time);
    return (ULONG64)Time.QuadPart;
}

static VOID NTAPI CountCall(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    LONG Call = InterlockedIncrement(&Calls);
    if (Call <= 8) {
        CallTimes[Call - 1] = Now();
    }
}

static void TestOneShot(void)
{
    KTIMER Timer;
    KDPC Dpc;
    Calls = 0;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, CountCall, NULL);
    ULONG64 Start = Now();
    OK(!KeSetTimer(&Timer, TestMilliseconds(30), &Dpc));
    OK(!KeReadStateTimer(&Timer));
    TestSleep(20);
    IS(Calls, 0);
    OK(!KeReadStateTimer(&Timer));
    TestSleep(20);
    IS(Calls, 1);
    OK(KeReadStateTimer(&Timer));
    OK(CallTimes[0] - Start >= 300000);
    OK(CallTimes[0] - Start < 320000);
    OK(!KeCancelTimer(&Timer));
    TestSleep(100);
    IS(Calls, 1);
}

static void TestCancel(void)
{
    KTIMER Timer;
    KDPC Dpc;
    Calls = 0;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, CountCall, NULL);
    OK(!KeCancelTimer(&Timer));
    KeSetTimer(&Timer, TestMilliseconds(10), &Dpc);
    OK(KeCancelTimer(&Timer));
    OK(!KeCancelTimer(&Timer));
    TestSleep(50);
    IS(Calls, 0);
    // Setting it again moves it.
    OK(!KeSetTimer(&Timer, TestMilliseconds(10), &Dpc));
    OK(KeSetTimer(&Timer, TestMilliseconds(30), &Dpc));
    TestSleep(20);
    IS(Calls, 0);
    TestSleep(20);
    IS(Calls, 1);
}

static void TestPeriodic(void)
{
    KTIMER Timer;
    KDPC Dpc;
    Calls = 0;
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    KeInitializeDpc(&Dpc, CountCall, NULL);
    OK(!KeSetTimerEx(&Timer, TestMilliseconds(10), 20, &Dpc));
    TestSleep(95);
    IS(Calls, 5); // at 10, 30, 50, 70, 90
    OK(CallTimes[4] - CallTimes[0] >= 790000 && CallTimes[4] - CallTimes[0] <= 810000);
    OK(KeCancelTimer(&Timer));
    TestSleep(50);
    IS(Calls, 5);
}

static void TestWaits(void)
{
    KTIMER Notification, Synchronization;
    KeInitializeTimerEx(&Notification, NotificationTimer);
    KeInitializeTimerEx(&Synchronization, SynchronizationTimer);
    KeSetTimer(&Notification, TestMilliseconds(5), NULL);
    KeSetTimer(&Synchronization, TestMilliseconds(5), NULL);
    IS(KeWaitForSingleObject(&Notification, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    IS(KeWaitForSingleObject(&Notification, Executive, KernelMode, FALSE, &Zero), STATUS_SUCCESS);
    IS(KeWaitForSingleObject(&Synchronization, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    IS(KeWaitForSingleObject(&Synchronization, Executive, KernelMode, FALSE, &Zero), STATUS_TIMEOUT);
}

static void TestAbsolute(void)
{
    KTIMER Timer;
    LARGE_INTEGER Due, Past = {.QuadPart = 1};
    KeInitializeTimer(&Timer);
    KeQuerySystemTime(&Due);
    Due.QuadPart += 500000;
    KeSetTimer(&Timer, Due, NULL);
    IS(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    OK((LONGLONG)Now() >= Due.QuadPart);
    OK((LONGLONG)Now() < Due.QuadPart + 20000);
    // What is past is signaled at once.
    KeSetTimer(&Timer, Past, NULL);
    IS(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
}

static ULONG Order, Place[4];

static VOID NTAPI NotePlace(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Place[(ULONG_PTR)Context] = ++Order;
}

static void TestOrder(void)
{
    static const LONG Milliseconds[4] = {40, 10, 4000, 20};
    KTIMER Timers[4];
    KDPC Dpcs[4];
    for (ULONG Index = 0; Index < 4; Index += 1) {
        KeInitializeTimer(&Timers[Index]);
        KeInitializeDpc(&Dpcs[Index], NotePlace, (PVOID)(ULONG_PTR)Index);
        KeSetTimer(&Timers[Index], TestMilliseconds(Milliseconds[Index]), &Dpcs[Index]);
    }
    TestSleep(5000);
    IS(Place[1], 1);
    IS(Place[3], 2);
    IS(Place[0], 3);
    IS(Place[2], 4);
}

static void TestCoalescable(void)
{
    KTIMER Timer;
    KDPC Dpc;
    Calls = 0;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, CountCall, NULL);
    ULONG64 Start = Now();
    OK(!KeSetCoalescableTimer(&Timer, TestMilliseconds(20), 30, 10, &Dpc));
    TestSleep(90);
    OK(Calls >= 2 && Calls <= 3);
    OK(CallTimes[0] - Start >= 200000 && CallTimes[0] - Start <= 320000);
    OK(KeCancelTimer(&Timer));
}

TEST_DRIVER(TestOneShot, TestCancel, TestPeriodic, TestWaits, TestAbsolute, TestOrder, TestCoalescable)
