// SPDX-License-Identifier: MIT
// A device that references the event whose handle it is given, as user mode's or as the kernel's.
#include <ntifs.h>

#define REFERENCE_AS_USER   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define REFERENCE_AS_KERNEL CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define REFERENCE_OWN       CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\UserHandle");

static NTSTATUS Reference(HANDLE Handle, POBJECT_TYPE Type, KPROCESSOR_MODE Mode)
{
    PVOID Object;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, Type, Mode, &Object, NULL);
    if (NT_SUCCESS(Status)) {
        ObDereferenceObject(Object);
    }
    return Status;
}

// The current thread, by a handle of the kernel's and by the pseudo handle.
static NTSTATUS ReferenceOwn(VOID)
{
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByPointer(PsGetCurrentThread(), OBJ_KERNEL_HANDLE, NULL, SYNCHRONIZE,
                                            *PsThreadType, KernelMode, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = Reference(Handle, *PsThreadType, KernelMode);
        ZwClose(Handle);
    }
    return NT_SUCCESS(Status) ? Reference(ZwCurrentThread(), *PsThreadType, KernelMode) : Status;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Stack->Parameters.DeviceIoControl.InputBufferLength == sizeof(HANDLE)) {
        HANDLE Handle = *(PHANDLE)Irp->AssociatedIrp.SystemBuffer;
        ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode;
        Status = Code == REFERENCE_OWN ? ReferenceOwn()
                                       : Reference(Handle, *ExEventObjectType,
                                                   Code == REFERENCE_AS_USER ? UserMode : KernelMode);
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = Unload;
    return IoCreateDevice(DriverObject, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &DeviceObject);
}
