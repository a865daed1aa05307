// SPDX-License-Identifier: MIT
// DPCs: queued, removed, flushed, their importance and their processor.
#include "thread.h"

static ULONG Order;
static LONG Calls;

typedef struct _NOTE {
    ULONG Place;
    KIRQL Irql;
    PVOID Argument1, Argument2;
    LOGICAL Executing;
    PKTHREAD Thread;
} NOTE;

static VOID NTAPI TakeNote(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    NOTE *Note = Context;
    Note->Place = ++Order;
    Note->Irql = KeGetCurrentIrql();
    Note->Argument1 = Argument1;
    Note->Argument2 = Argument2;
    Note->Executing = KeIsExecutingDpc();
    Note->Thread = KeGetCurrentThread();
    Calls += 1;
}

static VOID NTAPI NoteProcessor(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ((NOTE *)Context)->Place = KeGetCurrentProcessorNumber();
}

static void TestCall(void)
{
    KDPC Dpc;
    NOTE Note = {0};
    KeInitializeDpc(&Dpc, TakeNote, &Note);
    OK(!KeIsExecutingDpc());
    OK(KeInsertQueueDpc(&Dpc, (PVOID)1, (PVOID)2));
    IS(Note.Place, 1); // queued at PASSIVE_LEVEL, it runs at once
    IS(Note.Irql, DISPATCH_LEVEL);
    IS(Note.Argument1, 1);
    IS(Note.Argument2, 2);
    OK(Note.Executing);
    OK(!KeRemoveQueueDpc(&Dpc));
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void TestItWaitsForIrqlToFall(void)
{
    KDPC Dpc;
    KIRQL OldIrql;
    NOTE Note = {0};
    Calls = 0;
    KeInitializeDpc(&Dpc, TakeNote, &Note);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    OK(KeInsertQueueDpc(&Dpc, (PVOID)1, NULL));
    OK(!KeInsertQueueDpc(&Dpc, (PVOID)2, NULL)); // queued already: nothing changes
    IS(Calls, 0);
    KeLowerIrql(OldIrql);
    IS(Calls, 1);
    IS(Note.Argument1, 1);
}

static void TestRemove(void)
{
    KDPC Dpc;
    KIRQL OldIrql;
    NOTE Note = {0};
    Calls = 0;
    KeInitializeDpc(&Dpc, TakeNote, &Note);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    OK(KeRemoveQueueDpc(&Dpc));
    OK(!KeRemoveQueueDpc(&Dpc));
    KeLowerIrql(OldIrql);
    IS(Calls, 0);
}

static void TestImportance(void)
{
    KDPC Dpcs[3];
    NOTE Notes[3] = {0};
    KIRQL OldIrql;
    Order = 0;
    for (ULONG Index = 0; Index < 3; Index += 1) {
        KeInitializeDpc(&Dpcs[Index], TakeNote, &Notes[Index]);
    }
    KeSetImportanceDpc(&Dpcs[1], MediumHighImportance);
    KeSetImportanceDpc(&Dpcs[2], HighImportance);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    for (ULONG Index = 0; Index < 3; Index += 1) {
        KeInsertQueueDpc(&Dpcs[Index], NULL, NULL);
    }
    KeLowerIrql(OldIrql);
    IS(Notes[2].Place, 1); // goes to the head
    IS(Notes[0].Place, 2);
    IS(Notes[1].Place, 3);
    for (ULONG Importance = MediumImportance; Importance <= MediumHighImportance; Importance += 1) {
        Calls = 0;
        KeSetImportanceDpc(&Dpcs[0], (KDPC_IMPORTANCE)Importance);
        KeInsertQueueDpc(&Dpcs[0], NULL, NULL);
        IS(Calls, 1);
    }
}

// A DPC of low importance has the queue looked at when there is another reason for it.
static void TestLowImportance(void)
{
    KDPC Dpcs[8], Medium;
    NOTE Notes[8] = {0}, Note = {0};
    BOOLEAN Waited = FALSE, Together = FALSE, Crowded = FALSE;
    KeInitializeDpc(&Medium, TakeNote, &Note);
    for (ULONG Index = 0; Index < 8; Index += 1) {
        KeInitializeDpc(&Dpcs[Index], TakeNote, &Notes[Index]);
        KeSetImportanceDpc(&Dpcs[Index], LowImportance);
    }
    // A tick of the clock is such a reason, and may come at any time, but not each time.
    for (ULONG Round = 0; Round < 3; Round += 1) {
        Calls = 0;
        KeInsertQueueDpc(&Dpcs[0], NULL, NULL);
        Waited |= Calls == 0;
        OK(!KeInsertQueueDpc(&Dpcs[0], NULL, NULL) || Calls == 1);
        TestSleep(1); // the processor has nothing to do
        IS(KeRemoveQueueDpc(&Dpcs[0]), FALSE);
        OK(Calls >= 1);
        Calls = 0;
        KeInsertQueueDpc(&Dpcs[0], NULL, NULL);
        BOOLEAN Before = Calls == 0;
        KeInsertQueueDpc(&Medium, NULL, NULL);
        IS(Calls, 2);
        Together |= Before && Notes[0].Place < Note.Place;
        // A long queue is not left waiting.
        Calls = 0;
        for (ULONG Index = 0; Index < 8; Index += 1) {
            BOOLEAN AllWait = Calls == 0;
            KeInsertQueueDpc(&Dpcs[Index], NULL, NULL);
            Crowded |= AllWait && Index == 4 && Calls == 5;
        }
        KeFlushQueuedDpcs();
        IS(Calls, 8);
    }
    OK(Waited);
    OK(Together);
    OK(Crowded);
}

static VOID NTAPI QueueAgain(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Calls += 1;
    if (Calls < 5) {
        // It is off the queue when it runs.
        KeInsertQueueDpc(Dpc, NULL, NULL);
    }
}

static void TestQueuedByItself(void)
{
    KDPC Dpc;
    Calls = 0;
    KeInitializeDpc(&Dpc, QueueAgain, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    IS(Calls, 5);
}

static void TestTarget(void)
{
    KDPC Dpc;
    NOTE Note = {0};
    PROCESSOR_NUMBER Number = {0}, Nowhere = {.Number = 63};
    KeInitializeDpc(&Dpc, TakeNote, &Note);
    IS(KeSetTargetProcessorDpcEx(&Dpc, &Nowhere),
       KeQueryActiveProcessorCount(NULL) == 64 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
    Nowhere = (PROCESSOR_NUMBER){.Group = 1};
    IS(KeSetTargetProcessorDpcEx(&Dpc, &Nowhere), STATUS_INVALID_PARAMETER);
    IS(KeSetTargetProcessorDpcEx(&Dpc, &Number), STATUS_SUCCESS);
    KeSetTargetProcessorDpc(&Dpc, 0);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    OK(Note.Place != 0);
}

// A number of no processor leaves the target as it is; one that is set while the DPC is queued comes too
// late.
static void TestTargetThatIsNot(void)
{
    KDPC Dpc, Twin;
    NOTE Note = {0};
    KIRQL OldIrql;
    const ULONG Last = KeQueryActiveProcessorCount(NULL) - 1;
    KeInitializeDpc(&Dpc, NoteProcessor, &Note);
    KeSetTargetProcessorDpc(&Dpc, (CCHAR)Last);
    Twin = Dpc;
    KeSetTargetProcessorDpc(&Dpc, (CCHAR)(Last + 1));
    IS(RtlCompareMemory(&Dpc, &Twin, sizeof(Dpc)), sizeof(Dpc));
    KeSetTargetProcessorDpc(&Dpc, -1);
    IS(RtlCompareMemory(&Dpc, &Twin, sizeof(Dpc)), sizeof(Dpc));
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
    IS(Note.Place, Last);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeSetTargetProcessorDpc(&Dpc, (CCHAR)KeGetCurrentProcessorNumber());
    const ULONG Here = KeGetCurrentProcessorNumber();
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeSetTargetProcessorDpc(&Dpc, (CCHAR)(Here == Last ? 0 : Last));
    KeLowerIrql(OldIrql);
    KeFlushQueuedDpcs();
    IS(Note.Place, Here);
}

static void TestThreaded(void)
{
    KDPC Dpc;
    NOTE Note = {0};
    KeInitializeThreadedDpc(&Dpc, TakeNote, &Note);
    OK(KeInsertQueueDpc(&Dpc, (PVOID)7, NULL));
    TestSleep(10);
    IS(Note.Irql, PASSIVE_LEVEL);
    IS(Note.Argument1, 7);
    OK(Note.Thread != KeGetCurrentThread());
}

static void TestFlush(void)
{
    KDPC Dpc;
    NOTE Note = {0};
    KIRQL OldIrql;
    Calls = 0;
    KeInitializeThreadedDpc(&Dpc, TakeNote, &Note);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeLowerIrql(OldIrql);
    KeFlushQueuedDpcs();
    IS(Calls, 1);
}

static void TestRemoveAndWait(void)
{
    KDPC Dpc;
    NOTE Note = {0};
    KIRQL OldIrql;
    Calls = 0;
    KeInitializeThreadedDpc(&Dpc, TakeNote, &Note);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    OK(KeRemoveQueueDpcEx(&Dpc, FALSE));
    OK(!KeRemoveQueueDpcEx(&Dpc, FALSE));
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeLowerIrql(OldIrql);
    // It may have begun by now: then it has ended afterwards.
    BOOLEAN Removed = KeRemoveQueueDpcEx(&Dpc, TRUE);
    IS(Calls, Removed ? 0 : 1);
    OK(!KeRemoveQueueDpcEx(&Dpc, TRUE));
}

static LOGICAL YieldAtStart, YieldAtEnd;

static VOID NTAPI RunLong(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    YieldAtStart = KeShouldYieldProcessor();
    KeStallExecutionProcessor(2000);
    YieldAtEnd = KeShouldYieldProcessor();
}

// A DPC that has run long, and a thread that keeps something else waiting.
static void TestShouldYield(void)
{
    KDPC Dpc;
    NOTE Note = {0};
    KIRQL OldIrql;
    KeInitializeDpc(&Dpc, RunLong, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    OK(!YieldAtStart);
    OK(YieldAtEnd);
    KeInitializeDpc(&Dpc, TakeNote, &Note);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    LOGICAL Before = KeShouldYieldProcessor();
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    LOGICAL After = KeShouldYieldProcessor();
    KeLowerIrql(OldIrql);
    if (KeQueryActiveProcessorCount(NULL) == 1) {
        OK(!Before);
    }
    OK(After);
}

static void TestWatchdog(void)
{
    KDPC_WATCHDOG_INFORMATION Information;
    KIRQL OldIrql;
    IS(KeQueryDpcWatchdogInformation(&Information), STATUS_UNSUCCESSFUL);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IS(KeQueryDpcWatchdogInformation(&Information), STATUS_SUCCESS);
    OK(Information.DpcTimeLimit > 0 && Information.DpcTimeCount <= Information.DpcTimeLimit);
    KeLowerIrql(OldIrql);
}

TEST_DRIVER(TestCall, TestItWaitsForIrqlToFall, TestRemove, TestImportance, TestLowImportance,
            TestQueuedByItself, TestTarget, TestTargetThatIsNot, TestThreaded, TestFlush, TestRemoveAndWait,
            TestShouldYield, TestWatchdog)
