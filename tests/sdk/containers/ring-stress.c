// SPDX-License-Identifier: MIT
// Rings under threads of several processors, each at IRQLs of its own, and a DPC: nothing is lost, doubled or
// out of order, and what is refused is counted.
#include "test.h"
#include <kmode.h>

#define PRODUCERS  3
#define CONSUMERS  2
#define ELEMENTS   6000 // of each producer
#define DPC_NUMBER PRODUCERS

KM_RING_DEFINE(SingleRing, ULONG64)
KM_SHARED_RING_DEFINE(SharedRing, ULONG64)

typedef struct WORKER {
    ULONG Number;
    KIRQL Irql;
    ULONG64 Done;    // pushed, or popped
    ULONG64 Refused; // to a producer, or nothing there for a consumer
    ULONG64 Wrong;
    ULONG64 Sum;
} WORKER;

static SharedRing Shared;
static SingleRing Single;
static ULONG64 SingleElements;
static KDPC Dpc;
static volatile LONG64 DpcDone, DpcRefused, DpcSum, DpcNext;
static volatile LONG Running;

// From 0 to DISPATCH_LEVEL, to what only interrupt routines have, in turn.
static const KIRQL Irqls[] = {PASSIVE_LEVEL, DISPATCH_LEVEL, HIGH_LEVEL, APC_LEVEL};

static VOID Rest(VOID)
{
    LARGE_INTEGER Now = {{0, 0}};

    KeDelayExecutionThread(KernelMode, FALSE, &Now);
}

static VOID NTAPI PushFromDpc(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ULONG64 Element = (ULONG64)DPC_NUMBER << 48 | (ULONG64)InterlockedIncrement64(&DpcNext);

    if (SharedRingPush(&Shared, Element)) {
        InterlockedIncrement64(&DpcDone);
        InterlockedAdd64(&DpcSum, (LONG64)Element);
    } else {
        InterlockedIncrement64(&DpcRefused);
    }
}

