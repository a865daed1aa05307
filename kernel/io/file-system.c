// SPDX-License-Identifier: MIT
// File systems that have registered, and the filters that are told of them.
#include "inc/kernel.h"

typedef struct _IOP_FS_NOTIFICATION {
    LIST_ENTRY Link;
    PDRIVER_OBJECT DriverObject; // referenced
    PDRIVER_FS_NOTIFICATION Routine;
} IOP_FS_NOTIFICATION, *PIOP_FS_NOTIFICATION;

ERESOURCE IopFileSystemLock;

// Control devices, that which is asked first in front, by the kind of volume that they mount.
static struct {
    DEVICE_TYPE Type;
    LIST_ENTRY Queue;
} IopFileSystems[] = {
    {.Type = FILE_DEVICE_DISK_FILE_SYSTEM},
    {.Type = FILE_DEVICE_CD_ROM_FILE_SYSTEM},
    {.Type = FILE_DEVICE_NETWORK_FILE_SYSTEM},
};

static const struct {
    DEVICE_TYPE Device, FileSystem;
} IopMountedBy[] = {
    {FILE_DEVICE_DISK, FILE_DEVICE_DISK_FILE_SYSTEM},
    {FILE_DEVICE_VIRTUAL_DISK, FILE_DEVICE_DISK_FILE_SYSTEM},
    {FILE_DEVICE_CD_ROM, FILE_DEVICE_CD_ROM_FILE_SYSTEM},
};

static LIST_ENTRY IopFsNotifications = {&IopFsNotifications, &IopFsNotifications};

VOID IopInitializeFileSystems(VOID)
{
    ExInitializeResourceLite(&IopFileSystemLock);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopFileSystems); Index += 1) {
        InitializeListHead(&IopFileSystems[Index].Queue);
    }
}

static PLIST_ENTRY IopQueueOfType(DEVICE_TYPE Type)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopFileSystems); Index += 1) {
        if (IopFileSystems[Index].Type == Type) {
            return &IopFileSystems[Index].Queue;
        }
    }
    return NULL;
}

PLIST_ENTRY IopFileSystemQueue(const DEVICE_OBJECT *DeviceObject)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopMountedBy); Index += 1) {
        if (IopMountedBy[Index].Device == DeviceObject->DeviceType) {
            return IopQueueOfType(IopMountedBy[Index].FileSystem);
        }
    }
    return NULL;
}

static VOID IopLockFileSystems(VOID)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&IopFileSystemLock, TRUE);
}

static VOID IopUnlockFileSystems(VOID)
{
    ExReleaseResourceLite(&IopFileSystemLock);
    KeLeaveCriticalRegion();
}

static VOID IopCallFsNotification(PDRIVER_FS_NOTIFICATION Routine, PDEVICE_OBJECT DeviceObject,
                                  BOOLEAN Active)
{
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_FS_NOTIFICATION", Routine, 2, DeviceObject, (PVOID)(ULONG_PTR)Active);
    Routine(DeviceObject, Active);
    ViLeaveCallback(&Callback, 0);
}

// Those who come and go while they are told find the list whole: the lock is held, and their own calls do not
// wait for it.
static VOID IopTellOfFileSystem(PDEVICE_OBJECT DeviceObject, BOOLEAN Active)
{
    PLIST_ENTRY Next;
    for (PLIST_ENTRY Link = IopFsNotifications.Flink; Link != &IopFsNotifications; Link = Next) {
        Next = Link->Flink;
        IopCallFsNotification(CONTAINING_RECORD(Link, IOP_FS_NOTIFICATION, Link)->Routine, DeviceObject,
                              Active);
    }
}

VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    PLIST_ENTRY Queue = IopQueueOfType(DeviceObject->DeviceType);
    if (Queue == NULL) {
        return;
    }
    IopLockFileSystems();
    if (DeviceObject->Flags & DO_LOW_PRIORITY_FILESYSTEM) {
        InsertTailList(Queue, &DeviceObject->Queue.ListEntry);
    } else {
        InsertHeadList(Queue, &DeviceObject->Queue.ListEntry);
    }
    KIRQL OldIrql = IopLockDatabase();
    DeviceObject->ReferenceCount += 1;
    IopUnlockDatabase(OldIrql);
    IopTellOfFileSystem(DeviceObject, TRUE);
    IopUnlockFileSystems();
}

VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    PLIST_ENTRY Link = &DeviceObject->Queue.ListEntry;
    if (IopQueueOfType(DeviceObject->DeviceType) == NULL) {
        return;
    }
    IopLockFileSystems();
    BOOLEAN Registered = !IsListEmpty(Link);
    if (Registered) {
        RemoveEntryList(Link);
        InitializeListHead(Link);
        IopTellOfFileSystem(DeviceObject, FALSE);
    }
    IopUnlockFileSystems();
    if (Registered) {
        IopDereferenceDevice(DeviceObject);
    }
}

// ---- Filters

static VOID IopTellOfRegistered(PDRIVER_FS_NOTIFICATION Routine)
{
    PLIST_ENTRY Next;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopFileSystems); Index += 1) {
        PLIST_ENTRY Queue = &IopFileSystems[Index].Queue;
        for (PLIST_ENTRY Link = Queue->Flink; Link != Queue; Link = Next) {
            Next = Link->Flink;
            IopCallFsNotification(Routine, CONTAINING_RECORD(Link, DEVICE_OBJECT, Queue.ListEntry), TRUE);
        }
    }
}

NTSTATUS NTAPI IoRegisterFsRegistrationChangeMountAware(PDRIVER_OBJECT DriverObject,
                                                        PDRIVER_FS_NOTIFICATION DriverNotificationRoutine,
                                                        BOOLEAN SynchronizeWithMounts)
{
    PIOP_FS_NOTIFICATION Last;
    // A mount holds the lock as long as it looks for a file system: nobody is told during one.
    UNREFERENCED_PARAMETER(SynchronizeWithMounts);
    PIOP_FS_NOTIFICATION New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_FS_NOTIFICATION);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IopLockFileSystems();
    Last = CONTAINING_RECORD(IopFsNotifications.Blink, IOP_FS_NOTIFICATION, Link);
    if (!IsListEmpty(&IopFsNotifications) && Last->DriverObject == DriverObject &&
        Last->Routine == DriverNotificationRoutine) {
        IopUnlockFileSystems();
        ExFreePoolWithTag(New, TAG_FS_NOTIFICATION);
        return STATUS_DEVICE_ALREADY_ATTACHED;
    }
    ObfReferenceObject(DriverObject);
    New->DriverObject = DriverObject;
    New->Routine = DriverNotificationRoutine;
    InsertTailList(&IopFsNotifications, &New->Link);
    IopTellOfRegistered(DriverNotificationRoutine);
    IopUnlockFileSystems();
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                              PDRIVER_FS_NOTIFICATION DriverNotificationRoutine)
{
    return IoRegisterFsRegistrationChangeMountAware(DriverObject, DriverNotificationRoutine, FALSE);
}

VOID NTAPI IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                            PDRIVER_FS_NOTIFICATION DriverNotificationRoutine)
{
    PIOP_FS_NOTIFICATION Found = NULL;
    IopLockFileSystems();
    for (PLIST_ENTRY Link = IopFsNotifications.Flink; Link != &IopFsNotifications; Link = Link->Flink) {
        PIOP_FS_NOTIFICATION Notification = CONTAINING_RECORD(Link, IOP_FS_NOTIFICATION, Link);
        if (Notification->DriverObject == DriverObject &&
            Notification->Routine == DriverNotificationRoutine) {
            RemoveEntryList(Link);
            Found = Notification;
            break;
        }
    }
    IopUnlockFileSystems();
    if (Found != NULL) {
        ObfDereferenceObject(DriverObject);
        ExFreePoolWithTag(Found, TAG_FS_NOTIFICATION);
    }
}

NTSTATUS NTAPI IoEnumerateRegisteredFiltersList(PDRIVER_OBJECT *DriverObjectList, ULONG DriverObjectListSize,
                                                PULONG ActualNumberDriverObjects)
{
    ULONG Room = DriverObjectList != NULL ? DriverObjectListSize / sizeof(PDRIVER_OBJECT) : 0, Count = 0;
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&IopFileSystemLock, TRUE);
    // Who has come last is attached on top, farthest from the file system.
    for (PLIST_ENTRY Link = IopFsNotifications.Blink; Link != &IopFsNotifications; Link = Link->Blink) {
        if (Count < Room) {
            DriverObjectList[Count] = CONTAINING_RECORD(Link, IOP_FS_NOTIFICATION, Link)->DriverObject;
            ObfReferenceObject(DriverObjectList[Count]);
        }
        Count += 1;
    }
    ExReleaseResourceLite(&IopFileSystemLock);
    KeLeaveCriticalRegion();
    *ActualNumberDriverObjects = Count;
    return Count <= Room ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}
