// SPDX-License-Identifier: MIT
// Work items: run once for several queueings before they begin, once more for those while they run, and ends
// that wait.
#include "test.h"
#include <kmode.h>

static PDRIVER_OBJECT Driver;
static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmNonPagedPool, 'kroW');

typedef struct WORK_TEST {
    PKM_WORK_ITEM Item;
    KEVENT Begun, GoOn;
    volatile LONG Runs, Within;
    BOOLEAN Block, Together;
    KIRQL Irql;
} WORK_TEST;

KM_TYPED_ROUTINE(OnWork, WORK_TEST, Test)
{
    if (InterlockedIncrement(&Test->Within) != 1) {
        Test->Together = TRUE;
    }
    Test->Irql = KeGetCurrentIrql();
    if (Test->Block) {
        KeSetEvent(&Test->Begun, IO_NO_INCREMENT, FALSE);
        (void)KmWait(&Test->GoOn, KM_WAIT_FOREVER);
    }
    InterlockedIncrement(&Test->Runs);
    InterlockedDecrement(&Test->Within);
}

static void TestOnceMore(void)
{
    WORK_TEST Test = {0};

    Test.Block = TRUE;
    KeInitializeEvent(&Test.Begun, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Test.GoOn, SynchronizationEvent, FALSE);
    IS(KmWorkItemCreate(&Allocator, Driver, OnWork, &Test, &Test.Item), STATUS_SUCCESS);
    KmWorkItemFlush(Test.Item);
    OK(KmWorkItemQueue(Test.Item, DelayedWorkQueue));
    IS(KmWait(&Test.Begun, KM_WAIT_FOREVER), STATUS_SUCCESS);
    IS(Test.Irql, PASSIVE_LEVEL);
    OK(KmWorkItemQueue(Test.Item, CriticalWorkQueue)); // while it runs: once more
    OK(!KmWorkItemQueue(Test.Item, CriticalWorkQueue));
    KeSetEvent(&Test.GoOn, IO_NO_INCREMENT, FALSE);
    IS(KmWait(&Test.Begun, KM_WAIT_FOREVER), STATUS_SUCCESS);
    IS(Test.Runs, 1);
    KeSetEvent(&Test.GoOn, IO_NO_INCREMENT, FALSE);
    KmWorkItemFlush(Test.Item);
    IS(Test.Runs, 2);
    OK(!Test.Together);
    Test.Block = FALSE;
    KmWorkItemStop(Test.Item);
    OK(!KmWorkItemQueue(Test.Item, DelayedWorkQueue));
    KmWorkItemDelete(Test.Item);
    IS(Test.Runs, 2);
    KmWorkItemDelete(NULL);
}

static void TestDeleteWaits(void)
{
    for (ULONG Round = 0; Round < 50; Round += 1) {
        WORK_TEST Test = {0};
        KIRQL OldIrql;

        IS(KmWorkItemCreate(&Allocator, Driver, OnWork, &Test, &Test.Item), STATUS_SUCCESS);
        KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
        BOOLEAN First = KmWorkItemQueue(Test.Item, DelayedWorkQueue);
        KeLowerIrql(OldIrql);
        OK(First);
        (void)KmWorkItemQueue(Test.Item, DelayedWorkQueue);
        KmWorkItemDelete(Test.Item);
        OK(Test.Runs == 1 || Test.Runs == 2);
        OK(!Test.Together);
    }
}

static PVOID NTAPI AllocateNothing(PKM_ALLOCATOR This, SIZE_T Bytes, BOOLEAN Zeroed)
{
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(Zeroed);
    return NULL;
}

static void TestNoMemory(void)
{
    static const KM_ALLOCATOR_OPERATIONS Operations = {AllocateNothing, NULL, NULL, DISPATCH_LEVEL};
    KM_ALLOCATOR Empty = KM_ALLOCATOR_INIT(Operations, 'tpmE');
    PKM_WORK_ITEM Item = (PKM_WORK_ITEM)1;

    IS(KmWorkItemCreate(&Empty, Driver, OnWork, NULL, &Item), STATUS_INSUFFICIENT_RESOURCES);
    OK(Item == NULL);
}

// What is queued when the driver is unloaded is waited for.
static WORK_TEST AtUnload;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    TestUnload(DriverObject);
    (void)KmWorkItemQueue(AtUnload.Item, DelayedWorkQueue);
    KmWorkItemDelete(AtUnload.Item);
    NT_ASSERT(AtUnload.Runs == 1);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    TestOnceMore();
    TestDeleteWaits();
    TestNoMemory();
    IS(KmWorkItemCreate(&Allocator, Driver, OnWork, &AtUnload, &AtUnload.Item), STATUS_SUCCESS);
    DbgPrint("1..%lu\n", TestCount);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
