// SPDX-License-Identifier: MIT
// kmode build: -I sdk
// The deferred log's thread ends while somebody else reads the ring, and while its callback goes on logging.
#include "test.h"
#include <kmode.h>

#include "log/ring.h"

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'sgRK');
static PKM_LOG_RING Ring;
static volatile LONG Heard, Ended;

static void Start(void)
{
    IS(KmLogRingCreate(&NonPaged, 65536, KM_LOG_RING_DROP, &Ring), STATUS_SUCCESS);
    IS(KmLogDeferredStart(Ring, KmLevelTrace), STATUS_SUCCESS);
    Heard = Ended = 0;
}

static void Stop(void)
{
    KmLogDeferredStop();
    KmLogRingDelete(Ring);
}

static VOID NTAPI Hear(PVOID Context, PCKM_LOG_RECORD Record)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Record);
    InterlockedIncrement(&Heard);
}

static NTSTATUS NTAPI EndThread(PKM_THREAD Self, PVOID Context)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    KmLogDeferredStopThread();
    InterlockedExchange(&Ended, TRUE);
    return STATUS_SUCCESS;
}

static void Sleep(LONG Milliseconds)
{
    LARGE_INTEGER Interval = {.QuadPart = -10000LL * Milliseconds};

    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

// As who copies it for a program does.
static void TestRead(void)
{
    KM_THREAD Thread;

    Start();
    IS(KmLogDeferredStartThread(60000, Hear, NULL), STATUS_SUCCESS);
    for (ULONG Number = 0; Number < 10; Number += 1) {
        KmInfoDeferred("%lu", Number);
    }
    OK(KmpRingBeginReading(Ring));
    IS(KmThreadCreate(&Thread, EndThread, NULL), STATUS_SUCCESS);
    Sleep(20);
    IS(Heard, 0);
    IS(Ended, FALSE);
    KmpRingEndReading(Ring);
    IS(KmThreadJoin(&Thread, KM_WAIT_FOREVER, NULL), STATUS_SUCCESS);
    IS(Ended, TRUE);
    IS(Heard, 10);
    Stop();
}

static VOID NTAPI Answer(PVOID Context, PCKM_LOG_RECORD Record)
{
    Hear(Context, Record);
    KmInfoDeferred("answer");
}

// What the last drain itself makes is left: there would be no end.
static void TestAnswers(void)
{
    KM_LOG_RING_STATISTICS Statistics;

    Start();
    IS(KmLogDeferredStartThread(60000, Answer, NULL), STATUS_SUCCESS);
    for (ULONG Number = 0; Number < 10; Number += 1) {
        KmInfoDeferred("%lu", Number);
    }
    KmLogDeferredStopThread();
    IS(Heard, 10);
    KmLogRingQuery(Ring, &Statistics);
    IS(Statistics.Unread, 10);
    Stop();
}

TEST_DRIVER(TestRead, TestAnswers)
