// SPDX-License-Identifier: MIT
// Who is told that the system shuts down.
#include "inc/kernel.h"

typedef struct _IOP_SHUTDOWN {
    LIST_ENTRY Link;
    PDEVICE_OBJECT DeviceObject; // referenced
} IOP_SHUTDOWN, *PIOP_SHUTDOWN;

// Told first, before file systems are flushed; and last, behind that. Under the database's lock.
static LIST_ENTRY IopShutdownList = {&IopShutdownList, &IopShutdownList};
static LIST_ENTRY IopLastChanceList = {&IopLastChanceList, &IopLastChanceList};

static NTSTATUS IopRegisterShutdown(PDEVICE_OBJECT DeviceObject, PLIST_ENTRY List)
{
    PIOP_SHUTDOWN Entry = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Entry), TAG_SHUTDOWN);
    if (Entry == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(DeviceObject);
    Entry->DeviceObject = DeviceObject;
    KIRQL OldIrql = IopLockDatabase();
    // The last to come is the first to be told: it may lean on those before.
    InsertHeadList(List, &Entry->Link);
    DeviceObject->Flags |= DO_SHUTDOWN_REGISTERED;
    IopUnlockDatabase(OldIrql);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return IopRegisterShutdown(DeviceObject, &IopShutdownList);
}

NTSTATUS NTAPI IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    return IopRegisterShutdown(DeviceObject, &IopLastChanceList);
}

// The first entry of List, of DeviceObject if that is not NULL, taken out.
static PIOP_SHUTDOWN IopTakeShutdown(PLIST_ENTRY List, PDEVICE_OBJECT DeviceObject)
{
    PIOP_SHUTDOWN Found = NULL;
    KIRQL OldIrql = IopLockDatabase();
    for (PLIST_ENTRY Link = List->Flink; Link != List; Link = Link->Flink) {
        PIOP_SHUTDOWN Entry = CONTAINING_RECORD(Link, IOP_SHUTDOWN, Link);
        if (DeviceObject == NULL || Entry->DeviceObject == DeviceObject) {
            RemoveEntryList(Link);
            Found = Entry;
            break;
        }
    }
    IopUnlockDatabase(OldIrql);
    return Found;
}

static VOID IopForgetShutdownIn(PLIST_ENTRY List, PDEVICE_OBJECT DeviceObject)
{
    PIOP_SHUTDOWN Entry;
    while ((Entry = IopTakeShutdown(List, DeviceObject)) != NULL) {
        ObfDereferenceObject(DeviceObject);
        ExFreePoolWithTag(Entry, TAG_SHUTDOWN);
    }
}

VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    IopForgetShutdownIn(&IopShutdownList, DeviceObject);
    IopForgetShutdownIn(&IopLastChanceList, DeviceObject);
    DeviceObject->Flags &= ~DO_SHUTDOWN_REGISTERED;
}

VOID IopForgetShutdown(PDEVICE_OBJECT DeviceObject)
{
    if (DeviceObject->Flags & DO_SHUTDOWN_REGISTERED) {
        IoUnregisterShutdownNotification(DeviceObject);
    }
}

static VOID IopTellOfShutdown(PDEVICE_OBJECT DeviceObject)
{
    KEVENT Event;
    IO_STATUS_BLOCK IoStatus;
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(DeviceObject);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(IRP_MJ_SHUTDOWN, Top, NULL, 0, NULL, &Event, &IoStatus);
    // Without memory it goes untold, as on Windows.
    if (Irp != NULL && IofCallDriver(Top, Irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    ObfDereferenceObject(Top);
}

static VOID IopShutdownListed(PLIST_ENTRY List)
{
    PIOP_SHUTDOWN Entry;
    while ((Entry = IopTakeShutdown(List, NULL)) != NULL) {
        IopTellOfShutdown(Entry->DeviceObject);
        ObfDereferenceObject(Entry->DeviceObject);
        ExFreePoolWithTag(Entry, TAG_SHUTDOWN);
    }
}

VOID IoShutdownSystem(VOID)
{
    IopShutdownListed(&IopShutdownList);
    IopShutdownListed(&IopLastChanceList);
}
