// SPDX-License-Identifier: MIT
// DPCs: their context, queueing once, cancelling, a stop that waits, target processors.
#include "test.h"
#include <kmode.h>

typedef struct DPC_TEST {
    KM_DPC Dpc;
    volatile LONG Runs;
    ULONG Processor;
    KIRQL Irql;
    BOOLEAN Requeue;
} DPC_TEST;

KM_TYPED_ROUTINE(OnDpc, DPC_TEST, Test)
{
    Test->Irql = KeGetCurrentIrql();
    Test->Processor = KeGetCurrentProcessorNumberEx(NULL);
    // One that always did so would never let the processor go.
    if (Test->Requeue && Test->Runs % 5 != 4) {
        (void)KmDpcQueue(&Test->Dpc);
    }
    InterlockedIncrement(&Test->Runs);
}

static void TestRun(void)
{
    static DPC_TEST Test;
    BOOLEAN First, Second, Cancelled, CancelledAgain;
    KIRQL OldIrql;

    KmDpcInitialize(&Test.Dpc, OnDpc, &Test);
    OK(KmDpcQueue(&Test.Dpc));
    KmDpcStop(&Test.Dpc);
    OK(Test.Runs <= 1);
    LONG Runs = Test.Runs;
    IS(KmDpcSetProcessor(&Test.Dpc, 0), STATUS_SUCCESS);

    KM_GUARD Guard = KmGuardEmpty();
    KmGuardIrql(&Guard, DISPATCH_LEVEL);
    ULONG Here = KeGetCurrentProcessorNumberEx(NULL);
    NTSTATUS Set = KmDpcSetProcessor(&Test.Dpc, Here);
    First = KmDpcQueue(&Test.Dpc);
    Second = KmDpcQueue(&Test.Dpc);
    KmGuardEnd(&Guard);
    IS(Set, STATUS_SUCCESS);
    OK(First && !Second);
    KmDpcStop(&Test.Dpc);
    IS(Test.Runs, Runs + 1);
    IS(Test.Irql, DISPATCH_LEVEL);
    IS(Test.Processor, Here);

    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    Set = KmDpcSetProcessor(&Test.Dpc, KeGetCurrentProcessorNumberEx(NULL));
    First = KmDpcQueue(&Test.Dpc);
    Cancelled = KmDpcCancel(&Test.Dpc);
    CancelledAgain = KmDpcCancel(&Test.Dpc);
    KeLowerIrql(OldIrql);
    OK(First && Cancelled && !CancelledAgain);
    IS(Test.Runs, Runs + 1);
    IS(KmDpcSetProcessor(&Test.Dpc, 4000), STATUS_INVALID_PARAMETER);
}

static void TestEachProcessor(void)
{
    static DPC_TEST Test;
    ULONG Count = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);

    KmDpcInitialize(&Test.Dpc, OnDpc, &Test);
    for (ULONG Processor = 0; Processor < Count; Processor += 1) {
        IS(KmDpcSetProcessor(&Test.Dpc, Processor), STATUS_SUCCESS);
        LONG Runs = Test.Runs;
        OK(KmDpcQueue(&Test.Dpc));
        while (Test.Runs == Runs) {
            KmSleep(1);
        }
        IS(Test.Processor, Processor);
    }
    KmDpcStop(&Test.Dpc);
}

static void TestStopOfOneThatGoesOn(void)
{
    static DPC_TEST Test;

    Test.Requeue = TRUE;
    for (ULONG Round = 0; Round < 20; Round += 1) {
        KmDpcInitialize(&Test.Dpc, OnDpc, &Test);
        OK(KmDpcQueue(&Test.Dpc));
        KmDpcStop(&Test.Dpc);
        LONG Runs = Test.Runs;
        KmSleep(2);
        IS(Test.Runs, Runs);
    }
}

TEST_DRIVER(TestRun, TestEachProcessor, TestStopOfOneThatGoesOn)
