// SPDX-License-Identifier: MIT
// A device that is given nothing but addresses of its client, and shares a page with it.
#include <kmode.h>
#include "memory.h"

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Memory");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Memory");
static KM_SECTION Section;
static KM_VIEW InSystem, InProgram;

static NTSTATUS Length(PVOID Input, PVOID Output)
{
    CHAR Text[64];
    SIZE_T Bytes;
    NTSTATUS Status = KmUserCaptureText(Input, Text, sizeof(Text), &Bytes);
    return NT_SUCCESS(Status) ? KmUserWrite32(Output, (ULONG)Bytes) : Status;
}

static NTSTATUS Fill(PVOID Input, PVOID Output, ULONG Bytes)
{
    KM_LOCKED_PAGES Pages;
    PVOID Mapping;
    UCHAR Byte;
    KM_SCOPE {
        KmScopedGuard(Guard);
        NTSTATUS Status = KmUserRead8(Input, &Byte);
        if (NT_SUCCESS(Status)) {
            Status = KmGuardLockedPages(Guard, &Pages, Output, Bytes, UserMode, IoWriteAccess);
        }
        if (NT_SUCCESS(Status)) {
            Status = KmMapLockedPages(&Pages, &Mapping);
        }
        if (NT_SUCCESS(Status)) {
            RtlFillMemory(Mapping, Bytes, Byte);
        }
        return Status; // what is locked is unlocked
    }
    KM_SCOPE_END
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Input = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
    ULONG Bytes = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    NTSTATUS Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Stack->MajorFunction == IRP_MJ_CREATE) { // by one at a time: the device is exclusive
        Status = KmSectionMapInProcess(&Section, NULL, 0, 0, PAGE_READONLY, &InProgram);
    } else if (Stack->MajorFunction == IRP_MJ_CLEANUP) {
        KmViewUnmap(&InProgram);
    } else if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
        case IOCTL_MEMORY_LENGTH: Status = Length(Input, Irp->UserBuffer); break;
        case IOCTL_MEMORY_FILL: Status = Fill(Input, Irp->UserBuffer, Bytes); break;
        case IOCTL_MEMORY_SHARE: Status = KmUserWritePointer(Irp->UserBuffer, InProgram.Address); break;
        default: Status = STATUS_INVALID_DEVICE_REQUEST;
        }
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information =
        NT_SUCCESS(Status) && Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL ? Bytes : 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    KmViewUnmap(&InSystem);
    KmSectionClose(&Section);
    if (DriverObject->DeviceObject != NULL) {
        (void)IoDeleteSymbolicLink(&LinkName);
        IoDeleteDevice(DriverObject->DeviceObject);
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    NTSTATUS Status = KmSectionCreate(&Section, PAGE_SIZE);
    if (NT_SUCCESS(Status)) {
        Status = KmSectionMapInSystem(&Section, &InSystem);
    }
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(InSystem.Address, MEMORY_GREETING, sizeof(MEMORY_GREETING));
        Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, TRUE, &Device);
    }
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    }
    if (!NT_SUCCESS(Status)) {
        Unload(DriverObject); // what is not there is nothing to undo
    }
    return Status;
}
