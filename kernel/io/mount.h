// SPDX-License-Identifier: MIT
// Registered file systems, and the volumes that they mount.
#ifndef KMODE_IO_MOUNT_H
#define KMODE_IO_MOUNT_H

// ---- Registered file systems (io/file-system.c)

VOID IopInitializeFileSystems(VOID);

// Held shared while the queues are walked, exclusively while they change: a caller within a critical region.
extern ERESOURCE IopFileSystemLock;

// The queue of the control devices that may mount what is on DeviceObject, linked by Queue.ListEntry. NULL:
// no file system can.
PLIST_ENTRY IopFileSystemQueue(const DEVICE_OBJECT *DeviceObject);

// ---- Volumes (io/mount.c)

// Mounts what is on DeviceObject, which has a VPB, unless that has been done, and refers to its VPB for an
// open file, which IopDereferenceVpb ends. Raw: the open is of the volume as a whole, for which no file
// system is needed: *Vpb is NULL then, if none is there. STATUS_UNRECOGNIZED_VOLUME, STATUS_ACCESS_DENIED if
// the volume is locked, STATUS_INSUFFICIENT_RESOURCES, what a file system says of a device that fails.
NTSTATUS IopReferenceVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN Raw, PVPB *Vpb);

// The last reference of a VPB that its device has no more frees it. IRQL <= DISPATCH_LEVEL.
VOID IopDereferenceVpb(PVPB Vpb);

#endif
