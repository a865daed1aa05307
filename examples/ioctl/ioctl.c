// SPDX-License-Identifier: MIT
// A device that gets data in each of the four ways in which a control code can have them transferred.
#include <ntddk.h>

#include "ioctl.h"

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Transfer");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Transfer");

// METHOD_BUFFERED: one buffer of the kernel's, which holds the input first and the output later.
static NTSTATUS Reverse(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PUCHAR Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG Bytes = Stack->Parameters.DeviceIoControl.InputBufferLength;
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < Bytes) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    for (ULONG Index = 0; Index < Bytes / 2; Index += 1) {
        UCHAR Byte = Buffer[Index];
        Buffer[Index] = Buffer[Bytes - 1 - Index];
        Buffer[Bytes - 1 - Index] = Byte;
    }
    Irp->IoStatus.Information = Bytes;
    return STATUS_SUCCESS;
}

static PUCHAR MappedBuffer(PIRP Irp)
{
    return Irp->MdlAddress == NULL
               ? NULL
               : MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
}

// METHOD_IN_DIRECT: the second buffer is locked, and is there to be read.
static NTSTATUS Sum(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PUCHAR Data = MappedBuffer(Irp);
    ULONG Total = 0;
    if (Data == NULL) {
        return Irp->MdlAddress == NULL ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; Index < Stack->Parameters.DeviceIoControl.OutputBufferLength; Index += 1) {
        Total += Data[Index];
    }
    DbgPrint("sum of %lu bytes: %lu\n", Stack->Parameters.DeviceIoControl.OutputBufferLength, Total);
    return STATUS_SUCCESS;
}

// METHOD_OUT_DIRECT: the second buffer is locked, and is there to be written.
static NTSTATUS Fill(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PUCHAR Data = MappedBuffer(Irp);
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(UCHAR)) {
        return STATUS_INVALID_BUFFER_SIZE;
    }
    if (Data == NULL) {
        return Irp->MdlAddress == NULL ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->IoStatus.Information = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    RtlFillMemory(Data, Irp->IoStatus.Information, *(PUCHAR)Irp->AssociatedIrp.SystemBuffer);
    return STATUS_SUCCESS;
}

// METHOD_NEITHER: nothing but the caller's addresses, which may be wrong, or become so at any time.
static NTSTATUS Upper(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PCHAR Input = Stack->Parameters.DeviceIoControl.Type3InputBuffer, Output = Irp->UserBuffer;
    ULONG Bytes = min(Stack->Parameters.DeviceIoControl.InputBufferLength,
                      Stack->Parameters.DeviceIoControl.OutputBufferLength);
    __try {
        ProbeForRead(Input, Bytes, 1);
        ProbeForWrite(Output, Bytes, 1);
        for (ULONG Index = 0; Index < Bytes; Index += 1) {
            Output[Index] = RtlUpperChar(Input[Index]);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    Irp->IoStatus.Information = Bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    if (!NT_SUCCESS(Status)) {
        Irp->IoStatus.Information = 0;
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static DRIVER_DISPATCH CreateClose;
static NTSTATUS CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    return Complete(Irp, STATUS_SUCCESS);
}

static DRIVER_DISPATCH DeviceControl;
static NTSTATUS DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_TRANSFER_REVERSE: return Complete(Irp, Reverse(Irp, Stack));
    case IOCTL_TRANSFER_SUM: return Complete(Irp, Sum(Irp, Stack));
    case IOCTL_TRANSFER_FILL: return Complete(Irp, Fill(Irp, Stack));
    case IOCTL_TRANSFER_UPPER: return Complete(Irp, Upper(Irp, Stack));
    default: return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}

static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
