// SPDX-License-Identifier: MIT
// Stacks of devices: attached, detached, walked up and down.
#include "inc/kernel.h"

PDEVICE_OBJECT IopTopOfStack(PDEVICE_OBJECT DeviceObject)
{
    while (DeviceObject->AttachedDevice != NULL) {
        DeviceObject = DeviceObject->AttachedDevice;
    }
    return DeviceObject;
}

// The database is locked. Deleted, removed, or its driver being unloaded.
static BOOLEAN IopIsGoingAway(PDEVICE_OBJECT DeviceObject)
{
    return (IopDeviceExtension(DeviceObject)->ExtensionFlags & IOP_DEVICE_GOING_AWAY) != 0;
}

// *AttachedTo is written before anybody can send a request to SourceDevice through the stack.
static NTSTATUS IopAttach(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice,
                          PDEVICE_OBJECT *AttachedTo)
{
    KIRQL OldIrql = IopLockDatabase();
    PDEVICE_OBJECT Top = IopTopOfStack(TargetDevice);
    if ((Top->Flags & DO_DEVICE_INITIALIZING) || IopIsGoingAway(Top)) {
        IopUnlockDatabase(OldIrql);
        return STATUS_NO_SUCH_DEVICE;
    }
    *AttachedTo = Top;
    SourceDevice->StackSize = (CCHAR)(Top->StackSize + 1);
    SourceDevice->AlignmentRequirement = Top->AlignmentRequirement;
    SourceDevice->SectorSize = Top->SectorSize;
    if (IopDeviceExtension(Top)->ExtensionFlags & DOE_START_PENDING) {
        IopDeviceExtension(SourceDevice)->ExtensionFlags |= DOE_START_PENDING;
    }
    IopDeviceExtension(SourceDevice)->AttachedTo = Top;
    Top->AttachedDevice = SourceDevice;
    IopUnlockDatabase(OldIrql);
    return STATUS_SUCCESS;
}

PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice)
{
    PDEVICE_OBJECT AttachedTo;
    return NT_SUCCESS(IopAttach(SourceDevice, TargetDevice, &AttachedTo)) ? AttachedTo : NULL;
}

NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice,
                                               PDEVICE_OBJECT *AttachedToDeviceObject)
{
    return IopAttach(SourceDevice, TargetDevice, AttachedToDeviceObject);
}

// Windows 2000 had a way around the check of the target's name; here all three are one.
NTSTATUS NTAPI IoAttachDeviceByPointer(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice)
{
    PDEVICE_OBJECT AttachedTo;
    return IopAttach(SourceDevice, TargetDevice, &AttachedTo);
}

NTSTATUS NTAPI IoAttachDevice(PDEVICE_OBJECT SourceDevice, PUNICODE_STRING TargetDevice,
                              PDEVICE_OBJECT *AttachedDevice)
{
    HANDLE Handle;
    PFILE_OBJECT FileObject;
    NTSTATUS Status = IopOpenDevice(TargetDevice, FILE_READ_ATTRIBUTES, &Handle, &FileObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopAttach(SourceDevice, IoGetRelatedDeviceObject(FileObject), AttachedDevice);
    // The stack has SourceDevice in it by now, which gets cleanup and close of a file that it has not seen
    // opened.
    ZwClose(Handle);
    ObfDereferenceObject(FileObject);
    return Status;
}

VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice)
{
    KIRQL OldIrql = IopLockDatabase();
    PDEVICE_OBJECT Upper = TargetDevice->AttachedDevice;
    if (Upper != NULL) {
        IopDeviceExtension(Upper)->AttachedTo = NULL;
        TargetDevice->AttachedDevice = NULL;
    }
    BOOLEAN Unload = TargetDevice->ReferenceCount == 0 &&
                     (IopDeviceExtension(TargetDevice)->ExtensionFlags & DOE_UNLOAD_PENDING);
    IopUnlockDatabase(OldIrql);
    if (Unload) {
        IopUnloadIfUnused(TargetDevice->DriverObject);
    }
}

PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject)
{
    return IopTopOfStack(DeviceObject);
}

PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql = IopLockDatabase();
    PDEVICE_OBJECT Top = IopTopOfStack(DeviceObject);
    ObfReferenceObject(Top);
    IopUnlockDatabase(OldIrql);
    return Top;
}

PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql = IopLockDatabase();
    PDEVICE_OBJECT Lower = IopDeviceExtension(DeviceObject)->AttachedTo;
    if (IopIsGoingAway(DeviceObject) || (Lower != NULL && IopIsGoingAway(Lower))) {
        Lower = NULL;
    }
    if (Lower != NULL) {
        ObfReferenceObject(Lower);
    }
    IopUnlockDatabase(OldIrql);
    return Lower;
}

PDEVICE_OBJECT NTAPI IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql = IopLockDatabase();
    while (IopDeviceExtension(DeviceObject)->AttachedTo != NULL) {
        DeviceObject = IopDeviceExtension(DeviceObject)->AttachedTo;
    }
    ObfReferenceObject(DeviceObject);
    IopUnlockDatabase(OldIrql);
    return DeviceObject;
}

// The device on which a file's requests start: that of its volume's file system, if one is mounted.
PDEVICE_OBJECT NTAPI IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject)
{
    if (FileObject->Vpb != NULL && FileObject->Vpb->DeviceObject != NULL) {
        return FileObject->Vpb->DeviceObject;
    }
    PVPB Vpb = FileObject->DeviceObject->Vpb;
    if (!(FileObject->Flags & FO_DIRECT_DEVICE_OPEN) && Vpb != NULL && Vpb->DeviceObject != NULL) {
        return Vpb->DeviceObject;
    }
    return FileObject->DeviceObject;
}

PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject)
{
    // Opened with a device as hint, it goes no higher than that one.
    PDEVICE_OBJECT Hint = IopFileHint(FileObject);
    return Hint != NULL ? Hint : IopTopOfStack(IoGetBaseFileSystemDeviceObject(FileObject));
}

NTSTATUS NTAPI IoGetRelatedTargetDevice(PFILE_OBJECT FileObject, PDEVICE_OBJECT *DeviceObject)
{
    PDEVICE_OBJECT Base = IoGetDeviceAttachmentBaseRef(FileObject->DeviceObject);
    if (IopDeviceExtension(Base)->DeviceNode == NULL) {
        // No bus driver's: nothing that the PnP manager knows.
        ObfDereferenceObject(Base);
        return STATUS_NO_SUCH_DEVICE;
    }
    *DeviceObject = Base;
    return STATUS_SUCCESS;
}

// ---- Volume parameter blocks

static KSPIN_LOCK IopVpbLock;

VOID NTAPI IoAcquireVpbSpinLock(PKIRQL Irql)
{
    KeAcquireSpinLock(&IopVpbLock, Irql);
}

VOID NTAPI IoReleaseVpbSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&IopVpbLock, Irql);
}

PDEVICE_OBJECT NTAPI IoGetDeviceToVerify(PETHREAD Thread)
{
    return Thread->DeviceToVerify;
}

VOID NTAPI IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject)
{
    Thread->DeviceToVerify = DeviceObject;
}
