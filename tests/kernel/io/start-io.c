// SPDX-License-Identifier: MIT
// Requests one at a time: IoStartPacket, IoStartNextPacket[ByKey], keys, cancellation, deferred StartIo.
#include "device.h"

static PDEVICE_OBJECT Device;
static PIRP Started[16];
static ULONG StartedCount, Depth, MaximumDepth;
static KIRQL StartIrql;
static BOOLEAN NextWithin;

static VOID NTAPI StartIo(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    OK(DeviceObject == Device && DeviceObject->CurrentIrp == Irp);
    StartIrql = KeGetCurrentIrql();
    Started[StartedCount++] = Irp;
    Depth += 1;
    MaximumDepth = max(MaximumDepth, Depth);
    if (NextWithin) {
        IoStartNextPacket(DeviceObject, FALSE);
    }
    Depth -= 1;
}

static PIRP MakeIrp(void)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = Device;
    return Irp;
}

static PIRP Irps[6];

static void Reset(BOOLEAN Deferred, BOOLEAN NonCancelable)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Irps); Index += 1) {
        if (Irps[Index] != NULL) {
            IoFreeIrp(Irps[Index]);
        }
        Irps[Index] = MakeIrp();
    }
    StartedCount = Depth = MaximumDepth = 0;
    NextWithin = FALSE;
    IoSetStartIoAttributes(Device, Deferred, NonCancelable);
}

static void Next(BOOLEAN Cancelable)
{
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    IoStartNextPacket(Device, Cancelable);
    KeLowerIrql(OldIrql);
}

static void Setup(void)
{
    Device = MakeDevice(L"KmodeStartIo", NULL, 0);
    Device->DriverObject->DriverStartIo = StartIo;
}

static void TestOrder(void)
{
    Reset(FALSE, FALSE);
    for (ULONG Index = 0; Index < 3; Index += 1) {
        IoStartPacket(Device, Irps[Index], NULL, NULL);
        IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
    IS(StartedCount, 1); // the device is busy with it
    IS(StartIrql, DISPATCH_LEVEL);
    Next(FALSE);
    IS(StartedCount, 2);
    Next(FALSE);
    IS(StartedCount, 3);
    OK(Started[0] == Irps[0] && Started[1] == Irps[1] && Started[2] == Irps[2]);
    Next(FALSE);
    IS(StartedCount, 3);
    OK(Device->CurrentIrp == NULL);
    IoStartPacket(Device, Irps[3], NULL, NULL); // it is not busy any more
    IS(StartedCount, 4);
    Next(FALSE);
}

static void TestKeys(void)
{
    ULONG Keys[] = {0, 30, 10, 20};
    Reset(FALSE, FALSE);
    IoStartPacket(Device, Irps[0], NULL, NULL);
    for (ULONG Index = 1; Index < RTL_NUMBER_OF(Keys); Index += 1) {
        IoStartPacket(Device, Irps[Index], &Keys[Index], NULL);
    }
    IoStartNextPacketByKey(Device, FALSE, 15); // the first that is no lower, at any IRQL up to DISPATCH_LEVEL
    OK(Started[1] == Irps[3]);
    Next(FALSE);
    OK(Started[2] == Irps[2]);
    IoStartNextPacketByKey(Device, FALSE, 99); // or the lowest
    OK(Started[3] == Irps[1]);
    IoStartNextPacketByKey(Device, FALSE, 0);
    IS(StartedCount, 4);
    OK(Device->CurrentIrp == NULL);
}

static void TestDeferred(void)
{
    for (ULONG Deferred = 0; Deferred < 2; Deferred += 1) {
        Reset(Deferred != 0, FALSE);
        for (ULONG Index = 0; Index < 4; Index += 1) {
            IoStartPacket(Device, Irps[Index], NULL, NULL);
        }
        IS(StartedCount, 1);
        NextWithin = TRUE;
        Next(FALSE);
        IS(StartedCount, 4);
        IS(MaximumDepth, Deferred ? 1 : 3);
        OK(Started[1] == Irps[1] && Started[3] == Irps[3]);
        OK(Device->CurrentIrp == NULL);
    }
}

// ---- Cancellation

static ULONG Cancels;

static VOID NTAPI CancelIt(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    OK(DeviceObject == Device);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    Cancels += 1;
    if (Irp != DeviceObject->CurrentIrp) {
        OK(KeRemoveEntryDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry));
    }
    IoReleaseCancelSpinLock(Irp->CancelIrql);
}

static void TestCancel(void)
{
    KIRQL OldIrql;
    Reset(FALSE, FALSE);
    Cancels = 0;
    IoStartPacket(Device, Irps[0], NULL, CancelIt);
    OK(Irps[0]->CancelRoutine == CancelIt); // StartIo has to see to it
    IoStartPacket(Device, Irps[1], NULL, CancelIt);
    IoStartPacket(Device, Irps[2], NULL, CancelIt);
    OK(IoCancelIrp(Irps[1]));
    IS(Cancels, 1);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    // Cancelled before it came.
    OK(!IoCancelIrp(Irps[3]));
    IoStartPacket(Device, Irps[3], NULL, CancelIt);
    IS(Cancels, 2);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    Next(TRUE);
    IS(StartedCount, 2);
    OK(Started[1] == Irps[2] && Irps[2]->CancelRoutine == CancelIt);
    // Nobody holds the lock.
    IoAcquireCancelSpinLock(&OldIrql);
    IS(OldIrql, PASSIVE_LEVEL);
    IS(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoSetCancelRoutine(Irps[2], NULL);
    IoReleaseCancelSpinLock(OldIrql);
    Next(TRUE);
    OK(Device->CurrentIrp == NULL);
}

static void TestNonCancelable(void)
{
    Reset(FALSE, TRUE);
    IoStartPacket(Device, Irps[0], NULL, CancelIt);
    OK(Irps[0]->CancelRoutine == NULL); // once it is started
    IoStartPacket(Device, Irps[1], NULL, CancelIt);
    OK(Irps[1]->CancelRoutine == CancelIt);
    Next(TRUE);
    OK(Started[1] == Irps[1] && Irps[1]->CancelRoutine == NULL);
    Next(TRUE);
}

static void Teardown(void)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Irps); Index += 1) {
        IoFreeIrp(Irps[Index]);
    }
    DeleteDevice(Device);
}

TEST_DRIVER(Setup, TestOrder, TestKeys, TestDeferred, TestCancel, TestNonCancelable, Teardown)
