// SPDX-License-Identifier: MIT
// The times in KUSER_SHARED_DATA, as drivers read them by themselves, beside the routine that tells the same:
// they move, on each processor, and none of them ever goes back.
#include "thread.h"

NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(HANDLE Thread, THREADINFOCLASS Class, PVOID Buffer,
                                                 ULONG Length, PULONG Returned);

static ULONG64 Shared(const volatile KSYSTEM_TIME *Time)
{
    return *(const volatile ULONG64 *)Time;
}

#define INTERRUPT_TIME Shared(&SharedUserData->InterruptTime)
#define SYSTEM_TIME    Shared(&SharedUserData->SystemTime)
#define TICK_COUNT     Shared((const volatile KSYSTEM_TIME *)((ULONG_PTR)SharedUserData + 0x320))

// Who waits by looking, and calls nobody; FALSE: a time has gone back.
static BOOLEAN Spin(void)
{
    BOOLEAN Rises = TRUE;

    for (ULONG Round = 0; Round < 3; Round += 1) {
        const ULONG64 Time = INTERRUPT_TIME, Moment = SYSTEM_TIME;
        while (INTERRUPT_TIME == Time) {
            YieldProcessor();
        }
        Rises &= INTERRUPT_TIME > Time;
        while (SYSTEM_TIME == Moment) {
            YieldProcessor();
        }
        Rises &= SYSTEM_TIME > Moment;
    }
    return Rises;
}

static void TestSpin(void)
{
    // At the last, on Windows, nothing would interrupt a single processor, and the clock stand still.
    static const KIRQL Levels[] = {PASSIVE_LEVEL, DISPATCH_LEVEL, HIGH_LEVEL};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Levels); Index += 1) {
        BOOLEAN Rises;
        KIRQL OldIrql;

        KeRaiseIrql(Levels[Index], &OldIrql);
        Rises = Spin();
        KeLowerIrql(OldIrql);
        OK(Rises);
    }
}

static void TestTicks(void)
{
    const ULONG64 Before = TICK_COUNT;
    ULONG64 After;

    TestSleep(40);
    After = TICK_COUNT;
    OK(After >= Before + 2);
    OK(INTERRUPT_TIME / KeQueryTimeIncrement() >= After);
}

// The three words, as readers of 32 bits put them together.
static ULONG64 ReadByWords(const volatile KSYSTEM_TIME *Time)
{
    LARGE_INTEGER Value;

    do {
        Value.HighPart = Time->High1Time;
        Value.LowPart = Time->LowPart;
    } while (Value.HighPart != Time->High2Time);
    return (ULONG64)Value.QuadPart;
}

static void TestWords(void)
{
    ULONG Wrong = 0;

    for (ULONG Round = 0; Round < 100; Round += 1) {
        const ULONG64 Time = INTERRUPT_TIME, Moment = SYSTEM_TIME, Ticks = TICK_COUNT;
        const ULONG64 TimeByWords = ReadByWords(&SharedUserData->InterruptTime);

        Wrong += TimeByWords < Time || INTERRUPT_TIME < TimeByWords;
        Wrong += ReadByWords(&SharedUserData->SystemTime) < Moment;
        Wrong += ReadByWords((const volatile KSYSTEM_TIME *)((ULONG_PTR)SharedUserData + 0x320)) < Ticks;
    }
    IS(Wrong, 0);
}

// ---- Never back, whoever is asked, on whichever processor

typedef struct SEEN {
    volatile LONG64 Interrupt, System, Ticks;
} SEEN;

static SEEN Latest;
static volatile LONG Back;

// Time is no earlier than what anybody had seen before.
static VOID Note(volatile LONG64 *Seen, LONG64 Before, LONG64 Time)
{
    if (Time < Before) {
        InterlockedIncrement(&Back);
    }
    for (LONG64 Old = *Seen; Old < Time;) {
        const LONG64 Found = InterlockedCompareExchange64(Seen, Time, Old);
        if (Found == Old) {
            break;
        }
        Old = Found;
    }
}

static ULONG_PTR NTAPI Look(ULONG_PTR Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG Round = 0; Round < 200; Round += 1) {
        LONG64 Before = Latest.Interrupt;
        Note(&Latest.Interrupt, Before, (LONG64)INTERRUPT_TIME);
        Before = Latest.Interrupt;
        Note(&Latest.Interrupt, Before, (LONG64)KeQueryUnbiasedInterruptTime());
        Before = Latest.System;
        Note(&Latest.System, Before, (LONG64)SYSTEM_TIME);
        Before = Latest.Ticks;
        Note(&Latest.Ticks, Before, (LONG64)TICK_COUNT);
    }
    return 0;
}

