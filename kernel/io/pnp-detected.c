// SPDX-License-Identifier: MIT
// Devices that a driver has found by itself.
#include "inc/kernel.h"
#include "io/pnp-property.h"
#include "io/pnp-resource.h"

// INTERFACE_TYPE's names as they stand in compatible IDs.
static const PCWSTR PipInterfaceNames[] = {
    L"Internal",
    L"Isa",
    L"Eisa",
    L"MicroChannel",
    L"TurboChannel",
    L"PCIBus",
    L"VMEBus",
    L"NuBus",
    L"PCMCIABus",
    L"CBus",
    L"MPIBus",
    L"MPSABus",
    L"ProcessorInternal",
    L"InternalPowerBus",
    L"PNPISABus",
    L"PNPBus",
    L"Vmcs",
    L"ACPIBus",
};

static PCWSTR PipInterfaceName(const CM_RESOURCE_LIST *ResourceList)
{
    INTERFACE_TYPE Type =
        ResourceList != NULL && ResourceList->Count != 0 ? ResourceList->List[0].InterfaceType : Internal;
    return (ULONG)Type < RTL_NUMBER_OF(PipInterfaceNames) ? PipInterfaceNames[Type] : PipInterfaceNames[0];
}

// "DETECTEDInternal\Driver", "DETECTED\Driver", and the zero that ends both.
static NTSTATUS PipSetCompatibleIds(HANDLE Key, PCWSTR Interface, PCWSTR Service)
{
    UNICODE_STRING Ids;
    // The strings' own zeroes are put in where a character stands that is in neither.
    NTSTATUS Status =
        PipJoin(&Ids, L"DETECTED", Interface, L"\\", Service, L"\n", L"DETECTED\\", Service, L"\n", NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (ULONG Index = 0; Index < Ids.Length / sizeof(WCHAR); Index += 1) {
        if (Ids.Buffer[Index] == L'\n') {
            Ids.Buffer[Index] = L'\0';
        }
    }
    Status = PipSetValue(Key, L"CompatibleIDs", REG_MULTI_SZ, Ids.Buffer, Ids.MaximumLength);
    PipFreeString(&Ids);
    return Status;
}

static NTSTATUS PipRecordResources(PIOP_DEVICE_NODE Node, const CM_RESOURCE_LIST *ResourceList,
                                   const IO_RESOURCE_REQUIREMENTS_LIST *Requirements)
{
    HANDLE Key;
    NTSTATUS Status = PipOpenInstanceKey(Node, L"LogConf", KEY_ALL_ACCESS, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (ResourceList != NULL) {
        Status = PipSetValue(Key, L"BootConfig", REG_RESOURCE_LIST, ResourceList,
                             PipSizeOfResources(ResourceList));
    }
    if (NT_SUCCESS(Status) && Requirements != NULL) {
        Status = PipSetValue(Key, L"BasicConfigVector", REG_RESOURCE_REQUIREMENTS_LIST, Requirements,
                             Requirements->ListSize);
    }
    ZwClose(Key);
    return Status;
}

static NTSTATUS PipRecordDetected(PIOP_DEVICE_NODE Node, PCWSTR Service, const CM_RESOURCE_LIST *ResourceList,
                                  const IO_RESOURCE_REQUIREMENTS_LIST *Requirements)
{
    HANDLE Key;
    ULONG ConfigFlags = 0;
    NTSTATUS Status = PipOpenInstanceKey(Node, NULL, KEY_ALL_ACCESS, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipSetText(Key, L"Service", Service);
    if (NT_SUCCESS(Status)) {
        Status = PipSetValue(Key, L"ConfigFlags", REG_DWORD, &ConfigFlags, sizeof(ConfigFlags));
    }
    if (NT_SUCCESS(Status)) {
        Status = PipSetCompatibleIds(Key, PipInterfaceName(ResourceList), Service);
    }
    ZwClose(Key);
    return NT_SUCCESS(Status) ? PipRecordResources(Node, ResourceList, Requirements) : Status;
}

// The list that the driver has found it by is what the device has.
static NTSTATUS PipKeepResources(PIOP_DEVICE_NODE Node, const CM_RESOURCE_LIST *List)
{
    ULONG Bytes = PipSizeOfResources(List);
    PCM_RESOURCE_LIST Boot = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_PNP);
    PCM_RESOURCE_LIST Own = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_PNP);
    if (Boot == NULL || Own == NULL) {
        if (Boot != NULL) {
            ExFreePoolWithTag(Boot, TAG_PNP);
        }
        if (Own != NULL) {
            ExFreePoolWithTag(Own, TAG_PNP);
        }
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Boot, List, Bytes);
    RtlCopyMemory(Own, List, Bytes);
    PipAcquireLock();
    Node->BootResources = Boot;
    Node->Resources = Own;
    PipReleaseLock();
    return STATUS_SUCCESS;
}

// Makes a device on the root bus that counts as started, of *DeviceObject or, if that is NULL, of a physical
// device object of the PnP manager's. ResourceList, unless ResourceAssigned, is claimed for it.
// STATUS_INVALID_PARAMETER (*DeviceObject is a device's already), STATUS_CONFLICTING_ADDRESSES,
// STATUS_NO_SUCH_DEVICE (too many), STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (ntddk)
NTSTATUS NTAPI IoReportDetectedDevice(PDRIVER_OBJECT DriverObject, INTERFACE_TYPE LegacyBusType,
                                      ULONG BusNumber, ULONG SlotNumber, PCM_RESOURCE_LIST ResourceList,
                                      PIO_RESOURCE_REQUIREMENTS_LIST ResourceRequirements,
                                      BOOLEAN ResourceAssigned, PDEVICE_OBJECT *DeviceObject)
{
    PIOP_DEVICE_NODE Node = NULL;
    PCWSTR Service = DriverObject->DriverExtension->ServiceKeyName.Buffer; // a zero is behind it
    PDEVICE_OBJECT Pdo = *DeviceObject;
    UNREFERENCED_PARAMETER(SlotNumber);
    if (Pdo != NULL && IopDeviceExtension(Pdo)->DeviceNode != NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = PipCreateRootDevice(Service, PIP_NODE_REPORTED, &Pdo, &Node);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Node->BusInformation.LegacyBusType = LegacyBusType;
    Node->BusNumber = BusNumber;
    Status = PipRecordDetected(Node, Service, ResourceList, ResourceRequirements);
    if (NT_SUCCESS(Status) && ResourceList != NULL) {
        Status = PipKeepResources(Node, ResourceList);
        if (NT_SUCCESS(Status) && !ResourceAssigned) {
            Status = PipClaimResources(Pdo, ResourceList);
        }
    }
    if (!NT_SUCCESS(Status)) {
        PipDeleteRootDevice(Node);
        PipDereferenceNode(Node);
        return Status;
    }
    Node->Reporter = DriverObject;
    Node->State = DeviceNodeStarted;
    PipDereferenceNode(Node);
    *DeviceObject = Pdo;
    return STATUS_SUCCESS;
}
