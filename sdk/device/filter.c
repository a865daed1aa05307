// SPDX-License-Identifier: MIT
// Filters: devices that stand above one that has a name, and pass on what they do not handle.
#include "device/device.h"

static NTSTATUS NTAPI Begin(PKM_DEVICE Device, const KM_DEVICE_ENTRY *Entry)
{
    const ULONG Inherited = DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE;
    PDEVICE_OBJECT DeviceObject = Device->DeviceObject, Target;
    PFILE_OBJECT FileObject;
    UNICODE_STRING Name;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Entry->Text);
    Status = IoGetDeviceObjectPointer(&Name, FILE_READ_ATTRIBUTES, &FileObject, &Target);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoAttachDeviceToDeviceStackSafe(DeviceObject, Target, &Device->Lower);
    if (NT_SUCCESS(Status)) {
        DeviceObject->Flags = (DeviceObject->Flags & ~Inherited) | (Device->Lower->Flags & Inherited);
        DeviceObject->DeviceType = Device->Lower->DeviceType;
        DeviceObject->Characteristics |= Device->Lower->Characteristics;
    }
    ObDereferenceObject(FileObject);
    return Status;
}

static VOID NTAPI End(PKM_DEVICE Device)
{
    IoDetachDevice(Device->Lower);
    Device->Lower = NULL;
}

static BOOLEAN NTAPI PassOn(PKM_DEVICE Device, PIRP Irp, NTSTATUS *Status)
{
    IoSkipCurrentIrpStackLocation(Irp);
    *Status = IoCallDriver(Device->Lower, Irp);
    return TRUE;
}

const KMP_DEVICE_TRAIT KmpFilterTrait = {Begin, End, PassOn, TRUE, NULL, FALSE};
