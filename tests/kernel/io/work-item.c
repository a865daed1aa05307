// SPDX-License-Identifier: MIT
// Work items of devices and drivers.
#include "device.h"

static PDEVICE_OBJECT Device;
static KEVENT Ran;
static struct {
    PVOID Object, Context, Item;
    KIRQL Irql;
    PEPROCESS Process;
    ULONG Times;
    LONG_PTR References;
} Seen;

static void Note(PVOID Object, PVOID Context, PVOID Item)
{
    Seen.Object = Object;
    Seen.Context = Context;
    Seen.Item = Item;
    Seen.Irql = KeGetCurrentIrql();
    Seen.Process = PsGetCurrentProcess();
    Seen.References = ObReferenceObject(Object);
    ObDereferenceObject(Object);
    Seen.Times += 1;
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI Routine(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    Note(DeviceObject, Context, NULL);
}

static VOID NTAPI RoutineEx(PVOID IoObject, PVOID Context, PIO_WORKITEM Item)
{
    Note(IoObject, Context, Item);
}

static void Setup(void)
{
    Device = MakeDevice(L"KmodeWork", NULL, 0);
    KeInitializeEvent(&Ran, SynchronizationEvent, FALSE);
}

static void Wait(void)
{
    LARGE_INTEGER Timeout = TestMilliseconds(1000);
    IS(KeWaitForSingleObject(&Ran, Executive, KernelMode, FALSE, &Timeout), STATUS_SUCCESS);
}

static void TestQueues(void)
{
    static const WORK_QUEUE_TYPE Types[] = {CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue};
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    OK(Item != NULL);
    LONG_PTR References = ObReferenceObject(Device);
    ObDereferenceObject(Device);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Types); Index += 1) {
        RtlZeroMemory(&Seen, sizeof(Seen));
        IoQueueWorkItem(Item, Routine, Types[Index], &Seen);
        Wait();
        OK(Seen.Object == Device && Seen.Context == &Seen);
        IS(Seen.Irql, PASSIVE_LEVEL);
        OK(Seen.Process == PsInitialSystemProcess);
        IS(Seen.References, References + 1); // the device cannot go away under its routine
    }
    IoFreeWorkItem(Item);
    TestSleep(1);
    IS(ObReferenceObject(Device), References);
    ObDereferenceObject(Device);
}

// At DISPATCH_LEVEL it is queued, and runs when the thread lets others run.
static void TestQueuedAtDispatchLevel(void)
{
    KIRQL OldIrql;
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    RtlZeroMemory(&Seen, sizeof(Seen));
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IoQueueWorkItem(Item, Routine, DelayedWorkQueue, NULL);
    IS(Seen.Times, 0);
    KeLowerIrql(OldIrql);
    Wait();
    IS(Seen.Times, 1);
    IoFreeWorkItem(Item);
}

// In memory of the driver's own, with a routine that gets the item, for a device and for a driver.
static void TestOwnMemory(void)
{
    PVOID Objects[] = {Device, Device->DriverObject};
    OK(IoSizeofWorkItem() >= sizeof(WORK_QUEUE_ITEM));
    PIO_WORKITEM Item = ExAllocatePool2(POOL_FLAG_NON_PAGED, IoSizeofWorkItem(), 'tseT');
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Objects); Index += 1) {
        RtlFillMemory(Item, IoSizeofWorkItem(), 0xcc);
        RtlZeroMemory(&Seen, sizeof(Seen));
        IoInitializeWorkItem(Objects[Index], Item);
        IoQueueWorkItemEx(Item, RoutineEx, DelayedWorkQueue, &Ran);
        Wait();
        OK(Seen.Object == Objects[Index] && Seen.Context == &Ran && Seen.Item == Item);
        IoUninitializeWorkItem(Item);
    }
    ExFreePoolWithTag(Item, 'tseT');
}

static VOID NTAPI FreeItself(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    Note(DeviceObject, Context, NULL);
    IoFreeWorkItem(Context);
}

static void TestFreedByItsRoutine(void)
{
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    RtlZeroMemory(&Seen, sizeof(Seen));
    IoQueueWorkItem(Item, FreeItself, DelayedWorkQueue, Item);
    Wait();
    IS(Seen.Times, 1);
}

static VOID NTAPI QueueAgain(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    if (Seen.Times == 0) {
        IoQueueWorkItem(Context, Routine, DelayedWorkQueue, &Seen);
    }
    Note(DeviceObject, Context, NULL);
}

static void TestQueuedAgainByItsRoutine(void)
{
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    RtlZeroMemory(&Seen, sizeof(Seen));
    IoQueueWorkItem(Item, QueueAgain, DelayedWorkQueue, Item);
    for (ULONG Round = 0; Round < 100 && Seen.Times < 2; Round += 1) {
        TestSleep(1);
    }
    IS(Seen.Times, 2);
    OK(Seen.Context == &Seen);
    KeClearEvent(&Ran);
    IoFreeWorkItem(Item);
}

static void Teardown(void)
{
    DeleteDevice(Device);
}

TEST_DRIVER(Setup, TestQueues, TestQueuedAtDispatchLevel, TestOwnMemory, TestFreedByItsRoutine,
            TestQueuedAgainByItsRoutine, Teardown)
