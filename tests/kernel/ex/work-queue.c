// SPDX-License-Identifier: MIT
// ExQueueWorkItem.
#include "../thread.h"

typedef struct _ITEM {
    WORK_QUEUE_ITEM Work;
    KEVENT Done;
    ULONG Runs, Again;
    KIRQL Irql;
    PVOID Thread;
    PEPROCESS Process;
} ITEM;

static VOID NTAPI Routine(PVOID Parameter)
{
    ITEM *Item = Parameter;
    Item->Runs += 1;
    Item->Irql = KeGetCurrentIrql();
    Item->Thread = PsGetCurrentThread();
    Item->Process = PsGetCurrentProcess();
    if (Item->Again != 0) {
        Item->Again -= 1;
        // It is the owner's again as soon as the routine runs.
        ExQueueWorkItem(&Item->Work, DelayedWorkQueue);
        return;
    }
    KeSetEvent(&Item->Done, 0, FALSE);
}

static VOID RunOne(WORK_QUEUE_TYPE Type, ULONG Again)
{
    static ITEM Item;
    LARGE_INTEGER Limit = TestMilliseconds(10000);
    Item.Runs = 0;
    Item.Again = Again;
    KeInitializeEvent(&Item.Done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item.Work, Routine, &Item);
    ExQueueWorkItem(&Item.Work, Type);
    IS(KeWaitForSingleObject(&Item.Done, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    IS(Item.Runs, Again + 1);
    IS(Item.Irql, PASSIVE_LEVEL);
    OK(Item.Thread != PsGetCurrentThread());
    OK(Item.Process == PsInitialSystemProcess);
    OK(PsIsSystemThread(Item.Thread));
}

static void TestKinds(void)
{
    RunOne(DelayedWorkQueue, 0);
    RunOne(CriticalWorkQueue, 0);
    RunOne(HyperCriticalWorkQueue, 0);
    RunOne((WORK_QUEUE_TYPE)(CustomPriorityWorkQueue + 12), 0);
    RunOne((WORK_QUEUE_TYPE)(CustomPriorityWorkQueue + 31), 0);
    RunOne(DelayedWorkQueue, 3);
}

static void TestFromDispatchLevel(void)
{
    static ITEM Item;
    KIRQL OldIrql;
    KeInitializeEvent(&Item.Done, NotificationEvent, FALSE);
    ExInitializeWorkItem(&Item.Work, Routine, &Item);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    ExQueueWorkItem(&Item.Work, DelayedWorkQueue);
    KeLowerIrql(OldIrql);
    IS(KeWaitForSingleObject(&Item.Done, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    IS(Item.Irql, PASSIVE_LEVEL);
}

TEST_DRIVER(TestKinds, TestFromDispatchLevel)
