// SPDX-License-Identifier: MIT
// ExInterlocked routines on lists and numbers under a spin lock.
#include "test.h"

static KSPIN_LOCK Lock;

static void TestNumbers(void)
{
    LARGE_INTEGER Large = {.QuadPart = 0xFFFFFFFF}, Increment = {.QuadPart = 2};
    ULONG Small = 0xFFFFFFFE;

    IS(ExInterlockedAddLargeInteger(&Large, Increment, &Lock).QuadPart, 0xFFFFFFFF);
    IS(Large.QuadPart, 0x100000001);
    Increment.QuadPart = -0x100000002;
    IS(ExInterlockedAddLargeInteger(&Large, Increment, &Lock).QuadPart, 0x100000001);
    IS(Large.QuadPart, -1);
    IS(ExInterlockedAddUlong(&Small, 3, &Lock), 0xFFFFFFFE);
    IS(Small, 1);
}

static void TestDoublyLinked(void)
{
    LIST_ENTRY Head, Entries[3];

    InitializeListHead(&Head);
    OK(ExInterlockedRemoveHeadList(&Head, &Lock) == NULL);
    OK(ExInterlockedInsertHeadList(&Head, &Entries[1], &Lock) == NULL);
    OK(ExInterlockedInsertHeadList(&Head, &Entries[0], &Lock) == &Entries[1]);
    OK(ExInterlockedInsertTailList(&Head, &Entries[2], &Lock) == &Entries[1]);
    for (ULONG I = 0; I < 3; ++I) {
        OK(ExInterlockedRemoveHeadList(&Head, &Lock) == &Entries[I]);
    }
    OK(IsListEmpty(&Head));
    OK(ExInterlockedInsertTailList(&Head, &Entries[2], &Lock) == NULL);
    OK(Head.Flink == &Entries[2] && Head.Blink == &Entries[2]);
}

static void TestSinglyLinked(void)
{
    SINGLE_LIST_ENTRY Head = {NULL}, Entries[2];

    OK(ExInterlockedPopEntryList(&Head, &Lock) == NULL);
    OK(ExInterlockedPushEntryList(&Head, &Entries[0], &Lock) == NULL);
    OK(ExInterlockedPushEntryList(&Head, &Entries[1], &Lock) == &Entries[0]);
    OK(ExInterlockedPopEntryList(&Head, &Lock) == &Entries[1]);
    OK(ExInterlockedPopEntryList(&Head, &Lock) == &Entries[0]);
    OK(Head.Next == NULL);
}

// At any IRQL; the lock is free and the IRQL what it was afterwards.
static void TestIrql(void)
{
    LIST_ENTRY Head, Entry;
    KIRQL OldIrql, Irqls[3];
    KSPIN_LOCK After;

    InitializeListHead(&Head);
    Irqls[0] = KeGetCurrentIrql();
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    ExInterlockedInsertHeadList(&Head, &Entry, &Lock);
    Irqls[1] = KeGetCurrentIrql();
    KeLowerIrql(DISPATCH_LEVEL);
    ExInterlockedRemoveHeadList(&Head, &Lock);
    Irqls[2] = KeGetCurrentIrql();
    After = Lock;
    KeLowerIrql(OldIrql);
    IS(Irqls[0], PASSIVE_LEVEL);
    IS(Irqls[1], HIGH_LEVEL);
    IS(Irqls[2], DISPATCH_LEVEL);
    IS(After, 0);
}

TEST_DRIVER(TestNumbers, TestDoublyLinked, TestSinglyLinked, TestIrql)
