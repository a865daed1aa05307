// SPDX-License-Identifier: MIT
// A device that opens, or makes, a key as its caller may.
#include <ntifs.h>

#define OPEN_KEY   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define CREATE_KEY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Sets the value "User" of the caller's own key Software.
#define MARK_USER  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

// The input: the access, and the key's path.
typedef struct _OPEN {
    ACCESS_MASK Access;
    WCHAR Path[1];
} OPEN;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\RegistryAccess");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\RegistryAccess");

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS Open(const OPEN *Wanted, ULONG Bytes, BOOLEAN Create)
{
    HANDLE Key;
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Path = {(USHORT)(Bytes - FIELD_OFFSET(OPEN, Path)), (USHORT)Bytes, (PWCH)Wanted->Path};
    InitializeObjectAttributes(&Attributes, &Path,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE | OBJ_FORCE_ACCESS_CHECK, NULL, NULL);
    NTSTATUS Status = Create ? ZwCreateKey(&Key, Wanted->Access, &Attributes, 0, NULL, 0, NULL)
                             : ZwOpenKey(&Key, Wanted->Access, &Attributes);
    if (NT_SUCCESS(Status)) {
        if (Create) {
            ZwDeleteKey(Key);
        }
        ZwClose(Key);
    }
    return Status;
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Bytes = Stack->Parameters.DeviceIoControl.InputBufferLength;
    NTSTATUS Status = STATUS_INVALID_PARAMETER;
    if (Stack->Parameters.DeviceIoControl.IoControlCode == MARK_USER) {
        ULONG Mark = 1;
        Status =
            RtlWriteRegistryValue(RTL_REGISTRY_USER, L"Software", L"User", REG_DWORD, &Mark, sizeof(Mark));
    } else if (Bytes >= FIELD_OFFSET(OPEN, Path)) {
        Status = Open(Irp->AssociatedIrp.SystemBuffer, Bytes,
                      Stack->Parameters.DeviceIoControl.IoControlCode == CREATE_KEY);
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
        if (!NT_SUCCESS(Status)) {
            IoDeleteDevice(Device);
        }
    }
    return Status;
}
