// SPDX-License-Identifier: MIT
// The upper one of two drivers: attaches to the lower one's device, and leaves it when it is unloaded.
#include <ntddk.h>

static PDEVICE_OBJECT Upper, Lower;

static NTSTATUS NTAPI Pass(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("upper unloads\n");
    IoDetachDevice(Lower);
    IoDeleteDevice(Upper);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PFILE_OBJECT FileObject;
    PDEVICE_OBJECT Target;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\StackLower");
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Upper);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoGetDeviceObjectPointer(&Name, FILE_READ_ATTRIBUTES, &FileObject, &Target);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Upper);
        return Status;
    }
    for (ULONG Function = 0; Function <= IRP_MJ_MAXIMUM_FUNCTION; Function += 1) {
        DriverObject->MajorFunction[Function] = Pass;
    }
    DriverObject->DriverUnload = Unload;
    Lower = IoAttachDeviceToDeviceStack(Upper, Target);
    ObDereferenceObject(FileObject);
    Upper->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
