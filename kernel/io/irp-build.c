// SPDX-License-Identifier: MIT
// Requests that drivers make for the drivers below them.
#include "inc/kernel.h"

static VOID IopAbandonIrp(PIRP Irp)
{
    IopReleaseBuffers(Irp);
    IoFreeIrp(Irp);
}

// FALSE: the buffer can't be had as the device wants it.
static BOOLEAN IopTryTransferBuffer(PIRP Irp, PDEVICE_OBJECT DeviceObject, UCHAR MajorFunction, PVOID Buffer,
                                    ULONG Length)
{
    BOOLEAN Done = TRUE;
    __try {
        IopSetTransferBuffer(Irp, DeviceObject, MajorFunction, Buffer, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Done = FALSE;
    }
    return Done;
}

static BOOLEAN IopTryControlBuffers(PIRP Irp, ULONG IoControlCode, PVOID Input, ULONG InputLength,
                                    PVOID Output, ULONG OutputLength)
{
    BOOLEAN Done = TRUE;
    __try {
        IopSetControlBuffers(Irp, IoControlCode, Input, InputLength, Output, OutputLength);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Done = FALSE;
    }
    return Done;
}

PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
                                         ULONG Length, PLARGE_INTEGER StartingOffset,
                                         PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE);
    if (Irp == NULL) {
        return NULL;
    }
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->UserIosb = IoStatusBlock;
    Stack->MajorFunction = (UCHAR)MajorFunction;
    if (MajorFunction == IRP_MJ_READ || MajorFunction == IRP_MJ_WRITE) {
        if (!IopTryTransferBuffer(Irp, DeviceObject, (UCHAR)MajorFunction, Buffer, Length)) {
            IopAbandonIrp(Irp);
            return NULL;
        }
        // Read and Write have the same layout.
        Stack->Parameters.Read.Length = Length;
        if (StartingOffset != NULL) {
            Stack->Parameters.Read.ByteOffset = *StartingOffset;
        }
    }
    return Irp;
}

PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
                                        ULONG Length, PLARGE_INTEGER StartingOffset, PKEVENT Event,
                                        PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP Irp = IoBuildAsynchronousFsdRequest(MajorFunction, DeviceObject, Buffer, Length, StartingOffset,
                                             IoStatusBlock);
    if (Irp != NULL) {
        Irp->UserEvent = Event;
        IopQueueThreadIrp(Irp);
    }
    return Irp;
}

PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer,
                                         ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl,
                                         PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    PIRP Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE);
    if (Irp == NULL) {
        return NULL;
    }
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    Stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    Stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    Stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
    if (!IopTryControlBuffers(Irp, IoControlCode, InputBuffer, InputBufferLength, OutputBuffer,
                              OutputBufferLength)) {
        IopAbandonIrp(Irp);
        return NULL;
    }
    Irp->UserIosb = IoStatusBlock;
    Irp->UserEvent = Event;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    IopQueueThreadIrp(Irp);
    return Irp;
}
