// SPDX-License-Identifier: MIT
// A provider of WMI data that leaves its IRPs to WMILIB.SYS: two lamps with a brightness each, and a method.
#include <ntddk.h>
#include <wmilib.h>
#include <wmistr.h>

#define LAMPS 2

static GUID LampGuid = {0x0d7a9c11, 0x51c5, 0x4d7e, {0x9b, 0x01, 0x3f, 0x6a, 0x11, 0x62, 0x5d, 0x77}};
static WMIGUIDREGINFO Guids[] = {{&LampGuid, LAMPS, 0}};
static UNICODE_STRING ServiceKey;
static PDEVICE_OBJECT Device;
static ULONG Brightness[LAMPS] = {10, 20};

static NTSTATUS QueryRegInfo(PDEVICE_OBJECT DeviceObject, PULONG RegFlags, PUNICODE_STRING InstanceName,
                             PUNICODE_STRING *RegistryPath, PUNICODE_STRING MofResourceName,
                             PDEVICE_OBJECT *Pdo)
{
    static const WCHAR Name[] = L"Lamp";
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(MofResourceName);
    UNREFERENCED_PARAMETER(Pdo);
    InstanceName->Buffer = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(Name), 'pmaL');
    if (InstanceName->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(InstanceName->Buffer, Name, sizeof(Name));
    InstanceName->Length = sizeof(Name) - sizeof(WCHAR);
    InstanceName->MaximumLength = sizeof(Name);
    *RegFlags = WMIREG_FLAG_INSTANCE_BASENAME;
    *RegistryPath = &ServiceKey;
    return STATUS_SUCCESS;
}

static NTSTATUS QueryBlock(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, ULONG InstanceIndex,
                           ULONG InstanceCount, PULONG Lengths, ULONG Room, PUCHAR Buffer)
{
    ULONG Bytes = (InstanceCount - 1) * 8 + sizeof(ULONG);
    UNREFERENCED_PARAMETER(GuidIndex);
    if (Room < Bytes) {
        return WmiCompleteRequest(DeviceObject, Irp, STATUS_BUFFER_TOO_SMALL, Bytes, IO_NO_INCREMENT);
    }
    for (ULONG Index = 0; Index < InstanceCount; Index += 1) {
        Lengths[Index] = sizeof(ULONG);
        *(PULONG)(Buffer + Index * 8) = Brightness[InstanceIndex + Index];
    }
    return WmiCompleteRequest(DeviceObject, Irp, STATUS_SUCCESS, Bytes, IO_NO_INCREMENT);
}

static NTSTATUS SetBlock(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, ULONG InstanceIndex,
                         ULONG BufferSize, PUCHAR Buffer)
{
    NTSTATUS Status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(GuidIndex);
    if (BufferSize != sizeof(ULONG)) {
        Status = STATUS_WMI_SET_FAILURE;
    } else {
        Brightness[InstanceIndex] = *(PULONG)Buffer;
    }
    return WmiCompleteRequest(DeviceObject, Irp, Status, 0, IO_NO_INCREMENT);
}

static NTSTATUS SetItem(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, ULONG InstanceIndex,
                        ULONG DataItemId, ULONG BufferSize, PUCHAR Buffer)
{
    if (DataItemId != 1) {
        return WmiCompleteRequest(DeviceObject, Irp, STATUS_WMI_ITEMID_NOT_FOUND, 0, IO_NO_INCREMENT);
    }
    return SetBlock(DeviceObject, Irp, GuidIndex, InstanceIndex, BufferSize, Buffer);
}

// Method 1 makes the lamp brighter by its input, and answers how bright it is, twice.
static NTSTATUS Execute(PDEVICE_OBJECT DeviceObject, PIRP Irp, ULONG GuidIndex, ULONG InstanceIndex,
                        ULONG MethodId, ULONG InBufferSize, ULONG OutBufferSize, PUCHAR Buffer)
{
    PULONG Values = (PULONG)Buffer;
    UNREFERENCED_PARAMETER(GuidIndex);
    if (MethodId != 1 || InBufferSize != sizeof(ULONG)) {
        return WmiCompleteRequest(DeviceObject, Irp, STATUS_WMI_ITEMID_NOT_FOUND, 0, IO_NO_INCREMENT);
    }
    if (OutBufferSize < 2 * sizeof(ULONG)) {
        return WmiCompleteRequest(DeviceObject, Irp, STATUS_BUFFER_TOO_SMALL, 2 * sizeof(ULONG),
                                  IO_NO_INCREMENT);
    }
    Brightness[InstanceIndex] += Values[0];
    Values[0] = Values[1] = Brightness[InstanceIndex];
    return WmiCompleteRequest(DeviceObject, Irp, STATUS_SUCCESS, 2 * sizeof(ULONG), IO_NO_INCREMENT);
}

static WMILIB_CONTEXT Library = {1, Guids, QueryRegInfo, QueryBlock, SetBlock, SetItem, Execute, NULL};

static NTSTATUS SystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    SYSCTL_IRP_DISPOSITION Disposition;
    NTSTATUS Status = WmiSystemControl(&Library, DeviceObject, Irp, &Disposition);
    if (Disposition != IrpProcessed) {
        Status = Irp->IoStatus.Status;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
    }
    return Status;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoWMIRegistrationControl(Device, WMIREG_ACTION_DEREGISTER);
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = SystemControl;
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (NT_SUCCESS(Status)) {
        Status = IoWMIRegistrationControl(Device, WMIREG_ACTION_REGISTER);
    }
    return Status;
}
