// SPDX-License-Identifier: MIT
// Memory that a driver has with its driver object, found by an address of its choice.
#include "inc/kernel.h"

typedef struct _IOP_DRIVER_EXTENSION {
    LIST_ENTRY Link;
    PVOID Identification;
    PVOID Reserved; // the extension is aligned as pool is
    UCHAR Extension[];
} IOP_DRIVER_EXTENSION, *PIOP_DRIVER_EXTENSION;

C_ASSERT(FIELD_OFFSET(IOP_DRIVER_EXTENSION, Extension) % 16 == 0);

// The database is locked.
static PIOP_DRIVER_EXTENSION IopFindExtension(PIOP_DRIVER Driver, PVOID Identification)
{
    for (PLIST_ENTRY Link = Driver->Extensions.Flink; Link != &Driver->Extensions; Link = Link->Flink) {
        PIOP_DRIVER_EXTENSION Entry = CONTAINING_RECORD(Link, IOP_DRIVER_EXTENSION, Link);
        if (Entry->Identification == Identification) {
            return Entry;
        }
    }
    return NULL;
}

NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID *DriverObjectExtension)
{
    PIOP_DRIVER Driver = CONTAINING_RECORD(DriverObject, IOP_DRIVER, Object);
    *DriverObjectExtension = NULL;
    if (DriverObjectExtensionSize > MAXULONG - sizeof(IOP_DRIVER_EXTENSION)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PIOP_DRIVER_EXTENSION New = ExAllocatePoolZero(
        NonPagedPoolNx, sizeof(IOP_DRIVER_EXTENSION) + DriverObjectExtensionSize, TAG_DRIVER_EXTENSION);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->Identification = ClientIdentificationAddress;
    KIRQL OldIrql = IopLockDatabase();
    BOOLEAN Collides = IopFindExtension(Driver, ClientIdentificationAddress) != NULL;
    if (!Collides) {
        InsertTailList(&Driver->Extensions, &New->Link);
    }
    IopUnlockDatabase(OldIrql);
    if (Collides) {
        ExFreePoolWithTag(New, TAG_DRIVER_EXTENSION);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    *DriverObjectExtension = New->Extension;
    return STATUS_SUCCESS;
}

PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress)
{
    KIRQL OldIrql = IopLockDatabase();
    PIOP_DRIVER_EXTENSION Entry =
        IopFindExtension(CONTAINING_RECORD(DriverObject, IOP_DRIVER, Object), ClientIdentificationAddress);
    IopUnlockDatabase(OldIrql);
    return Entry != NULL ? Entry->Extension : NULL;
}

VOID IopFreeDriverExtensions(PIOP_DRIVER Driver)
{
    while (Driver->Extensions.Flink != NULL && !IsListEmpty(&Driver->Extensions)) {
        PLIST_ENTRY Link = RemoveHeadList(&Driver->Extensions);
        ExFreePoolWithTag(CONTAINING_RECORD(Link, IOP_DRIVER_EXTENSION, Link), TAG_DRIVER_EXTENSION);
    }
}
