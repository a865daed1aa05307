// SPDX-License-Identifier: MIT
// Device queues: entries in the order of their coming or of a key, and whether the device is busy with one.
#include "inc/kernel.h"

#define KI_DEVICE_QUEUE_TYPE 20 // KOBJECTS' DeviceQueueObject

VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    DeviceQueue->Type = KI_DEVICE_QUEUE_TYPE;
    DeviceQueue->Size = sizeof(*DeviceQueue);
    DeviceQueue->Busy = FALSE;
    InitializeListHead(&DeviceQueue->DeviceListHead);
    KeInitializeSpinLock(&DeviceQueue->Lock);
}

static KIRQL KiLockDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    return KiAcquireSpinLockRaise(&DeviceQueue->Lock);
}

static VOID KiUnlockDeviceQueue(PKDEVICE_QUEUE DeviceQueue, KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&DeviceQueue->Lock, OldIrql);
}

static PKDEVICE_QUEUE_ENTRY KiDeviceQueueEntry(PLIST_ENTRY Link)
{
    return CONTAINING_RECORD(Link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
}

// The queue is locked. Behind every entry whose key is not greater.
static PLIST_ENTRY KiPlaceByKey(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    PLIST_ENTRY Link = DeviceQueue->DeviceListHead.Blink;
    while (Link != &DeviceQueue->DeviceListHead && KiDeviceQueueEntry(Link)->SortKey > SortKey) {
        Link = Link->Blink;
    }
    return Link;
}

// FALSE: the device was not busy, is now, and the entry is not in the queue.
static BOOLEAN KiInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY Entry, BOOLEAN ByKey)
{
    KIRQL OldIrql = KiLockDeviceQueue(DeviceQueue);
    BOOLEAN Busy = DeviceQueue->Busy;
    if (Busy) {
        PLIST_ENTRY Before =
            ByKey ? KiPlaceByKey(DeviceQueue, Entry->SortKey) : DeviceQueue->DeviceListHead.Blink;
        InsertHeadList(Before, &Entry->DeviceListEntry);
    }
    DeviceQueue->Busy = TRUE;
    Entry->Inserted = Busy;
    KiUnlockDeviceQueue(DeviceQueue, OldIrql);
    return Busy;
}

// IRQL DISPATCH_LEVEL is documented for it and for those that follow, but for KeRemoveEntryDeviceQueue: IRQL
// <= DISPATCH_LEVEL.
BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    return KiInsertDeviceQueue(DeviceQueue, DeviceQueueEntry, FALSE);
}

BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry,
                                       ULONG SortKey)
{
    DeviceQueueEntry->SortKey = SortKey;
    return KiInsertDeviceQueue(DeviceQueue, DeviceQueueEntry, TRUE);
}

// The queue is locked. The first entry whose key is at least SortKey, else the first of all.
static PKDEVICE_QUEUE_ENTRY KiFindByKey(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    PLIST_ENTRY Head = &DeviceQueue->DeviceListHead, Link = Head->Flink;
    while (Link != Head && KiDeviceQueueEntry(Link)->SortKey < SortKey) {
        Link = Link->Flink;
    }
    return KiDeviceQueueEntry(Link != Head ? Link : Head->Flink);
}

// NULL: the queue is empty, and the device is not busy any more.
static PKDEVICE_QUEUE_ENTRY KiRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    PKDEVICE_QUEUE_ENTRY Entry = NULL;
    KIRQL OldIrql = KiLockDeviceQueue(DeviceQueue);
    if (!IsListEmpty(&DeviceQueue->DeviceListHead)) {
        Entry = KiFindByKey(DeviceQueue, SortKey);
        RemoveEntryList(&Entry->DeviceListEntry);
        Entry->Inserted = FALSE;
    } else {
        DeviceQueue->Busy = FALSE;
    }
    KiUnlockDeviceQueue(DeviceQueue, OldIrql);
    return Entry;
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    return KiRemoveDeviceQueue(DeviceQueue, 0);
}

PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    return KiRemoveDeviceQueue(DeviceQueue, SortKey);
}

// What is not busy has an empty queue and stays as it is.
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    return KiRemoveDeviceQueue(DeviceQueue, SortKey);
}

// FALSE: the entry is not queued. The device stays as busy as it is.
BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    KIRQL OldIrql = KiLockDeviceQueue(DeviceQueue);
    BOOLEAN Inserted = DeviceQueueEntry->Inserted;
    if (Inserted) {
        DeviceQueueEntry->Inserted = FALSE;
        RemoveEntryList(&DeviceQueueEntry->DeviceListEntry);
    }
    KiUnlockDeviceQueue(DeviceQueue, OldIrql);
    return Inserted;
}
