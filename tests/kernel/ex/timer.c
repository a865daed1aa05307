// SPDX-License-Identifier: MIT
// Timers of Ex: their callback, period, cancellation, deletion; the timer resolution.
#include "thread.h"

static ULONG Calls;
static PEX_TIMER LastTimer;
static PVOID LastContext;
static KIRQL LastIrql;

static VOID NTAPI Count(PEX_TIMER Timer, PVOID Context)
{
    Calls += 1;
    LastTimer = Timer;
    LastContext = Context;
    LastIrql = KeGetCurrentIrql();
}

static NTSTATUS Wait(PVOID Object, LONG Milliseconds)
{
    LARGE_INTEGER Timeout = TestMilliseconds(Milliseconds);
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Timeout);
}

static ULONG64 Now(void)
{
    return KeQueryInterruptTime();
}

static void TestOnce(void)
{
    PEX_TIMER Timer = ExAllocateTimer(Count, &Calls, 0);
    OK(Timer != NULL);
    Calls = 0;
    OK(!ExSetTimer(Timer, -20000, 0, NULL));
    IS(Wait(Timer, 1), STATUS_TIMEOUT);
    IS(Wait(Timer, 2), STATUS_SUCCESS);
    IS(Calls, 1);
    OK(LastTimer == Timer);
    OK(LastContext == &Calls);
    IS(LastIrql, DISPATCH_LEVEL);
    // A synchronization timer: one wait takes it.
    IS(Wait(Timer, 1), STATUS_TIMEOUT);
    OK(!ExCancelTimer(Timer, NULL));
    OK(!ExDeleteTimer(Timer, TRUE, FALSE, NULL));
}

static void TestNotification(void)
{
    PEX_TIMER Timer = ExAllocateTimer(NULL, NULL, EX_TIMER_NOTIFICATION);
    OK(Timer != NULL);
    OK(!ExSetTimer(Timer, -10000, 0, NULL));
    IS(Wait(Timer, 2), STATUS_SUCCESS);
    IS(Wait(Timer, 0), STATUS_SUCCESS);
    // Setting it resets it.
    OK(!ExSetTimer(Timer, -10000, 0, NULL));
    IS(Wait(Timer, 0), STATUS_TIMEOUT);
    OK(ExDeleteTimer(Timer, TRUE, TRUE, NULL));
}

static void TestCancelAndSetAgain(void)
{
    PEX_TIMER Timer = ExAllocateTimer(Count, NULL, EX_TIMER_HIGH_RESOLUTION);
    Calls = 0;
    OK(!ExCancelTimer(Timer, NULL));
    OK(!ExSetTimer(Timer, -10000, 0, NULL));
    OK(ExSetTimer(Timer, -50000, 0, NULL));
    TestSleep(2);
    IS(Calls, 0);
    OK(ExCancelTimer(Timer, NULL));
    OK(!ExCancelTimer(Timer, NULL));
    TestSleep(10);
    IS(Calls, 0);
    IS(Wait(Timer, 0), STATUS_TIMEOUT);
    ExDeleteTimer(Timer, TRUE, TRUE, NULL);
}

static void TestAbsolute(void)
{
    LARGE_INTEGER Due;
    PEX_TIMER Timer = ExAllocateTimer(Count, NULL, EX_TIMER_NO_WAKE | EX_TIMER_NOTIFICATION);
    EXT_SET_PARAMETERS Parameters;
    Calls = 0;
    KeQuerySystemTime(&Due);
    ExInitializeSetTimerParameters(&Parameters);
    IS(Parameters.NoWakeTolerance, 0);
    Parameters.NoWakeTolerance = EX_TIMER_UNLIMITED_TOLERANCE;
    OK(!ExSetTimer(Timer, Due.QuadPart + 30000, 0, &Parameters));
    IS(Wait(Timer, 1), STATUS_TIMEOUT);
    IS(Wait(Timer, 3), STATUS_SUCCESS);
    // What is past expires at once.
    Parameters.NoWakeTolerance = 100000;
    OK(!ExSetTimer(Timer, Due.QuadPart, 0, &Parameters));
    IS(Wait(Timer, 0), STATUS_SUCCESS);
    IS(Calls, 2);
    ExDeleteTimer(Timer, TRUE, TRUE, NULL);
}

// Periods are 100 ns units, not milliseconds.
static void TestPeriod(void)
{
    PEX_TIMER Timer = ExAllocateTimer(Count, NULL, EX_TIMER_HIGH_RESOLUTION);
    ULONG64 Start = Now();
    Calls = 0;
    OK(!ExSetTimer(Timer, -10000, 2500, NULL));
    for (ULONG Round = 0; Round < 5; Round += 1) {
        IS(Wait(Timer, 5), STATUS_SUCCESS);
    }
    ULONG64 Elapsed = Now() - Start;
    OK(Elapsed >= 10000 + 4 * 2500 && Elapsed < 10000 + 5 * 2500);
    IS(Calls, 5);
    OK(ExCancelTimer(Timer, NULL));
    TestSleep(5);
    IS(Calls, 5);
    OK(!ExSetTimer(Timer, -10000, 10000, NULL));
    TestSleep(10);
    OK(Calls >= 14 && Calls <= 16);
    // A periodic timer is always set.
    OK(ExDeleteTimer(Timer, TRUE, TRUE, NULL));
}

