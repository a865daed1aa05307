// SPDX-License-Identifier: MIT
// Kernel queues: their order, how many run at once, rundown.
#include "thread.h"
#include "undocumented.h"

static LARGE_INTEGER Zero;
static KQUEUE Queue;
static LIST_ENTRY Entries[8];

static void TestOrder(void)
{
    KeInitializeQueue(&Queue, 1);
    IS(KeReadStateQueue(&Queue), 0);
    IS(KeInsertQueue(&Queue, &Entries[0]), 0);
    IS(KeInsertQueue(&Queue, &Entries[1]), 1);
    IS(KeInsertHeadQueue(&Queue, &Entries[2]), 2);
    IS(KeReadStateQueue(&Queue), 3);
    OK(KeRemoveQueue(&Queue, KernelMode, &Zero) == &Entries[2]);
    OK(KeRemoveQueue(&Queue, KernelMode, &Zero) == &Entries[0]);
    OK(KeRemoveQueue(&Queue, KernelMode, &Zero) == &Entries[1]);
    IS((ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, &Zero), STATUS_TIMEOUT);
    OK(KeRundownQueue(&Queue) == NULL);
}

static void TestMany(void)
{
    PLIST_ENTRY Taken[8];
    KeInitializeQueue(&Queue, 0);
    for (ULONG Index = 0; Index < 5; Index += 1) {
        KeInsertQueue(&Queue, &Entries[Index]);
    }
    IS(KeRemoveQueueEx(&Queue, KernelMode, FALSE, &Zero, Taken, 3), 3);
    OK(Taken[0] == &Entries[0] && Taken[2] == &Entries[2]);
    IS(KeRemoveQueueEx(&Queue, KernelMode, FALSE, &Zero, Taken, 8), 2);
    IS(KeRemoveQueueEx(&Queue, KernelMode, FALSE, &Zero, Taken, 8), STATUS_TIMEOUT);
    KeAlertThread((PKTHREAD)KeGetCurrentThread(), KernelMode);
    IS(KeRemoveQueueEx(&Queue, KernelMode, TRUE, NULL, Taken, 8), STATUS_ALERTED);
    KeRundownQueue(&Queue);
}

static LONG Working, MostWorking, Done;
static KEVENT Blocker;

static VOID NTAPI Work(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (;;) {
        PLIST_ENTRY Entry = KeRemoveQueue(&Queue, KernelMode, NULL);
        if ((ULONG_PTR)Entry == STATUS_ABANDONED) {
            break;
        }
        LONG Now = InterlockedIncrement(&Working);
        MostWorking = Now > MostWorking ? Now : MostWorking;
        InterlockedDecrement(&Working);
        // While it waits for something else, another may work.
        KeWaitForSingleObject(&Blocker, Executive, KernelMode, FALSE, NULL);
        InterlockedIncrement(&Done);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestConcurrency(void)
{
    PETHREAD Threads[3];
    KeInitializeQueue(&Queue, 1);
    KeInitializeEvent(&Blocker, NotificationEvent, FALSE);
    for (ULONG Index = 0; Index < 3; Index += 1) {
        Threads[Index] = TestStartThread(Work, NULL);
    }
    TestSleep(5);
    for (ULONG Index = 0; Index < 6; Index += 1) {
        KeInsertQueue(&Queue, &Entries[Index]);
    }
    TestSleep(5);
    // Each of the three took an entry as the one before began to wait.
    IS(KeReadStateQueue(&Queue), 3);
    KeSetEvent(&Blocker, IO_NO_INCREMENT, FALSE);
    TestSleep(5);
    IS(Done, 6);
    IS(MostWorking, 1);
    OK(KeRundownQueue(&Queue) == NULL);
    for (ULONG Index = 0; Index < 3; Index += 1) {
        TestJoinThread(Threads[Index]);
    }
}

static void TestRundownReturnsWhatIsLeft(void)
{
    KeInitializeQueue(&Queue, 1);
    KeInsertQueue(&Queue, &Entries[0]);
    KeInsertQueue(&Queue, &Entries[1]);
    PLIST_ENTRY First = KeRundownQueue(&Queue);
    OK(First == &Entries[0]);
    OK(First->Flink == &Entries[1]);
    OK(First->Flink->Flink == First); // linked in a ring without a head
}

// After it nobody waits any more, whatever the time-out, until the queue is initialised again.
static void TestAfterRundown(void)
{
    PLIST_ENTRY Taken[1];
    LARGE_INTEGER Later = TestMilliseconds(1);
    IS((ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, NULL), STATUS_ABANDONED);
    IS((ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, &Zero), STATUS_ABANDONED);
    IS((ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, &Later), STATUS_ABANDONED);
    IS(KeRemoveQueueEx(&Queue, KernelMode, TRUE, NULL, Taken, 1), STATUS_ABANDONED);
    // The thread is not the queue's any more, whose memory may go.
    OK(IsListEmpty(&Queue.ThreadListHead));
    KeInitializeQueue(&Queue, 1);
    IS((ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, &Later), STATUS_TIMEOUT);
    KeInsertQueue(&Queue, &Entries[0]);
    OK(KeRemoveQueue(&Queue, KernelMode, NULL) == &Entries[0]);
    OK(KeRundownQueue(&Queue) == NULL);
}

static void TestAtDispatchLevel(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeInitializeQueue(&Queue, 1);
    IS(KeInsertQueue(&Queue, &Entries[0]), 0);
    PLIST_ENTRY First = KeRemoveQueue(&Queue, KernelMode, &Zero);
    PLIST_ENTRY Second = KeRemoveQueue(&Queue, KernelMode, &Zero);
    KeInsertQueue(&Queue, &Entries[1]);
    PLIST_ENTRY Left = KeRundownQueue(&Queue);
    KeLowerIrql(OldIrql);
    OK(First == &Entries[0]);
    IS((ULONG_PTR)Second, STATUS_TIMEOUT);
    OK(Left == &Entries[1]);
}

TEST_DRIVER(TestOrder, TestMany, TestConcurrency, TestRundownReturnsWhatIsLeft, TestAfterRundown,
            TestAtDispatchLevel)
