// SPDX-License-Identifier: MIT
// Volumes: mounted at the first open of what is on a device, verified when its medium may be another.
#include "inc/kernel.h"

static BOOLEAN IopIsMounted(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql;
    IoAcquireVpbSpinLock(&OldIrql);
    BOOLEAN Mounted = (DeviceObject->Vpb->Flags & VPB_MOUNTED) != 0;
    IoReleaseVpbSpinLock(OldIrql);
    return Mounted;
}

// What a request of this file is about.
typedef struct _IOP_VOLUME_REQUEST {
    UCHAR MinorFunction; // IRP_MN_MOUNT_VOLUME, _LOAD_FILE_SYSTEM, _VERIFY_VOLUME
    BOOLEAN AllowRaw;
    PVPB Vpb;
    PDEVICE_OBJECT DeviceObject;
} IOP_VOLUME_REQUEST;

// Asks the stack that FileSystem, a control device or a mounted volume, is in.
static NTSTATUS IopAskFileSystem(PDEVICE_OBJECT FileSystem, const IOP_VOLUME_REQUEST *Request)
{
    KEVENT Event;
    IO_STATUS_BLOCK IoStatus;
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(FileSystem);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    if (Irp == NULL) {
        goto DereferenceTop;
    }
    Irp->Flags = IRP_MOUNT_COMPLETION | IRP_SYNCHRONOUS_PAGING_IO;
    Irp->UserIosb = &IoStatus;
    Irp->UserEvent = &Event;
    Irp->RequestorMode = KernelMode;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_FILE_SYSTEM_CONTROL;
    Stack->MinorFunction = Request->MinorFunction;
    Stack->Flags = Request->AllowRaw ? SL_ALLOW_RAW_MOUNT : 0;
    // MountVolume and VerifyVolume have the same layout.
    Stack->Parameters.MountVolume.Vpb = Request->Vpb;
    Stack->Parameters.MountVolume.DeviceObject = Request->DeviceObject;
    Status = IofCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = IoStatus.Status;
    }
DereferenceTop:
    ObfDereferenceObject(Top);
    return Status;
}

C_ASSERT(FIELD_OFFSET(IO_STACK_LOCATION, Parameters.MountVolume.DeviceObject) ==
         FIELD_OFFSET(IO_STACK_LOCATION, Parameters.VerifyVolume.DeviceObject));

static VOID IopNoteMount(PVPB Vpb)
{
    KIRQL OldIrql;
    IoAcquireVpbSpinLock(&OldIrql);
    Vpb->Flags |= VPB_MOUNTED;
    Vpb->ReferenceCount += 1; // the mount's
    if (Vpb->DeviceObject != NULL) {
        IopDeviceExtension(Vpb->DeviceObject)->Vpb = Vpb;
    }
    IoReleaseVpbSpinLock(OldIrql);
}

// TRUE: *FileSystem, a recognizer, knows the volume and is to bring its file system, which registers itself.
static BOOLEAN IopSearchFileSystem(PLIST_ENTRY Queue, const IOP_VOLUME_REQUEST *Request,
                                   PDEVICE_OBJECT *FileSystem, NTSTATUS *Status)
{
    for (PLIST_ENTRY Link = Queue->Flink; Link != Queue; Link = Link->Flink) {
        *FileSystem = CONTAINING_RECORD(Link, DEVICE_OBJECT, Queue.ListEntry);
        *Status = IopAskFileSystem(*FileSystem, Request);
        if (*Status == STATUS_FS_DRIVER_REQUIRED) {
            ObfReferenceObject(*FileSystem);
            return TRUE;
        }
        // A device that fails fails for the others too.
        if (NT_SUCCESS(*Status) || FsRtlIsTotalDeviceFailure(*Status)) {
            return FALSE;
        }
    }
    // What one of them has said about a volume that it could not read is not what the caller is told.
    *Status = STATUS_UNRECOGNIZED_VOLUME;
    return FALSE;
}

// How often a recognizer may bring a file system that then does not take the volume.
#define IOP_LOADS 8

