// SPDX-License-Identifier: MIT
// Alerts: of a thread that waits alertably, of one that does not, and tested for.
#include "thread.h"
#include "undocumented.h"

static KEVENT Never;
static NTSTATUS OtherStatus;

static void TestKeptForTheNextWait(void)
{
    LARGE_INTEGER Interval = TestMilliseconds(1000);
    PKTHREAD Thread = (PKTHREAD)KeGetCurrentThread();
    OK(!KeAlertThread(Thread, KernelMode));
    OK(KeAlertThread(Thread, KernelMode));
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    LARGE_INTEGER Short = TestMilliseconds(1);
    IS(KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, &Short), STATUS_TIMEOUT); // not alertable
    IS(KeWaitForSingleObject(&Never, Executive, KernelMode, TRUE, NULL), STATUS_ALERTED);
    OK(!KeTestAlertThread(KernelMode));
    KeAlertThread(Thread, KernelMode);
    OK(KeTestAlertThread(KernelMode));
    OK(!KeTestAlertThread(KernelMode));
    KeAlertThread(Thread, KernelMode);
    IS(KeDelayExecutionThread(KernelMode, TRUE, &Interval), STATUS_ALERTED);
}

static VOID NTAPI WaitAlertable(PVOID Context)
{
    LARGE_INTEGER Long = TestMilliseconds(60000);
    OtherStatus = KeWaitForSingleObject(&Never, Executive, KernelMode, Context != NULL, &Long);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestEndsAnotherThreadsWait(void)
{
    PETHREAD Thread = TestStartThread(WaitAlertable, (PVOID)1);
    TestSleep(5);
    OK(!KeAlertThread((PKTHREAD)Thread, KernelMode));
    TestJoinThread(Thread);
    IS(OtherStatus, STATUS_ALERTED);
    Thread = TestStartThread(WaitAlertable, NULL);
    TestSleep(5);
    KeAlertThread((PKTHREAD)Thread, KernelMode);
    TestSleep(5);
    KeSetEvent(&Never, IO_NO_INCREMENT, FALSE);
    TestJoinThread(Thread);
    IS(OtherStatus, STATUS_SUCCESS);
}

TEST_DRIVER(TestKeptForTheNextWait, TestEndsAnotherThreadsWait)
