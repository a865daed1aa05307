// SPDX-License-Identifier: MIT
// Devices for test drivers, each of a driver of its own that is made for it, with dispatch routines that a
// test chooses.
#ifndef KMODE_TESTS_KERNEL_IO_DEVICE_H
#define KMODE_TESTS_KERNEL_IO_DEVICE_H

#include "../thread.h"

NTKERNELAPI NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName,
                                          PDRIVER_INITIALIZE InitializationFunction);
NTKERNELAPI VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT DriverObject);

static PDRIVER_OBJECT TestNewDriver;

static NTSTATUS NTAPI TestDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    TestNewDriver = DriverObject;
    return STATUS_SUCCESS;
}

// A device of the driver \Driver\<DriverName>, named DeviceName if that is not NULL, ready for use.
static __attribute__((unused)) PDEVICE_OBJECT MakeDevice(PCWSTR DriverName, PCWSTR DeviceName, ULONG Flags)
{
    WCHAR Buffer[64] = L"\\Driver\\";
    UNICODE_STRING Name = {16, sizeof(Buffer), Buffer}, Device;
    PDEVICE_OBJECT DeviceObject;
    RtlAppendUnicodeToString(&Name, DriverName);
    NTSTATUS Status = IoCreateDriver(&Name, TestDriverEntry);
    if (NT_SUCCESS(Status)) {
        RtlInitUnicodeString(&Device, DeviceName);
        Status = IoCreateDevice(TestNewDriver, 32, DeviceName != NULL ? &Device : NULL, FILE_DEVICE_UNKNOWN,
                                0, FALSE, &DeviceObject);
    }
    if (!NT_SUCCESS(Status)) {
        IS(Status, STATUS_SUCCESS);
        return NULL;
    }
    DeviceObject->Flags |= Flags;
    DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    return DeviceObject;
}

static __attribute__((unused)) VOID DispatchOf(PDEVICE_OBJECT DeviceObject, ULONG MajorFunction,
                                               PDRIVER_DISPATCH Routine)
{
    DeviceObject->DriverObject->MajorFunction[MajorFunction] = Routine;
}

// Deletes a device of MakeDevice, and its driver.
static __attribute__((unused)) VOID DeleteDevice(PDEVICE_OBJECT DeviceObject)
{
    PDRIVER_OBJECT DriverObject = DeviceObject->DriverObject;
    IoDeleteDevice(DeviceObject);
    IoDeleteDriver(DriverObject);
}

static __attribute__((unused)) NTSTATUS NTAPI SucceedRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

#endif