static void TestNeverBack(void)
{
    for (ULONG Round = 0; Round < 5; Round += 1) {
        KeIpiGenericCall(Look, 0);
        TestSleep(1);
    }
    IS(Back, 0);
}

// The precise routines are never behind.
static void TestPrecise(void)
{
    ULONG Wrong = 0;

    for (ULONG Round = 0; Round < 200; Round += 1) {
        const ULONG64 Time = INTERRUPT_TIME, Moment = SYSTEM_TIME;
        LARGE_INTEGER Now;
        ULONG64 Counter;

        Wrong += KeQueryInterruptTimePrecise(&Counter) < Time;
        KeQuerySystemTimePrecise(&Now);
        Wrong += (ULONG64)Now.QuadPart < Moment;
    }
    IS(Wrong, 0);
}

// ---- What has waited for a time sees that it has come

static void TestWaits(void)
{
    static const LONG Units[] = {1, 10, 1000, 9999, 25000};
    KEVENT Event;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Units); Index += 1) {
        LARGE_INTEGER Timeout = {.QuadPart = -(LONGLONG)Units[Index]};
        ULONG64 Before = INTERRUPT_TIME;

        IS(KeDelayExecutionThread(KernelMode, FALSE, &Timeout), STATUS_SUCCESS);
        OK(INTERRUPT_TIME >= Before + Units[Index]);
        Before = KeQueryUnbiasedInterruptTime();
        IS(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT);
        OK(KeQueryUnbiasedInterruptTime() >= Before + Units[Index]);
        // Until a moment.
        Timeout.QuadPart = (LONGLONG)(SYSTEM_TIME + Units[Index]);
        IS(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT);
        OK(SYSTEM_TIME >= (ULONG64)Timeout.QuadPart);
    }
}

typedef struct EXPIRY {
    KEVENT Done;
    ULONG64 Told, Seen;
} EXPIRY;

static VOID NTAPI Expire(PKDPC Dpc, PVOID Context, PVOID Low, PVOID High)
{
    EXPIRY *Expiry = (EXPIRY *)Context;

    UNREFERENCED_PARAMETER(Dpc);
    Expiry->Told = PtrToUlong(Low) | (ULONG64)PtrToUlong(High) << 32;
    Expiry->Seen = SYSTEM_TIME;
    KeSetEvent(&Expiry->Done, IO_NO_INCREMENT, FALSE);
}

static void TestTimer(void)
{
    static const LONG Units[] = {0, 1, 3000, 20000};
    EXPIRY Expiry;
    KTIMER Timer;
    KDPC Dpc;

    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Expire, &Expiry);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Units); Index += 1) {
        LARGE_INTEGER Due = {.QuadPart = (LONGLONG)(SYSTEM_TIME + Units[Index])};

        KeInitializeEvent(&Expiry.Done, NotificationEvent, FALSE);
        KeSetTimer(&Timer, Due, &Dpc);
        KeWaitForSingleObject(&Expiry.Done, Executive, KernelMode, FALSE, NULL);
        OK(Expiry.Told >= (ULONG64)Due.QuadPart);
        OK(Expiry.Seen >= Expiry.Told);
    }
}

static VOID NTAPI Nothing(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// When a thread was made, between two looks.
static void TestThreadTimes(void)
{
    const ULONG64 Before = SYSTEM_TIME;
    KERNEL_USER_TIMES Times;
    HANDLE Handle;
    ULONG64 After;

    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Nothing, NULL), STATUS_SUCCESS);
    After = SYSTEM_TIME;
    ZwWaitForSingleObject(Handle, FALSE, NULL);
    IS(ZwQueryInformationThread(Handle, ThreadTimes, &Times, sizeof(Times), NULL), STATUS_SUCCESS);
    OK((ULONG64)Times.CreateTime.QuadPart >= Before);
    OK((ULONG64)Times.CreateTime.QuadPart <= After);
    OK((ULONG64)Times.ExitTime.QuadPart <= SYSTEM_TIME);
    ZwClose(Handle);
}

TEST_DRIVER(TestSpin, TestTicks, TestWords, TestNeverBack, TestPrecise, TestWaits, TestTimer, TestThreadTimes)
