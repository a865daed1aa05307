// SPDX-License-Identifier: MIT
// Filters: devices that stand above one that has a name, and pass on what they do not handle.
#include "device/device.h"

static NTSTATUS NTAPI Begin(PKM_DEVICE Device, const KM_DEVICE_ENTRY *Entry)
{
    PDEVICE_OBJECT Target;
    PFILE_OBJECT FileObject;
    UNICODE_STRING Name;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Entry->Text);
    Status = IoGetDeviceObjectPointer(&Name, FILE_READ_ATTRIBUTES, &FileObject, &Target);
    if (!NT_SUCCESS(Status)) {
        KmpTellFailure(Device->Entries, Entry, NULL, Status);
        return Status;
    }
    // Before it is attached: requests come at once, transferred as the flags of the top device say.
    KmpInherit(Device->DeviceObject, Target);
    Status = IoAttachDeviceToDeviceStackSafe(Device->DeviceObject, Target, &Device->Lower);
    if (NT_SUCCESS(Status)) {
        // For requests that are under way when the filter is not above it any more.
        ObReferenceObject(Device->Lower);
    }
    ObDereferenceObject(FileObject);
    return Status;
}

static VOID NTAPI Detach(PKM_DEVICE Device)
{
    IoDetachDevice(Device->Lower);
}

static VOID NTAPI End(PKM_DEVICE Device)
{
    ObDereferenceObject(Device->Lower);
    Device->Lower = NULL;
}

static BOOLEAN NTAPI PassOn(PKM_DEVICE Device, PIRP Irp, NTSTATUS *Status)
{
    *Status = KmpRundownAcquire(&Device->Requests) ? KmpPassDown(Device, Irp)
                                                   : KmpCompleteIrp(Irp, STATUS_DELETE_PENDING);
    return TRUE;
}

const KMP_DEVICE_TRAIT KmpFilterTrait = {Begin, Detach, End, PassOn, &KmpPassedFiles, NULL, NULL, FALSE, 0};
