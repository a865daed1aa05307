// SPDX-License-Identifier: MIT
// Threads: started, stopped, joined, with exit status; what is done once by several of them.
#include "test.h"
#include <kmode.h>

static NTSTATUS NTAPI Wait(PKM_THREAD Self, PVOID Context)
{
    PULONG Rounds = (PULONG)Context;

    while (!KmThreadSleep(Self, 10)) {
        *Rounds += 1;
    }
    return KmThreadShouldStop(Self) ? STATUS_DEVICE_BUSY : STATUS_UNSUCCESSFUL;
}

static void TestStopAndJoin(void)
{
    KM_THREAD Thread;
    ULONG Rounds = 0;
    NTSTATUS Exit = STATUS_SUCCESS;
    PVOID Objects[1];
    ULONG Index;

    IS(KmThreadCreate(&Thread, Wait, &Rounds), STATUS_SUCCESS);
    OK(!KmThreadShouldStop(&Thread));
    IS(KmThreadJoin(&Thread, 0, &Exit), STATUS_TIMEOUT);
    IS(KmThreadJoin(&Thread, 100, &Exit), STATUS_TIMEOUT);
    IS(Exit, STATUS_SUCCESS);
    OK(Rounds >= 5);
    Objects[0] = Thread.Object;
    KmThreadStop(&Thread);
    IS(KmWaitAny(1, Objects, KM_WAIT_FOREVER, NULL, &Index), STATUS_SUCCESS);
    IS(KmThreadJoin(&Thread, KM_WAIT_FOREVER, &Exit), STATUS_SUCCESS);
    IS(Exit, STATUS_DEVICE_BUSY);
    IS(KmThreadJoin(&Thread, 0, &Exit), STATUS_INVALID_PARAMETER);

    Rounds = 0; // it may be started again
    IS(KmThreadCreate(&Thread, Wait, &Rounds), STATUS_SUCCESS);
    KmThreadStop(&Thread);
    IS(KmThreadJoin(&Thread, KM_WAIT_FOREVER, NULL), STATUS_SUCCESS);
}

static NTSTATUS NTAPI JoinSelf(PKM_THREAD Self, PVOID Context)
{
    // Who has started it may not have its object yet.
    (void)KmWait(Context, KM_WAIT_FOREVER);
    return KmThreadJoin(Self, KM_WAIT_FOREVER, NULL);
}

static void TestJoinOfSelf(void)
{
    KM_THREAD Thread;
    KEVENT Started;
    NTSTATUS Exit;

    KeInitializeEvent(&Started, NotificationEvent, FALSE);
    IS(KmThreadCreate(&Thread, JoinSelf, &Started), STATUS_SUCCESS);
    KeSetEvent(&Started, IO_NO_INCREMENT, FALSE);
    IS(KmThreadJoin(&Thread, KM_WAIT_FOREVER, &Exit), STATUS_SUCCESS);
    IS(Exit, STATUS_POSSIBLE_DEADLOCK);
}

static NTSTATUS NTAPI TellPriority(PKM_THREAD Self, PVOID Context)
{
    (void)KmWait(&Self->Stop, KM_WAIT_FOREVER);
    *(KPRIORITY *)Context = KeQueryPriorityThread(KeGetCurrentThread());
    return STATUS_SUCCESS;
}

static void TestPriority(void)
{
    KM_THREAD Thread;
    KPRIORITY Priority = 0;

    IS(KmThreadCreate(&Thread, TellPriority, &Priority), STATUS_SUCCESS);
    OK(KmThreadSetPriority(&Thread, LOW_REALTIME_PRIORITY) < LOW_REALTIME_PRIORITY);
    KmThreadStop(&Thread);
    IS(KmThreadJoin(&Thread, KM_WAIT_FOREVER, NULL), STATUS_SUCCESS);
    IS(Priority, LOW_REALTIME_PRIORITY);
}

typedef struct ONCE_TEST {
    KM_ONCE Once;
    volatile LONG Tries, Done;
    LONG Failures;
} ONCE_TEST;

static NTSTATUS NTAPI Initialize(PVOID Context)
{
    ONCE_TEST *Test = (ONCE_TEST *)Context;

    KmSleep(5); // the others come meanwhile
    if (InterlockedIncrement(&Test->Tries) <= Test->Failures) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Test->Done += 1;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI DoOnce(PKM_THREAD Self, PVOID Context)
{
    ONCE_TEST *Test = (ONCE_TEST *)Context;
    NTSTATUS Status = KmOnce(&Test->Once, Initialize, Test);

    UNREFERENCED_PARAMETER(Self);
    return NT_SUCCESS(Status) && Test->Done != 1 ? STATUS_UNSUCCESSFUL : Status;
}

static void TestOnce(void)
{
    static ONCE_TEST Test;
    KM_THREAD Threads[4];
    LONG Failed = 0;
    NTSTATUS Exit;

    Test.Failures = 2;
    OK(!KmOnceIsDone(&Test.Once));
    for (ULONG Index = 0; Index < 4; Index += 1) {
        IS(KmThreadCreate(&Threads[Index], DoOnce, &Test), STATUS_SUCCESS);
    }
    for (ULONG Index = 0; Index < 4; Index += 1) {
        IS(KmThreadJoin(&Threads[Index], KM_WAIT_FOREVER, &Exit), STATUS_SUCCESS);
        OK(Exit == STATUS_SUCCESS || Exit == STATUS_INSUFFICIENT_RESOURCES);
        Failed += Exit != STATUS_SUCCESS;
    }
    IS(Failed, 2);
    IS(Test.Tries, 3);
    IS(Test.Done, 1);
    OK(KmOnceIsDone(&Test.Once));
    IS(KmOnce(&Test.Once, Initialize, &Test), STATUS_SUCCESS);
    IS(Test.Tries, 3);
}

TEST_DRIVER(TestStopAndJoin, TestJoinOfSelf, TestPriority, TestOnce)
