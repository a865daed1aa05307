// SPDX-License-Identifier: MIT
// What tells the time, and that all of it tells the same.
#include "thread.h"

static void TestPerformanceCounter(void)
{
    LARGE_INTEGER Frequency = {.QuadPart = 0}, Again = {.QuadPart = 0}, First, Last;
    BOOLEAN Falls = FALSE;
    First = KeQueryPerformanceCounter(&Frequency);
    OK(First.QuadPart > 0);
    OK(Frequency.QuadPart >= 1000000); // finer than a microsecond
    for (ULONG Round = 0; Round < 100; Round += 1) {
        Last = KeQueryPerformanceCounter(NULL);
        Falls |= Last.QuadPart < First.QuadPart;
        First = Last;
    }
    OK(!Falls);
    // It counts time, asleep or busy.
    TestSleep(20);
    Last = KeQueryPerformanceCounter(&Again);
    IS(Again.QuadPart, Frequency.QuadPart);
    LONGLONG Elapsed = (Last.QuadPart - First.QuadPart) * 1000 / Frequency.QuadPart;
    OK(Elapsed >= 20 && Elapsed < 1000);
}

static void TestSystemTime(void)
{
    LARGE_INTEGER Before, Precise, After, Shared;
    KeQuerySystemTimePrecise(&Before);
    KeQuerySystemTimePrecise(&Precise);
    KeQuerySystemTime(&Shared); // a macro, of the shared data
    KeQuerySystemTimePrecise(&After);
    OK(Before.QuadPart <= Precise.QuadPart && Precise.QuadPart <= After.QuadPart);
    // It may be behind by a tick.
    OK(Shared.QuadPart <= After.QuadPart && Shared.QuadPart + KeQueryTimeIncrement() >= Before.QuadPart);
    TestSleep(30);
    KeQuerySystemTimePrecise(&After);
    OK(After.QuadPart - Before.QuadPart >= 300000);
}

static void TestInterruptTime(void)
{
    ULONG64 Counter = 0, Other = 0;
    LARGE_INTEGER Frequency, Ticks;
    ULONG Increment = KeQueryTimeIncrement();
    ULONGLONG Start = KeQueryInterruptTimePrecise(&Counter);
    LARGE_INTEGER Now = KeQueryPerformanceCounter(&Frequency);
    OK((LONGLONG)Counter <= Now.QuadPart);
    OK(Now.QuadPart - (LONGLONG)Counter < Frequency.QuadPart);
    OK(KeQueryInterruptTime() + Increment >= Start);
    // It never sleeps, so that there is no bias.
    OK(KeQueryUnbiasedInterruptTime() + Increment >= Start);
    OK(KeQueryUnbiasedInterruptTimePrecise(&Other) >= Start);
    OK(Other >= Counter);
    TestSleep(100);
    ULONGLONG End = KeQueryInterruptTimePrecise(&Other);
    OK(End - Start >= 1000000);
    OK(Other > Counter);
    KeQueryTickCount(&Ticks);
    OK((ULONGLONG)Ticks.QuadPart * Increment + 2 * Increment >= End);
    OK(Increment > 0);
    IS(KeQueryTimeIncrement(), Increment); // it is constant
}

static void TestStall(void)
{
    ULONG64 Unused;
    ULONGLONG Start = KeQueryInterruptTimePrecise(&Unused);
    KeStallExecutionProcessor(50);
    OK(KeQueryInterruptTimePrecise(&Unused) - Start >= 500);
}

// Any of it, at any level: there time goes on, too.
static void TestAtHighLevel(void)
{
    KIRQL OldIrql;
    LARGE_INTEGER System, Frequency;
    ULONG64 Counter;
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    ULONGLONG Start = KeQueryInterruptTimePrecise(&Counter);
    KeStallExecutionProcessor(10);
    ULONGLONG End = KeQueryInterruptTimePrecise(&Counter);
    KeQuerySystemTimePrecise(&System);
    LARGE_INTEGER Now = KeQueryPerformanceCounter(&Frequency);
    ULONG Increment = KeQueryTimeIncrement();
    LARGE_INTEGER Local;
    ExSystemTimeToLocalTime(&System, &Local);
    KIRQL Irql = KeGetCurrentIrql();
    KeLowerIrql(OldIrql);
    IS(Irql, HIGH_LEVEL);
    OK(End - Start >= 100);
    OK(Now.QuadPart >= (LONGLONG)Counter);
    OK(Increment != 0 && Local.QuadPart != 0);
}

TEST_DRIVER(TestPerformanceCounter, TestSystemTime, TestInterruptTime, TestStall, TestAtHighLevel)
