// SPDX-License-Identifier: MIT
// Requests one at a time: the device queue of a driver with a StartIo routine.
#include "inc/kernel.h"

// IOP_DEVICE_EXTENSION.StartIoFlags
#define IOP_START_IO_DEFERRED      0x1
#define IOP_START_IO_NONCANCELABLE 0x2
#define IOP_NEXT_CANCELABLE        0x4 // what the deferred call asked for
#define IOP_NEXT_BY_KEY            0x8
#define IOP_NEXT_MASK              (IOP_NEXT_CANCELABLE | IOP_NEXT_BY_KEY)

VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable)
{
    PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(DeviceObject);
    Extension->StartIoFlags = (Extension->StartIoFlags & IOP_NEXT_MASK) |
                              (DeferredStartIo ? IOP_START_IO_DEFERRED : 0) |
                              (NonCancelable ? IOP_START_IO_NONCANCELABLE : 0);
}

static VOID IopCallStartIo(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDRIVER_STARTIO StartIo = DeviceObject->DriverObject->DriverStartIo;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_STARTIO", StartIo, 2, DeviceObject, Irp);
    StartIo(DeviceObject, Irp);
    ViLeaveCallback(&Callback, 0);
}

// Takes the next IRP off the queue and starts it, if there is one. DISPATCH_LEVEL.
static VOID IopStartNext(PDEVICE_OBJECT DeviceObject, ULONG Next, ULONG Key)
{
    KIRQL CancelIrql;
    PIRP Irp = NULL;
    BOOLEAN Cancelable = (Next & IOP_NEXT_CANCELABLE) != 0;
    if (Cancelable) {
        IoAcquireCancelSpinLock(&CancelIrql);
    }
    DeviceObject->CurrentIrp = NULL;
    PKDEVICE_QUEUE_ENTRY Entry = Next & IOP_NEXT_BY_KEY
                                     ? KeRemoveByKeyDeviceQueue(&DeviceObject->DeviceQueue, Key)
                                     : KeRemoveDeviceQueue(&DeviceObject->DeviceQueue);
    if (Entry != NULL) {
        Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.DeviceQueueEntry);
        DeviceObject->CurrentIrp = Irp;
        if (Cancelable && (IopDeviceExtension(DeviceObject)->StartIoFlags & IOP_START_IO_NONCANCELABLE)) {
            Irp->CancelRoutine = NULL;
        }
    }
    if (Cancelable) {
        IoReleaseCancelSpinLock(CancelIrql);
    }
    if (Irp != NULL) {
        IopCallStartIo(DeviceObject, Irp);
    }
}

// With DeferredStartIo, the call of IoStartNextPacket that comes from within StartIo is kept until that has
// returned.
static VOID IopRunDeferred(PDEVICE_OBJECT DeviceObject)
{
    PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(DeviceObject);
    while (InterlockedDecrement(&Extension->StartIoCount) > 0) {
        IopStartNext(DeviceObject, Extension->StartIoFlags & IOP_NEXT_MASK, (ULONG)Extension->StartIoKey);
    }
}

static VOID IopStartOrDeferNext(PDEVICE_OBJECT DeviceObject, ULONG Next, ULONG Key)
{
    PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(DeviceObject);
    if (!(Extension->StartIoFlags & IOP_START_IO_DEFERRED)) {
        IopStartNext(DeviceObject, Next, Key);
        return;
    }
    Extension->StartIoFlags = (Extension->StartIoFlags & ~(ULONG)IOP_NEXT_MASK) | Next;
    Extension->StartIoKey = (LONG)Key;
    if (InterlockedIncrement(&Extension->StartIoCount) == 1) {
        IopStartNext(DeviceObject, Next, Key);
        IopRunDeferred(DeviceObject);
    }
}

static VOID IopStartFirst(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(DeviceObject);
    if (!(Extension->StartIoFlags & IOP_START_IO_DEFERRED)) {
        IopCallStartIo(DeviceObject, Irp);
        return;
    }
    InterlockedIncrement(&Extension->StartIoCount);
    IopCallStartIo(DeviceObject, Irp);
    IopRunDeferred(DeviceObject);
}

VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction)
{
    KIRQL CancelIrql = DISPATCH_LEVEL;
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    if (CancelFunction != NULL) {
        IoAcquireCancelSpinLock(&CancelIrql);
        Irp->CancelRoutine = CancelFunction;
    }
    PKDEVICE_QUEUE_ENTRY Entry = &Irp->Tail.Overlay.DeviceQueueEntry;
    BOOLEAN Queued = Key != NULL ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, Entry, *Key)
                                 : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, Entry);
    if (!Queued) {
        DeviceObject->CurrentIrp = Irp;
        if (CancelFunction != NULL) {
            if (IopDeviceExtension(DeviceObject)->StartIoFlags & IOP_START_IO_NONCANCELABLE) {
                Irp->CancelRoutine = NULL;
            }
            IoReleaseCancelSpinLock(CancelIrql);
        }
        IopStartFirst(DeviceObject, Irp);
    } else if (CancelFunction != NULL) {
        if (Irp->Cancel) {
            // Cancelled before it had a routine: it is called now, and releases the lock.
            Irp->CancelIrql = CancelIrql;
            Irp->CancelRoutine = NULL;
            CancelFunction(DeviceObject, Irp);
        } else {
            IoReleaseCancelSpinLock(CancelIrql);
        }
    }
    KiLowerIrql(OldIrql);
}

VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable)
{
    IopStartOrDeferNext(DeviceObject, Cancelable ? IOP_NEXT_CANCELABLE : 0, 0);
}

VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key)
{
    KIRQL OldIrql = KiRaiseIrql(DISPATCH_LEVEL);
    IopStartOrDeferNext(DeviceObject, IOP_NEXT_BY_KEY | (Cancelable ? IOP_NEXT_CANCELABLE : 0), Key);
    KiLowerIrql(OldIrql);
}
