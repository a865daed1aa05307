// SPDX-License-Identifier: MIT
// Drivers with a mistake in how they handle a request: a device, and a client in the same driver that sends
// one METHOD_BUFFERED control with 8 bytes in and room for 8 bytes out to Control, which the test defines.
#ifndef KMODE_TESTS_IRP_BUG_H
#define KMODE_TESTS_IRP_BUG_H

#define DriverEntry BugDriverEntry
#include "bug.h"
#undef DriverEntry

#define IOCTL_BUG CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

static PDEVICE_OBJECT BugDevice;

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp);

static __attribute__((unused)) NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI OpenOrClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS SendControl(PUNICODE_STRING Name)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    HANDLE Handle;
    ULONG64 Input = 7, Output = 0;
    InitializeObjectAttributes(&Attributes, Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwOpenFile(&Handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &IoStatus,
                                 0, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &IoStatus, IOCTL_BUG, &Input, sizeof(Input), &Output,
                          sizeof(Output));
    return ZwClose(Handle);
}

static VOID NTAPI UnloadDevice(PDRIVER_OBJECT DriverObject)
{
    Unload(DriverObject);
    IoDeleteDevice(BugDevice);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Bug");
    UNREFERENCED_PARAMETER(RegistryPath);
    Bug();
    DriverObject->DriverUnload = UnloadDevice;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = OpenOrClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = OpenOrClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = OpenOrClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &BugDevice);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BugDevice->Flags &= ~DO_DEVICE_INITIALIZING;
    Status = SendControl(&Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(BugDevice);
    }
    return Status;
}

static void Bug(void)
{
}

#endif
