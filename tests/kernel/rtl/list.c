// SPDX-License-Identifier: MIT
// Doubly linked lists: the inline routines of wdm.h. What they do with a list that is not one is shown by
// tests/golden/list-corrupt.c.
#include "test.h"

static LIST_ENTRY Head, Entries[4];

// Whether the list is the entries that the digits of Order number.
static BOOLEAN Is(ULONG Order)
{
    PLIST_ENTRY Entry = Head.Blink;
    for (; Order != 0; Order /= 10, Entry = Entry->Blink) {
        if (Entry != &Entries[Order % 10 - 1] || Entry->Flink->Blink != Entry) {
            return FALSE;
        }
    }
    return Entry == &Head && Head.Flink->Blink == &Head;
}

static void TestInsert(void)
{
    InitializeListHead(&Head);
    OK(IsListEmpty(&Head));
    RtlFillMemory(Entries, sizeof(Entries), 0x5A); // whose contents do not matter
    InsertTailList(&Head, &Entries[0]);
    OK(!IsListEmpty(&Head) && Is(1));
    InsertTailList(&Head, &Entries[1]);
    InsertHeadList(&Head, &Entries[2]);
    InsertHeadList(&Entries[0], &Entries[3]); // behind an entry
    OK(Is(3142));
}

static void TestRemove(void)
{
    OK(!RemoveEntryList(&Entries[0]));
    OK(Is(342));
    OK(RemoveHeadList(&Head) == &Entries[2]);
    OK(Is(42));
    OK(RemoveTailList(&Head) == &Entries[1]);
    OK(Is(4));
    OK(RemoveEntryList(&Entries[3])); // the last one
    OK(IsListEmpty(&Head) && Is(0));
    OK(RemoveHeadList(&Head) == &Head);
    OK(RemoveTailList(&Head) == &Head);
    OK(IsListEmpty(&Head));
}

static void TestAppend(void)
{
    LIST_ENTRY Other;
    InitializeListHead(&Head);
    InitializeListHead(&Other);
    InsertTailList(&Head, &Entries[0]);
    InsertTailList(&Other, &Entries[1]);
    InsertTailList(&Other, &Entries[2]);
    PLIST_ENTRY First = Other.Flink;
    RemoveEntryList(&Other); // a list without a head
    AppendTailList(&Head, First);
    OK(Is(123));
    InitializeListHead(&Entries[3]); // one entry by itself
    AppendTailList(&Head, &Entries[3]);
    OK(Is(1234));
    InitializeListHead(&Head);
    InitializeListHead(&Entries[3]);
    AppendTailList(&Head, &Entries[3]);
    OK(Is(4));
}

static void TestSingle(void)
{
    SINGLE_LIST_ENTRY Top = {NULL}, One, Two;
    OK(PopEntryList(&Top) == NULL);
    PushEntryList(&Top, &One);
    PushEntryList(&Top, &Two);
    OK(PopEntryList(&Top) == &Two && PopEntryList(&Top) == &One && PopEntryList(&Top) == NULL);
}

TEST_DRIVER(TestInsert, TestRemove, TestAppend, TestSingle)
