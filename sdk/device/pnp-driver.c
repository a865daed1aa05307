// SPDX-License-Identifier: MIT
// Plug and Play drivers: AddDevice.
#include "device/device.h"

// An image has one driver object, and its table is here, where nothing can fail. Should it have more, the
// others' are in extensions of theirs, as Wine has none.
static PDRIVER_OBJECT volatile First;
static const KM_DEVICE_ENTRY *FirstTable;

// What tells the driver object's extension from others.
static const KM_DEVICE_ENTRY **FindTable(PDRIVER_OBJECT DriverObject)
{
    return DriverObject == First ? &FirstTable
                                 : (const KM_DEVICE_ENTRY **)IoGetDriverObjectExtension(
                                       DriverObject, (PVOID)(ULONG_PTR)FindTable);
}

static NTSTATUS MakeTable(PDRIVER_OBJECT DriverObject, const KM_DEVICE_ENTRY ***Table)
{
    PVOID Before = InterlockedCompareExchangePointer((PVOID volatile *)&First, DriverObject, NULL);

    if (Before == NULL || Before == DriverObject) {
        *Table = &FirstTable;
        return STATUS_SUCCESS;
    }
    return IoAllocateDriverObjectExtension(DriverObject, (PVOID)(ULONG_PTR)FindTable, sizeof(**Table),
                                           (PVOID *)Table);
}

static DRIVER_ADD_DEVICE AddDevice;
static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDevice)
{
    PKM_DEVICE Device;

    return KmpCreateDevice(DriverObject, *FindTable(DriverObject), NULL, PhysicalDevice, &Device);
}

NTSTATUS NTAPI KmPnpDriverStart(PDRIVER_OBJECT DriverObject, const KM_DEVICE_ENTRY *Entries)
{
    const KM_DEVICE_ENTRY *Trait;
    const KM_DEVICE_ENTRY **Table;
    NTSTATUS Status = KmpCheckTable(Entries);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Trait = KmpFindEntry(Entries, KmpEntryTrait);
    if (Trait == NULL || !Trait->Trait->OwnsPnp) {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
                   "mistake: KM_PNP_DRIVER wants a table with KM_PNP_FUNCTION or KM_PNP_FILTER\n");
        return STATUS_INVALID_PARAMETER;
    }
    Status = MakeTable(DriverObject, &Table);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *Table = Entries;
    KmpSetDispatch(DriverObject);
    DriverObject->DriverExtension->AddDevice = AddDevice;
    DriverObject->DriverUnload = KmDriverStop;
    return STATUS_SUCCESS;
}
