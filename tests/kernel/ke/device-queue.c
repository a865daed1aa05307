// SPDX-License-Identifier: MIT
// Device queues: busy or not, in the order of coming or of keys.
#include "test.h"

static KDEVICE_QUEUE Queue;
static KDEVICE_QUEUE_ENTRY Entries[6];

static KIRQL Raise(void)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    return OldIrql;
}

static ULONG PlaceOf(PKDEVICE_QUEUE_ENTRY Entry)
{
    return Entry != NULL ? (ULONG)(Entry - Entries) : MAXULONG;
}

static void TestOrder(void)
{
    BOOLEAN Queued[3];
    ULONG Places[3];
    KeInitializeDeviceQueue(&Queue);
    OK(!Queue.Busy);
    KIRQL OldIrql = Raise();
    for (ULONG Index = 0; Index < 3; Index += 1) {
        Queued[Index] = KeInsertDeviceQueue(&Queue, &Entries[Index]);
    }
    BOOLEAN Busy = Queue.Busy, Inserted = Entries[1].Inserted;
    for (ULONG Index = 0; Index < 3; Index += 1) {
        Places[Index] = PlaceOf(KeRemoveDeviceQueue(&Queue));
    }
    KIRQL Irql = KeGetCurrentIrql();
    KeLowerIrql(OldIrql);
    OK(!Queued[0]); // the device is busy with it, and it is not in the queue
    OK(Queued[1] && Queued[2] && Busy && Inserted);
    IS(Places[0], 1);
    IS(Places[1], 2);
    IS(Places[2], MAXULONG); // busy, and nothing there: not busy any more
    OK(!Queue.Busy && !Entries[1].Inserted);
    IS(Irql, DISPATCH_LEVEL);
}

// Behind what has the same key.
static void TestKeys(void)
{
    static const ULONG Keys[6] = {50, 30, 10, 30, 20, 40};
    static const ULONG Sorted[5] = {2, 4, 1, 3, 5};
    ULONG Places[6];
    KeInitializeDeviceQueue(&Queue);
    KIRQL OldIrql = Raise();
    BOOLEAN First = KeInsertByKeyDeviceQueue(&Queue, &Entries[0], Keys[0]);
    for (ULONG Index = 1; Index < 6; Index += 1) {
        KeInsertByKeyDeviceQueue(&Queue, &Entries[Index], Keys[Index]);
    }
    for (ULONG Index = 0; Index < 6; Index += 1) {
        Places[Index] = PlaceOf(KeRemoveDeviceQueue(&Queue));
    }
    KeLowerIrql(OldIrql);
    OK(!First);
    for (ULONG Index = 0; Index < 5; Index += 1) {
        IS(Places[Index], Sorted[Index]);
    }
    IS(Places[5], MAXULONG);
}

// The first that has the key or a greater one; else the first.
static void TestRemoveByKey(void)
{
    ULONG Places[6];
    KeInitializeDeviceQueue(&Queue);
    KIRQL OldIrql = Raise();
    KeInsertDeviceQueue(&Queue, &Entries[0]);
    for (ULONG Index = 1; Index < 5; Index += 1) {
        KeInsertByKeyDeviceQueue(&Queue, &Entries[Index], Index * 10);
    }
    Places[0] = PlaceOf(KeRemoveByKeyDeviceQueue(&Queue, 15)); // 20
    Places[1] = PlaceOf(KeRemoveByKeyDeviceQueue(&Queue, 30)); // 30
    Places[2] = PlaceOf(KeRemoveByKeyDeviceQueue(&Queue, 99)); // 10
    Places[3] = PlaceOf(KeRemoveByKeyDeviceQueueIfBusy(&Queue, 0));
    BOOLEAN Busy = Queue.Busy;
    Places[4] = PlaceOf(KeRemoveByKeyDeviceQueue(&Queue, 0));
    Places[5] = PlaceOf(KeRemoveByKeyDeviceQueueIfBusy(&Queue, 0));
    KeLowerIrql(OldIrql);
    IS(Places[0], 2);
    IS(Places[1], 3);
    IS(Places[2], 1);
    IS(Places[3], 4);
    OK(Busy);
    IS(Places[4], MAXULONG);
    IS(Places[5], MAXULONG);
    OK(!Queue.Busy);
}

static void TestRemoveEntry(void)
{
    KeInitializeDeviceQueue(&Queue);
    KIRQL OldIrql = Raise();
    KeInsertDeviceQueue(&Queue, &Entries[0]);
    KeInsertDeviceQueue(&Queue, &Entries[1]);
    KeInsertDeviceQueue(&Queue, &Entries[2]);
    KeLowerIrql(OldIrql);
    // At any IRQL up to DISPATCH_LEVEL, as it was afterwards.
    OK(!KeRemoveEntryDeviceQueue(&Queue, &Entries[0])); // being worked on
    OK(KeRemoveEntryDeviceQueue(&Queue, &Entries[1]));
    OK(!KeRemoveEntryDeviceQueue(&Queue, &Entries[1]));
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    OldIrql = Raise();
    ULONG Place = PlaceOf(KeRemoveDeviceQueue(&Queue));
    KeLowerIrql(OldIrql);
    IS(Place, 2);
    OK(Queue.Busy);
}

TEST_DRIVER(TestOrder, TestKeys, TestRemoveByKey, TestRemoveEntry)