static VOID NTAPI Produce(PVOID Context)
{
    WORKER *Worker = (WORKER *)Context;

    for (ULONG64 Index = 1; Index <= ELEMENTS; Index += 1) {
        ULONG64 Element = (ULONG64)Worker->Number << 48 | Index;
        KIRQL OldIrql;
        BOOLEAN Pushed;

        KeRaiseIrql(Irqls[(Worker->Irql + Index) % RTL_NUMBER_OF(Irqls)], &OldIrql);
        Pushed = SharedRingPush(&Shared, Element);
        KeLowerIrql(OldIrql);
        if (Pushed) {
            Worker->Done += 1;
            Worker->Sum += Element;
        } else {
            Worker->Refused += 1;
            Rest();
        }
        if (Index % 16 == 0) {
            KeInsertQueueDpc(&Dpc, NULL, NULL);
        }
    }
    InterlockedDecrement(&Running);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Consume(WORKER *Worker, BOOLEAN Alone)
{
    ULONG64 Last[PRODUCERS + 1] = {0};

    for (;;) {
        LONG StillRunning = Running;
        ULONG64 Element = 0, Producer;
        KIRQL OldIrql;
        BOOLEAN Popped;

        KeMemoryBarrier();
        KeRaiseIrql(Irqls[(Worker->Irql + Worker->Done) % RTL_NUMBER_OF(Irqls)], &OldIrql);
        Popped = Alone ? SharedRingPopAlone(&Shared, &Element) : SharedRingPop(&Shared, &Element);
        KeLowerIrql(OldIrql);
        if (!Popped) {
            if (StillRunning == 0) {
                return;
            }
            Worker->Refused += 1;
            Rest();
            continue;
        }
        Producer = Element >> 48;
        if (Producer > PRODUCERS) {
            Worker->Wrong += 1;
            continue;
        }
        // Those of one producer come in order; the DPC may run on two processors at once.
        Worker->Wrong += Producer < PRODUCERS && Element <= Last[Producer];
        Last[Producer] = Element;
        Worker->Done += 1;
        Worker->Sum += Element;
    }
}

static VOID NTAPI ConsumeShared(PVOID Context)
{
    Consume((WORKER *)Context, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI ConsumeAlone(PVOID Context)
{
    Consume((WORKER *)Context, TRUE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunThreads(PKSTART_ROUTINE *Routines, WORKER *Workers, ULONG Count)
{
    HANDLE Handles[PRODUCERS + CONSUMERS];

    for (ULONG Index = 0; Index < Count; Index += 1) {
        NTSTATUS Status = PsCreateSystemThread(&Handles[Index], THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                               Routines[Index], &Workers[Index]);

        if (!NT_SUCCESS(Status)) {
            KeBugCheckEx(MANUALLY_INITIATED_CRASH, (ULONG_PTR)Status, 0, 0, 0);
        }
    }
    for (ULONG Index = 0; Index < Count; Index += 1) {
        ZwWaitForSingleObject(Handles[Index], FALSE, NULL);
        ZwClose(Handles[Index]);
    }
}

static VOID RunShared(SIZE_T Slots, ULONG Consumers)
{
    static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'gniR');
    WORKER Workers[PRODUCERS + CONSUMERS];
    PKSTART_ROUTINE Routines[PRODUCERS + CONSUMERS];
    ULONG64 Pushed, Popped = 0, Refused, Wrong = 0, Sum;

    RtlZeroMemory(Workers, sizeof(Workers));
    DpcDone = DpcRefused = DpcSum = DpcNext = 0;
    Running = PRODUCERS;
    KeInitializeDpc(&Dpc, PushFromDpc, NULL);
    IS(SharedRingCreate(&Shared, &Pool, Slots), STATUS_SUCCESS);
    for (ULONG Index = 0; Index < PRODUCERS + Consumers; Index += 1) {
        Workers[Index].Number = Index;
        Workers[Index].Irql = (KIRQL)Index;
        Routines[Index] = Index < PRODUCERS ? Produce : Consumers == 1 ? ConsumeAlone : ConsumeShared;
    }
    RunThreads(Routines, Workers, PRODUCERS + Consumers);
    KeFlushQueuedDpcs();
    Pushed = (ULONG64)DpcDone;
    Refused = (ULONG64)DpcRefused;
    Sum = (ULONG64)DpcSum;
    for (ULONG Index = 0; Index < PRODUCERS; Index += 1) {
        Pushed += Workers[Index].Done;
        Refused += Workers[Index].Refused;
        Sum += Workers[Index].Sum;
    }
    // What a DPC has pushed last may have come after the consumers' end.
    for (ULONG64 Element; SharedRingPop(&Shared, &Element);) {
        Popped += 1;
        Sum -= Element;
    }
    for (ULONG Index = PRODUCERS; Index < PRODUCERS + Consumers; Index += 1) {
        Popped += Workers[Index].Done;
        Wrong += Workers[Index].Wrong;
        Sum -= Workers[Index].Sum;
    }
    IS(Wrong, 0);
    IS(Popped, Pushed);
    IS(Sum, 0);
    IS(Pushed + Refused, PRODUCERS * ELEMENTS + (ULONG64)DpcNext);
    IS(SharedRingRefused(&Shared), Refused);
    IS(SharedRingCount(&Shared), 0);
    OK(DpcNext > 0);
    SharedRingFree(&Shared);
}

static void TestManyConsumers(void)
{
    RunShared(2, CONSUMERS);
    RunShared(8, CONSUMERS);
    RunShared(1024, CONSUMERS);
}

static void TestOneConsumer(void)
{
    RunShared(2, 1);
    RunShared(8, 1);
    RunShared(1024, 1);
}

// ---- one producer, one consumer

static VOID NTAPI ProduceSingle(PVOID Context)
{
    WORKER *Worker = (WORKER *)Context;

    while (Worker->Done < SingleElements) {
        KIRQL OldIrql;
        BOOLEAN Pushed;

        KeRaiseIrql(Irqls[Worker->Done % RTL_NUMBER_OF(Irqls)], &OldIrql);
        Pushed = SingleRingPush(&Single, Worker->Done);
        KeLowerIrql(OldIrql);
        if (Pushed) {
            Worker->Done += 1;
        } else {
            Worker->Refused += 1;
            Rest();
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI ConsumeSingle(PVOID Context)
{
    WORKER *Worker = (WORKER *)Context;

    while (Worker->Done < SingleElements) {
        ULONG64 Element;
        KIRQL OldIrql;
        BOOLEAN Popped;

        KeRaiseIrql(Irqls[Worker->Done * 7 % RTL_NUMBER_OF(Irqls)], &OldIrql);
        Popped = SingleRingPop(&Single, &Element);
        KeLowerIrql(OldIrql);
        if (Popped) {
            Worker->Wrong += Element != Worker->Done;
            Worker->Done += 1;
        } else {
            Rest();
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void TestSingle(void)
{
    static ULONG64 Slots[256];
    static const SIZE_T Counts[] = {1, 2, 16, 256};
    PKSTART_ROUTINE Routines[] = {ProduceSingle, ConsumeSingle};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Counts); Index += 1) {
        WORKER Workers[2];

        RtlZeroMemory(Workers, sizeof(Workers));
        // In a small ring nearly every element waits until Linux lets the other thread run, which takes long
        // on a busy machine.
        SingleElements = Counts[Index] < 16 ? ELEMENTS / 10 : ELEMENTS;
        IS(SingleRingInit(&Single, Slots, Counts[Index]), STATUS_SUCCESS);
        RunThreads(Routines, Workers, 2);
        IS(Workers[1].Wrong, 0);
        IS(Workers[1].Done, SingleElements);
        IS(SingleRingRefused(&Single), Workers[0].Refused);
        IS(SingleRingCount(&Single), 0);
    }
}

TEST_DRIVER(TestManyConsumers, TestOneConsumer, TestSingle)
