// SPDX-License-Identifier: MIT
// Timers: once, periodic, at a time, cancelled, stopped while their routine runs or starts them anew.
#include "test.h"
#include <kmode.h>

typedef struct TIMER_TEST {
    KM_TIMER Timer;
    volatile LONG Runs;
    BOOLEAN Restart;
    NTSTATUS Last;
} TIMER_TEST;

KM_TYPED_ROUTINE(OnTick, TIMER_TEST, Test)
{
    if (Test->Restart) {
        Test->Last = KmTimerStartOnce(&Test->Timer, 1, 0);
    }
    InterlockedIncrement(&Test->Runs);
}

static void TestOnce(void)
{
    static TIMER_TEST Test;

    KmTimerInitialize(&Test.Timer, OnTick, &Test);
    OK(!KmTimerCancel(&Test.Timer));
    LONG64 Before = KmTimeSinceStart();
    IS(KmTimerStartOnce(&Test.Timer, 20, 0), STATUS_SUCCESS);
    IS(KmWait(&Test.Timer.Timer, KM_WAIT_FOREVER), STATUS_SUCCESS);
    OK(KmTimeSinceStart() - Before >= 19 * KM_TIME_MILLISECOND);
    KmTimerStop(&Test.Timer);
    IS(Test.Runs, 1);
    IS(KmWait(&Test.Timer.Timer, 50), STATUS_TIMEOUT);
    IS(Test.Runs, 1);

    IS(KmTimerStartOnce(&Test.Timer, 20, 10), STATUS_SUCCESS);
    OK(KmTimerCancel(&Test.Timer));
    KmSleep(50);
    IS(Test.Runs, 1);
    IS(KmTimerStartOnce(&Test.Timer, 0, 0), STATUS_SUCCESS);
    IS(KmWait(&Test.Timer.Timer, 1000), STATUS_SUCCESS);
    KmTimerStop(&Test.Timer);
    IS(Test.Runs, 2);
}

static void TestAgain(void)
{
    static TIMER_TEST Test;

    // A second start moves the expiry.
    KmTimerInitialize(&Test.Timer, OnTick, &Test);
    IS(KmTimerStartOnce(&Test.Timer, 20, 0), STATUS_SUCCESS);
    IS(KmTimerStartOnce(&Test.Timer, 500, 0), STATUS_SUCCESS);
    IS(KmWait(&Test.Timer.Timer, 200), STATUS_TIMEOUT);
    IS(Test.Runs, 0);
    KmTimerStop(&Test.Timer);
}

static void TestPeriodic(void)
{
    static TIMER_TEST Test;

    KmTimerInitialize(&Test.Timer, OnTick, &Test);
    LONG64 Before = KmTimeSinceStart();
    IS(KmTimerStartPeriodic(&Test.Timer, 10, 0), STATUS_SUCCESS);
    for (ULONG Round = 0; Round < 5; Round += 1) {
        IS(KmWait(&Test.Timer.Timer, KM_WAIT_FOREVER), STATUS_SUCCESS);
    }
    OK(KmTimeSinceStart() - Before >= 40 * KM_TIME_MILLISECOND);
    KmTimerStop(&Test.Timer);
    LONG Runs = Test.Runs;
    OK(Runs >= 5);
    KmSleep(50);
    IS(Test.Runs, Runs);
}

static void TestAt(void)
{
    static TIMER_TEST Test;

    KmTimerInitialize(&Test.Timer, NULL, NULL);
    IS(KmTimerStartAt(&Test.Timer, KmTimeNow() + 30 * KM_TIME_MILLISECOND), STATUS_SUCCESS);
    IS(KmWait(&Test.Timer.Timer, 0), STATUS_TIMEOUT);
    IS(KmWait(&Test.Timer.Timer, 1000), STATUS_SUCCESS);
    IS(KmTimerStartAt(&Test.Timer, -1), STATUS_INVALID_PARAMETER);
    KmTimerStop(&Test.Timer);
}

static void TestRefused(void)
{
    static TIMER_TEST Test;

    KmTimerInitialize(&Test.Timer, OnTick, &Test);
    IS(KmTimerStartOnce(&Test.Timer, KM_TIMER_MAXIMUM + 1, 0), STATUS_INVALID_PARAMETER);
    IS(KmTimerStartOnce(&Test.Timer, 1, KM_TIMER_MAXIMUM + 1), STATUS_INVALID_PARAMETER);
    IS(KmTimerStartPeriodic(&Test.Timer, 0, 0), STATUS_INVALID_PARAMETER);
    IS(KmTimerStartPeriodic(&Test.Timer, KM_TIMER_MAXIMUM + 1, 0), STATUS_INVALID_PARAMETER);
    OK(!KmTimerCancel(&Test.Timer));
}

static void TestStopOfOneThatRestarts(void)
{
    static TIMER_TEST Test;

    Test.Restart = TRUE;
    KmTimerInitialize(&Test.Timer, OnTick, &Test);
    for (ULONG Round = 0; Round < 20; Round += 1) {
        IS(KmTimerStartOnce(&Test.Timer, 0, 0), STATUS_SUCCESS);
        KmSleep(Round % 4);
        KmTimerStop(&Test.Timer);
        LONG Runs = Test.Runs;
        KmSleep(3);
        IS(Test.Runs, Runs);
        OK(Test.Last == STATUS_SUCCESS || Test.Last == STATUS_DELETE_PENDING);
    }
}

TEST_DRIVER(TestOnce, TestAgain, TestPeriodic, TestAt, TestRefused, TestStopOfOneThatRestarts)