// ---- Deletion

static ULONG Deletions;
static PVOID DeletedContext;
static KEVENT Deleted;

static VOID NTAPI NoteDeletion(PVOID Context)
{
    Deletions += 1;
    DeletedContext = Context;
    KeSetEvent(&Deleted, IO_NO_INCREMENT, FALSE);
}

static EXT_DELETE_PARAMETERS Parameters(void)
{
    EXT_DELETE_PARAMETERS Made;
    ExInitializeDeleteTimerParameters(&Made);
    Made.DeleteCallback = NoteDeletion;
    Made.DeleteContext = &Deletions;
    Deletions = 0;
    DeletedContext = NULL;
    KeInitializeEvent(&Deleted, NotificationEvent, FALSE);
    return Made;
}

static void TestDeleteCallback(void)
{
    EXT_DELETE_PARAMETERS How = Parameters();
    PEX_TIMER Timer = ExAllocateTimer(Count, NULL, 0);
    OK(!ExDeleteTimer(Timer, TRUE, TRUE, &How));
    IS(Deletions, 1);
    OK(DeletedContext == &Deletions);
    Calls = 0;
    How = Parameters();
    Timer = ExAllocateTimer(Count, NULL, 0);
    ExSetTimer(Timer, -10000, 10000, NULL);
    OK(ExDeleteTimer(Timer, TRUE, FALSE, &How));
    IS(Deletions, 1);
    TestSleep(5);
    IS(Calls, 0);
}

// Not cancelled: it expires once more, though periodic, and goes then.
static void TestDeleteAfterExpiration(void)
{
    EXT_DELETE_PARAMETERS How = Parameters();
    PEX_TIMER Timer = ExAllocateTimer(Count, NULL, 0);
    Calls = 0;
    ExSetTimer(Timer, -20000, 10000, NULL);
    OK(!ExDeleteTimer(Timer, FALSE, FALSE, &How));
    IS(Deletions, 0);
    // Disabled: nothing can be done with it any more.
    OK(!ExSetTimer(Timer, -10000, 0, NULL));
    OK(!ExCancelTimer(Timer, NULL));
    OK(!ExDeleteTimer(Timer, TRUE, TRUE, NULL));
    IS(Wait(&Deleted, 10), STATUS_SUCCESS);
    TestSleep(5);
    IS(Calls, 1);
    IS(Deletions, 1);
    // And without a callback.
    How = Parameters();
    Timer = ExAllocateTimer(NULL, NULL, 0);
    ExSetTimer(Timer, -10000, 0, NULL);
    OK(!ExDeleteTimer(Timer, FALSE, FALSE, &How));
    IS(Wait(&Deleted, 10), STATUS_SUCCESS);
}

static EXT_DELETE_PARAMETERS FromCallback;

static VOID NTAPI DeleteItself(PEX_TIMER Timer, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Calls += 1;
    ExDeleteTimer(Timer, TRUE, FALSE, &FromCallback);
}

static void TestDeleteFromCallback(void)
{
    FromCallback = Parameters();
    PEX_TIMER Timer = ExAllocateTimer(DeleteItself, NULL, 0);
    Calls = 0;
    ExSetTimer(Timer, -10000, 10000, NULL);
    IS(Wait(&Deleted, 10), STATUS_SUCCESS);
    TestSleep(5);
    IS(Calls, 1);
    IS(Deletions, 1);
}

static void TestResolution(void)
{
    ULONG Maximum = 0, Minimum = 0, Current = 0;
    ExQueryTimerResolution(&Maximum, &Minimum, &Current);
    IS(Maximum, KeQueryTimeIncrement());
    OK(Minimum > 0 && Minimum <= 10000);
    IS(Current, Maximum);
    IS(ExSetTimerResolution(20000, TRUE), 20000);
    // No coarser than somebody has asked for.
    IS(ExSetTimerResolution(50000, TRUE), 20000);
    IS(ExSetTimerResolution(1, TRUE), Minimum);
    ExQueryTimerResolution(&Maximum, &Minimum, &Current);
    IS(Current, Minimum);
    IS(ExSetTimerResolution(0, FALSE), Minimum);
    IS(ExSetTimerResolution(0, FALSE), Minimum);
    // All who asked have taken it back.
    IS(ExSetTimerResolution(0, FALSE), Maximum);
    IS(ExSetTimerResolution(0, FALSE), Maximum);
}

TEST_DRIVER(TestOnce, TestNotification, TestCancelAndSetAgain, TestAbsolute, TestPeriod, TestDeleteCallback,
            TestDeleteAfterExpiration, TestDeleteFromCallback, TestResolution)
