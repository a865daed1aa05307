// SPDX-License-Identifier: MIT
// DPCs and interrupts on all processors at once, and how those meet.
#include "test.h"
#include "undocumented.h"

static volatile LONG Before, After, Masters, TooEarly;
static ULONG64 Processors;
static KIRQL Irql;

static VOID NTAPI Routine(PKDPC Dpc, PVOID Context, PVOID SystemArgument1, PVOID SystemArgument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    LONG Count = (LONG)(LONG_PTR)Context;
    Irql = KeGetCurrentIrql();
    InterlockedOr64((LONG64 *)&Processors, 1LL << KeGetCurrentProcessorNumberEx(NULL));
    InterlockedIncrement(&Before);
    if (KeSignalCallDpcSynchronize(SystemArgument2)) {
        InterlockedIncrement(&Masters);
    }
    if (Before != Count) {
        InterlockedIncrement(&TooEarly);
    }
    InterlockedIncrement(&After);
    KeSignalCallDpcSynchronize(SystemArgument2);
    KeSignalCallDpcDone(SystemArgument1);
}

static ULONG_PTR NTAPI Broadcast(ULONG_PTR Context)
{
    InterlockedIncrement((volatile LONG *)Context);
    Irql = KeGetCurrentIrql();
    return KeGetCurrentProcessorNumberEx(NULL) + 100;
}

static void TestEveryProcessorRunsIt(void)
{
    ULONG Count = KeQueryActiveProcessorCount(NULL);
    KeGenericCallDpc(Routine, (PVOID)(LONG_PTR)Count);
    IS(Processors, KeQueryActiveProcessors());
    IS(After, Count);
    IS(Masters, 1);
    IS(TooEarly, 0);
    IS(Irql, DISPATCH_LEVEL);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void TestIpi(void)
{
    volatile LONG Calls = 0;
    ULONG_PTR Result = KeIpiGenericCall(Broadcast, (ULONG_PTR)&Calls);
    IS(Calls, KeQueryActiveProcessorCount(NULL));
    OK(Result >= 100 && Result < 100 + KeQueryActiveProcessorCount(NULL));
    IS(Irql, IPI_LEVEL);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

TEST_DRIVER(TestEveryProcessorRunsIt, TestIpi)
