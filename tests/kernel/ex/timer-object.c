// SPDX-License-Identifier: MIT
// Timer objects: made, opened, set, cancelled, waited for, and their APCs.
#include <ntddk.h>

#include "../test.h"
#include "../thread.h"

#define QUERY  0x0001
#define MODIFY 0x0002
#define ALL    (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | QUERY | MODIFY)

static LARGE_INTEGER Zero;

static HANDLE Create(TIMER_TYPE Type)
{
    HANDLE Timer = NULL;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateTimer(&Timer, ALL, &Attributes, Type), STATUS_SUCCESS);
    return Timer;
}

static NTSTATUS Set(HANDLE Timer, LONG Milliseconds, PTIMER_APC_ROUTINE Apc, PVOID Context, LONG Period)
{
    LARGE_INTEGER Due = TestMilliseconds(Milliseconds);
    return ZwSetTimer(Timer, &Due, Apc, Context, FALSE, Period, NULL);
}

static NTSTATUS Poll(HANDLE Timer)
{
    return ZwWaitForSingleObject(Timer, FALSE, &Zero);
}

static void TestNames(void)
{
    HANDLE Timer, Again;
    PVOID Object;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KmodeTimer");
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateTimer(&Timer, ALL, &Attributes, (TIMER_TYPE)2), STATUS_INVALID_PARAMETER_4);
    IS(ZwOpenTimer(&Timer, ALL, &Attributes), STATUS_OBJECT_NAME_NOT_FOUND);
    IS(ZwCreateTimer(&Timer, ALL, &Attributes, NotificationTimer), STATUS_SUCCESS);
    IS(ZwCreateTimer(&Again, ALL, &Attributes, NotificationTimer), STATUS_OBJECT_NAME_COLLISION);
    IS(ZwOpenTimer(&Again, SYNCHRONIZE, &Attributes), STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Again, SYNCHRONIZE, *ExTimerObjectType, KernelMode, &Object, NULL),
       STATUS_SUCCESS);
    ObDereferenceObject(Object);
    IS(ObReferenceObjectByHandle(Again, SYNCHRONIZE, *ExEventObjectType, KernelMode, &Object, NULL),
       STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(Again);
    ZwClose(Timer);
    IS(ZwOpenTimer(&Timer, ALL, &Attributes), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void TestSet(void)
{
    BOOLEAN State = 7;
    HANDLE Timer = Create(NotificationTimer);
    LARGE_INTEGER Due = TestMilliseconds(20);
    IS(ZwSetTimer(Timer, &Due, NULL, NULL, FALSE, -1, NULL), STATUS_INVALID_PARAMETER_6);
    IS(ZwSetTimer(NULL, &Due, NULL, NULL, FALSE, 0, NULL), STATUS_INVALID_HANDLE);
    IS(ZwCancelTimer(NULL, NULL), STATUS_INVALID_HANDLE);
    IS(Poll(Timer), STATUS_TIMEOUT);
    IS(ZwSetTimer(Timer, &Due, NULL, NULL, FALSE, 0, &State), STATUS_SUCCESS);
    IS(State, FALSE);
    IS(Poll(Timer), STATUS_TIMEOUT);
    IS(ZwWaitForSingleObject(Timer, FALSE, NULL), STATUS_SUCCESS);
    IS(Poll(Timer), STATUS_SUCCESS);
    IS(ZwCancelTimer(Timer, &State), STATUS_SUCCESS);
    IS(State, TRUE);
    IS(Poll(Timer), STATUS_SUCCESS);
    State = 7;
    IS(ZwSetTimer(Timer, &Due, NULL, NULL, TRUE, 0, &State), STATUS_SUCCESS); // tests/machine/power.c sleeps
    IS(State, TRUE);
    IS(Poll(Timer), STATUS_TIMEOUT);
    IS(ZwCancelTimer(Timer, NULL), STATUS_SUCCESS);
    TestSleep(50);
    IS(Poll(Timer), STATUS_TIMEOUT);
    // An absolute time that has passed.
    Due.QuadPart = 1;
    IS(ZwSetTimer(Timer, &Due, NULL, NULL, FALSE, 0, NULL), STATUS_SUCCESS);
    IS(ZwWaitForSingleObject(Timer, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(Timer);

    Timer = Create(SynchronizationTimer);
    IS(Set(Timer, 10, NULL, NULL, 10), STATUS_SUCCESS);
    for (ULONG Count = 0; Count < 3; Count += 1) {
        IS(ZwWaitForSingleObject(Timer, FALSE, NULL), STATUS_SUCCESS);
        IS(Poll(Timer), STATUS_TIMEOUT);
    }
    ZwClose(Timer);
}

typedef struct {
    ULONG Calls;
    LARGE_INTEGER Time;
    PETHREAD Thread;
} APC_RECORD;

static VOID NTAPI RecordApc(PVOID Context, ULONG Low, LONG High)
{
    APC_RECORD *Record = Context;
    Record->Calls += 1;
    Record->Time.LowPart = Low;
    Record->Time.HighPart = High;
    Record->Thread = PsGetCurrentThread();
}

static void TestApc(void)
{
    LARGE_INTEGER Before, After;
    APC_RECORD Record = {0};
    HANDLE Timer = Create(NotificationTimer);
    KeQuerySystemTime(&Before);
    IS(Set(Timer, 20, RecordApc, &Record, 0), STATUS_SUCCESS);
    IS(Record.Calls, 0);
    TestSleep(60);
    KeQuerySystemTime(&After);
    IS(Record.Calls, 1);
    IS(Record.Thread, PsGetCurrentThread());
    OK(Record.Time.QuadPart >= Before.QuadPart + 200000 && Record.Time.QuadPart <= After.QuadPart);

    // Each period calls it, until the timer is cancelled or set without it.
    IS(Set(Timer, 10, RecordApc, &Record, 10), STATUS_SUCCESS);
    TestSleep(35);
    OK(Record.Calls >= 3);
    IS(ZwCancelTimer(Timer, NULL), STATUS_SUCCESS);
    ULONG Calls = Record.Calls;
    TestSleep(35);
    IS(Record.Calls, Calls);
    IS(Set(Timer, 10, RecordApc, &Record, 0), STATUS_SUCCESS);
    IS(Set(Timer, 10, NULL, NULL, 0), STATUS_SUCCESS);
    TestSleep(35);
    IS(Record.Calls, Calls);

    // One that waits to be delivered is taken back.
    IS(Set(Timer, 10, RecordApc, &Record, 0), STATUS_SUCCESS);
    KeEnterCriticalRegion();
    IS(ZwWaitForSingleObject(Timer, FALSE, NULL), STATUS_SUCCESS);
    TestSleep(1);
    IS(ZwCancelTimer(Timer, NULL), STATUS_SUCCESS);
    KeLeaveCriticalRegion();
    IS(Record.Calls, Calls);

    // One that is queued outlives the handle.
    IS(Set(Timer, 10, RecordApc, &Record, 0), STATUS_SUCCESS);
    KeEnterCriticalRegion();
    IS(ZwWaitForSingleObject(Timer, FALSE, NULL), STATUS_SUCCESS);
    TestSleep(1);
    ZwClose(Timer);
    KeLeaveCriticalRegion();
    IS(Record.Calls, Calls + 1);
    // And one that is not does not.
    Timer = Create(NotificationTimer);
    IS(Set(Timer, 10, RecordApc, &Record, 10), STATUS_SUCCESS);
    ZwClose(Timer);
    TestSleep(35);
    IS(Record.Calls, Calls + 1);
}

static VOID NTAPI SetAndEnd(PVOID Context)
{
    static APC_RECORD Record;
    Set(Context, 10, RecordApc, &Record, 0);
}

static void TestThreadEnd(void)
{
    HANDLE Timer = Create(NotificationTimer);
    TestJoinThread(TestStartThread(SetAndEnd, Timer));
    // The thread's end has cancelled it.
    TestSleep(35);
    IS(Poll(Timer), STATUS_TIMEOUT);
    ZwClose(Timer);
}

static void TestCoalescable(void)
{
    TIMER_SET_COALESCABLE_TIMER_INFO Info = {.DueTime = TestMilliseconds(10)};
    BOOLEAN State = 7;
    HANDLE Timer = Create(NotificationTimer);
    IS(ZwSetTimerEx(Timer, MaxTimerInfoClass, &Info, sizeof(Info)), STATUS_INVALID_INFO_CLASS);
    IS(ZwSetTimerEx(Timer, TimerSetCoalescableTimer, &Info, sizeof(Info) - 1), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwSetTimerEx(NULL, TimerSetCoalescableTimer, &Info, sizeof(Info)), STATUS_INVALID_HANDLE);
    Info.Period = 0x80000000;
    IS(ZwSetTimerEx(Timer, TimerSetCoalescableTimer, &Info, sizeof(Info)), STATUS_INVALID_PARAMETER);
    Info.Period = 0;
    Info.TolerableDelay = 0x80000000;
    IS(ZwSetTimerEx(Timer, TimerSetCoalescableTimer, &Info, sizeof(Info)), STATUS_INVALID_PARAMETER);
    Info.TolerableDelay = 50;
    Info.PreviousState = &State;
    IS(ZwSetTimerEx(Timer, TimerSetCoalescableTimer, &Info, sizeof(Info)), STATUS_SUCCESS);
    IS(State, FALSE);
    IS(ZwWaitForSingleObject(Timer, FALSE, NULL), STATUS_SUCCESS);
    Info.WakeContext = (PVOID)&Info;
    IS(ZwSetTimerEx(Timer, TimerSetCoalescableTimer, &Info, sizeof(Info)), STATUS_SUCCESS);
    IS(State, TRUE);
    ZwClose(Timer);
}

TEST_DRIVER(TestNames, TestSet, TestApc, TestThreadEnd, TestCoalescable)
