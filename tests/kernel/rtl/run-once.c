// SPDX-License-Identifier: MIT
// One-time initialization: completed, failed, by several threads.
#include "thread.h"

static RTL_RUN_ONCE Once;
static PVOID Context;

#define DATA ((PVOID)0x1000)

static void TestSynchronous(void)
{
    RtlRunOnceInitialize(&Once);
    IS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_CHECK_ONLY, &Context), STATUS_UNSUCCESSFUL);
    IS(RtlRunOnceComplete(&Once, 0, DATA), STATUS_UNSUCCESSFUL);
    IS(RtlRunOnceBeginInitialize(&Once, 0, &Context), STATUS_PENDING);
    IS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_CHECK_ONLY, &Context), STATUS_UNSUCCESSFUL);
    IS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC, &Context), STATUS_INVALID_PARAMETER);
    IS(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_ASYNC, DATA), STATUS_INVALID_PARAMETER);
    IS(RtlRunOnceComplete(&Once, 0, (PVOID)0x1001), STATUS_INVALID_PARAMETER_3);
    // Failed: the next one tries again.
    IS(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_INIT_FAILED, NULL), STATUS_SUCCESS);
    IS(RtlRunOnceBeginInitialize(&Once, 0, &Context), STATUS_PENDING);
    IS(RtlRunOnceComplete(&Once, 0, DATA), STATUS_SUCCESS);
    Context = NULL;
    IS(RtlRunOnceBeginInitialize(&Once, 0, &Context), STATUS_SUCCESS);
    IS(Context, DATA);
    Context = NULL;
    IS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_CHECK_ONLY, &Context), STATUS_SUCCESS);
    IS(Context, DATA);
    IS(RtlRunOnceBeginInitialize(&Once, 0, NULL), STATUS_SUCCESS);
    IS(RtlRunOnceComplete(&Once, 0, DATA), STATUS_UNSUCCESSFUL);
}

static void TestAsynchronous(void)
{
    RtlRunOnceInitialize(&Once);
    IS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC, &Context), STATUS_PENDING);
    IS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC, &Context), STATUS_PENDING);
    IS(RtlRunOnceBeginInitialize(&Once, 0, &Context), STATUS_INVALID_PARAMETER);
    IS(RtlRunOnceComplete(&Once, 0, DATA), STATUS_INVALID_PARAMETER);
    IS(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_ASYNC, DATA), STATUS_SUCCESS);
    // The second one comes too late.
    IS(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_ASYNC, (PVOID)0x2000), STATUS_UNSUCCESSFUL);
    IS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC, &Context), STATUS_SUCCESS);
    IS(Context, DATA);
}

static void TestFlags(void)
{
    RtlRunOnceInitialize(&Once);
    IS(RtlRunOnceBeginInitialize(&Once, 8, &Context), STATUS_INVALID_PARAMETER_2);
    IS(RtlRunOnceBeginInitialize(&Once, RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY, &Context),
       STATUS_INVALID_PARAMETER_2);
    IS(RtlRunOnceComplete(&Once, 8, NULL), STATUS_INVALID_PARAMETER_2);
    IS(RtlRunOnceComplete(&Once, RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED, NULL),
       STATUS_INVALID_PARAMETER_2);
}

static ULONG Calls, Fails;
static BOOLEAN ApcsDisabled;

static ULONG NTAPI Initialize(PRTL_RUN_ONCE RunOnce, PVOID Parameter, PVOID *Data)
{
    OK(RunOnce == &Once);
    Calls += 1;
    ApcsDisabled = KeAreApcsDisabled();
    if (Fails != 0) {
        Fails -= 1;
        return FALSE;
    }
    TestSleep(2);
    *Data = Parameter;
    return TRUE;
}

static void TestExecute(void)
{
    RtlRunOnceInitialize(&Once);
    Calls = 0;
    Fails = 1;
    Context = NULL;
    IS(RtlRunOnceExecuteOnce(&Once, Initialize, DATA, &Context), STATUS_UNSUCCESSFUL);
    IS(Context, 0);
    IS(RtlRunOnceExecuteOnce(&Once, Initialize, DATA, &Context), STATUS_SUCCESS);
    IS(Context, DATA);
    OK(ApcsDisabled);
    OK(!KeAreApcsDisabled());
    Context = NULL;
    IS(RtlRunOnceExecuteOnce(&Once, Initialize, (PVOID)0x2000, &Context), STATUS_SUCCESS);
    IS(Context, DATA);
    IS(RtlRunOnceExecuteOnce(&Once, Initialize, NULL, NULL), STATUS_SUCCESS);
    IS(Calls, 2);
}

static ULONG Successes;

static VOID NTAPI Execute(PVOID Parameter)
{
    PVOID Data = NULL;
    if (NT_SUCCESS(RtlRunOnceExecuteOnce(&Once, Initialize, Parameter, &Data)) && Data == DATA) {
        Successes += 1;
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

// All but one wait until it has been done.
static void TestMany(void)
{
    PETHREAD Threads[4];
    RtlRunOnceInitialize(&Once);
    Calls = 0;
    for (ULONG Index = 0; Index < 4; Index += 1) {
        Threads[Index] = TestStartThread(Execute, DATA);
    }
    for (ULONG Index = 0; Index < 4; Index += 1) {
        TestJoinThread(Threads[Index]);
    }
    IS(Calls, 1);
    IS(Successes, 4);
}

TEST_DRIVER(TestSynchronous, TestAsynchronous, TestFlags, TestExecute, TestMany)
