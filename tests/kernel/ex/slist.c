// SPDX-License-Identifier: MIT
// Sequenced singly linked lists.
#include "test.h"

static SLIST_HEADER Head;
static SLIST_ENTRY Entries[100];

static void TestPushAndPop(void)
{
    RtlFillMemory(&Head, sizeof(Head), 0xAA);
    ExInitializeSListHead(&Head);
    IS(ExQueryDepthSList(&Head), 0);
    OK(FirstEntrySList(&Head) == NULL);
    OK(ExInterlockedPopEntrySList(&Head, NULL) == NULL);
    OK(ExInterlockedFlushSList(&Head) == NULL);

    OK(ExInterlockedPushEntrySList(&Head, &Entries[0], NULL) == NULL);
    OK(ExInterlockedPushEntrySList(&Head, &Entries[1], NULL) == &Entries[0]);
    OK(InterlockedPushEntrySList(&Head, &Entries[2]) == &Entries[1]);
    IS(QueryDepthSList(&Head), 3);
    OK(FirstEntrySList(&Head) == &Entries[2]);
    OK(InterlockedPopEntrySList(&Head) == &Entries[2]);
    OK(InterlockedPopEntrySList(&Head) == &Entries[1]);
    IS(ExQueryDepthSList(&Head), 1);
    OK(InterlockedPopEntrySList(&Head) == &Entries[0]);
    OK(InterlockedPopEntrySList(&Head) == NULL);
    IS(ExQueryDepthSList(&Head), 0);
}

static void TestFlush(void)
{
    PSLIST_ENTRY Entry;
    ULONG Count = 0;

    InitializeSListHead(&Head);
    for (ULONG I = 0; I < 100; ++I) {
        InterlockedPushEntrySList(&Head, &Entries[I]);
    }
    IS(ExQueryDepthSList(&Head), 100);
    for (Entry = InterlockedFlushSList(&Head); Entry != NULL; Entry = Entry->Next) {
        Count += Entry == &Entries[99 - Count];
    }
    IS(Count, 100);
    IS(ExQueryDepthSList(&Head), 0);
    OK(FirstEntrySList(&Head) == NULL);
}

static void TestPushList(void)
{
    InitializeSListHead(&Head);
    InterlockedPushEntrySList(&Head, &Entries[9]);
    Entries[0].Next = &Entries[1];
    Entries[1].Next = &Entries[2];
    OK(InterlockedPushListSList(&Head, &Entries[0], &Entries[2], 3) == &Entries[9]);
    IS(ExQueryDepthSList(&Head), 4);
    OK(Entries[2].Next == &Entries[9]);
    OK(InterlockedPopEntrySList(&Head) == &Entries[0]);
    OK(InterlockedPopEntrySList(&Head) == &Entries[1]);
}

// A header that has seen as many pushes as pops is not the header it was.
static void TestSequence(void)
{
    SLIST_HEADER Before;

    InitializeSListHead(&Head);
    InterlockedPushEntrySList(&Head, &Entries[0]);
    Before = Head;
    InterlockedPopEntrySList(&Head);
    InterlockedPushEntrySList(&Head, &Entries[0]);
    OK(FirstEntrySList(&Before) == FirstEntrySList(&Head));
    OK(Before.Alignment != Head.Alignment);
}

static void TestMisaligned(void)
{
    ULONG Raised = 0;

    __try {
        InitializeSListHead((PSLIST_HEADER)((PUCHAR)Entries + 8));
    } __except (GetExceptionCode() == STATUS_DATATYPE_MISALIGNMENT) {
        Raised += 1;
    }
    InitializeSListHead(&Head);
    __try {
        InterlockedPushEntrySList(&Head, (PSLIST_ENTRY)((PUCHAR)Entries + 8));
    } __except (GetExceptionCode() == STATUS_DATATYPE_MISALIGNMENT) {
        Raised += 1;
    }
    IS(Raised, 2);
    IS(ExQueryDepthSList(&Head), 0);
}

static void TestHighLevel(void)
{
    KIRQL OldIrql;

    InitializeSListHead(&Head);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    InterlockedPushEntrySList(&Head, &Entries[0]);
    PSLIST_ENTRY Entry = InterlockedPopEntrySList(&Head);
    KeLowerIrql(OldIrql);
    OK(Entry == &Entries[0]);
}

TEST_DRIVER(TestPushAndPop, TestFlush, TestPushList, TestSequence, TestMisaligned, TestHighLevel)