// Asks one file system behind the other. The device's lock is held.
static NTSTATUS IopMount(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRaw)
{
    NTSTATUS Status = STATUS_UNRECOGNIZED_VOLUME;
    PDEVICE_OBJECT FileSystem;
    BOOLEAN Load = TRUE;
    PLIST_ENTRY Queue = IopFileSystemQueue(DeviceObject);
    for (ULONG Loads = 0; Queue != NULL && Load && Loads < IOP_LOADS; Loads += 1) {
        PDEVICE_OBJECT Target = IoGetAttachedDeviceReference(DeviceObject);
        IOP_VOLUME_REQUEST Request = {IRP_MN_MOUNT_VOLUME, AllowRaw, DeviceObject->Vpb, Target};
        KeEnterCriticalRegion();
        ExAcquireResourceSharedLite(&IopFileSystemLock, TRUE);
        Load = IopSearchFileSystem(Queue, &Request, &FileSystem, &Status);
        ExReleaseResourceLite(&IopFileSystemLock);
        KeLeaveCriticalRegion();
        if (NT_SUCCESS(Status)) {
            IopNoteMount(Request.Vpb);
        }
        ObfDereferenceObject(Target);
        if (Load) {
            // Not with the lock, which the file system takes to register.
            Request = (IOP_VOLUME_REQUEST){.MinorFunction = IRP_MN_LOAD_FILE_SYSTEM};
            IopAskFileSystem(FileSystem, &Request);
            ObfDereferenceObject(FileSystem);
            Status = STATUS_UNRECOGNIZED_VOLUME;
        }
    }
    return Status;
}

static VOID IopLockDevice(PDEVICE_OBJECT DeviceObject)
{
    KeWaitForSingleObject(&DeviceObject->DeviceLock, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS IopMountOnce(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRaw)
{
    NTSTATUS Status = STATUS_SUCCESS;
    IopLockDevice(DeviceObject);
    if (!IopIsMounted(DeviceObject)) {
        Status = IopMount(DeviceObject, AllowRaw);
    }
    KeSetEvent(&DeviceObject->DeviceLock, 0, FALSE);
    return Status;
}

// FALSE: it is not mounted any more.
static BOOLEAN IopTryReferenceVpb(PDEVICE_OBJECT DeviceObject, PVPB *Vpb, NTSTATUS *Status)
{
    KIRQL OldIrql;
    BOOLEAN Mounted = FALSE;
    *Status = STATUS_SUCCESS;
    IoAcquireVpbSpinLock(&OldIrql);
    if (DeviceObject->Vpb->Flags & VPB_LOCKED) {
        *Status = STATUS_ACCESS_DENIED;
    } else if (DeviceObject->Vpb->Flags & VPB_MOUNTED) {
        *Vpb = DeviceObject->Vpb;
        (*Vpb)->ReferenceCount += 1;
        Mounted = TRUE;
    }
    IoReleaseVpbSpinLock(OldIrql);
    return Mounted;
}

NTSTATUS IopReferenceVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN Raw, PVPB *Vpb)
{
    NTSTATUS Status;
    *Vpb = NULL;
    while (!IopTryReferenceVpb(DeviceObject, Vpb, &Status) && NT_SUCCESS(Status)) {
        Status = IopMountOnce(DeviceObject, Raw);
        if (Status == STATUS_UNRECOGNIZED_VOLUME && Raw) {
            return STATUS_SUCCESS;
        }
        if (!NT_SUCCESS(Status)) {
            break;
        }
    }
    return Status;
}

VOID IopDereferenceVpb(PVPB Vpb)
{
    KIRQL OldIrql;
    IoAcquireVpbSpinLock(&OldIrql);
    Vpb->ReferenceCount -= 1;
    BOOLEAN Free = Vpb->ReferenceCount == 0 && Vpb->RealDevice->Vpb != Vpb && !(Vpb->Flags & VPB_PERSISTENT);
    IoReleaseVpbSpinLock(OldIrql);
    if (Free) {
        ExFreePool(Vpb); // a file system's, with a tag of its own, maybe
    }
}

NTSTATUS NTAPI IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount)
{
    NTSTATUS Status = STATUS_SUCCESS, MountStatus = STATUS_SUCCESS;
    IopLockDevice(DeviceObject);
    PVPB Vpb = DeviceObject->Vpb;
    BOOLEAN Mounted = IopIsMounted(DeviceObject);
    if (Mounted) {
        IOP_VOLUME_REQUEST Request = {IRP_MN_VERIFY_VOLUME, AllowRawMount, Vpb, Vpb->DeviceObject};
        Status = IopAskFileSystem(Vpb->DeviceObject, &Request);
    }
    // The file system of a wrong volume has dismounted it, or given the device another VPB.
    if (!Mounted || Status == STATUS_WRONG_VOLUME) {
        if (!IopIsMounted(DeviceObject)) {
            MountStatus = IopMount(DeviceObject, AllowRawMount);
        }
        if (!Mounted || !NT_SUCCESS(MountStatus)) {
            Status = MountStatus;
        }
    }
    KeSetEvent(&DeviceObject->DeviceLock, 0, FALSE);
    return Status;
}
