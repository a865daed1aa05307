// SPDX-License-Identifier: MIT
// A device's stack built by AddDevice, and started.
#include "inc/kernel.h"
#include "io/pnp-manager.h"
#include "io/pnp-resource.h"
#include "verify/pnp.h"

// Where the drivers of a stack are named, from the lowest up.
typedef enum _PIP_DRIVER_KIND {
    PipLowerDeviceFilters,
    PipLowerClassFilters,
    PipFunctionDriver,
    PipUpperDeviceFilters,
    PipUpperClassFilters,
    PipDriverKinds
} PIP_DRIVER_KIND;

static NTSTATUS PipReference(PCWSTR Service, PDRIVER_OBJECT *DriverObject)
{
    UNICODE_STRING Name;
    PVOID Object = NULL;
    NTSTATUS Status = PipJoin(&Name, L"\\Driver\\", Service, NULL);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, IoDriverObjectType, KernelMode,
                                         NULL, &Object);
        PipFreeString(&Name);
    }
    *DriverObject = Object;
    return Status;
}

// The driver of Service, loaded if it is not yet, referenced.
static NTSTATUS PipLoadDriver(PCWSTR Service, PDRIVER_OBJECT *DriverObject)
{
    UNICODE_STRING Path;
    NTSTATUS Status = PipReference(Service, DriverObject);
    if (NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipJoin(&Path, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\", Service, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ZwLoadDriver(&Path);
    PipFreeString(&Path);
    return NT_SUCCESS(Status) ? PipReference(Service, DriverObject) : Status;
}

static NTSTATUS PipCallAddDevice(PIOP_DEVICE_NODE Node, PCWSTR Service)
{
    PDRIVER_OBJECT DriverObject;
    NTSTATUS Status = PipLoadDriver(Service, &DriverObject);
    if (!NT_SUCCESS(Status)) {
        Node->Problem = PIP_PROBLEM_DRIVER_LOAD;
        return Status;
    }
    PDRIVER_ADD_DEVICE AddDevice = DriverObject->DriverExtension->AddDevice;
    if (AddDevice == NULL) {
        Node->Problem = PIP_PROBLEM_FAILED_ADD;
        ObfDereferenceObject(DriverObject);
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    DriverObject->DriverExtension->Count += 1;
    PDEVICE_OBJECT Top = IoGetAttachedDevice(Node->PhysicalDeviceObject);
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_ADD_DEVICE", AddDevice, 2, DriverObject, Node->PhysicalDeviceObject);
    Status = AddDevice(DriverObject, Node->PhysicalDeviceObject);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    if (ViChecks()) {
        ViCheckAddDevice(Top, Status);
    }
    ObfDereferenceObject(DriverObject);
    if (!NT_SUCCESS(Status)) {
        Node->Problem = PIP_PROBLEM_FAILED_ADD;
    }
    return Status;
}

// ---- Filters

// AddDevice of each service that a list value of Key names. There need be none.
static NTSTATUS PipAddFilters(PIOP_DEVICE_NODE Node, HANDLE Key, PCWSTR ValueName)
{
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    NTSTATUS Status = PipQueryValue(Key, ValueName, &Value);
    if (!NT_SUCCESS(Status)) {
        return Status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : Status;
    }
    ULONG Characters = Value->DataLength / (ULONG)sizeof(WCHAR);
    PCWSTR Name = (PCWSTR)Value->Data;
    // Two zeroes end it; without them it is no list.
    if (Value->Type == REG_MULTI_SZ && Characters >= 2 && Name[Characters - 1] == L'\0' &&
        Name[Characters - 2] == L'\0') {
        for (; NT_SUCCESS(Status) && *Name != L'\0'; Name += wcslen(Name) + 1) {
            Status = PipCallAddDevice(Node, Name);
        }
    }
    ExFreePoolWithTag(Value, TAG_PNP);
    return Status;
}

static NTSTATUS PipAddDeviceFilters(PIOP_DEVICE_NODE Node, PCWSTR ValueName)
{
    HANDLE Key;
    NTSTATUS Status = PipOpenInstanceKey(Node, NULL, KEY_READ, FALSE, &Key);
    if (!NT_SUCCESS(Status)) {
        return STATUS_SUCCESS;
    }
    Status = PipAddFilters(Node, Key, ValueName);
    ZwClose(Key);
    return Status;
}

static NTSTATUS PipAddClassFilters(PIOP_DEVICE_NODE Node, PCWSTR ValueName)
{
    WCHAR Guid[PIP_GUID_CHARACTERS];
    UNICODE_STRING Path;
    HANDLE Key;
    ULONG Bytes;
    if (!NT_SUCCESS(PipGetProperty(Node, DevicePropertyClassGuid, sizeof(Guid), Guid, &Bytes))) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = PipJoin(&Path, PIP_CLASS_KEY, Guid, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipOpenKey(&Path, KEY_READ, &Key);
    PipFreeString(&Path);
    if (!NT_SUCCESS(Status)) {
        return STATUS_SUCCESS; // the class has no key, and no filters
    }
    Status = PipAddFilters(Node, Key, ValueName);
    ZwClose(Key);
    return Status;
}

static NTSTATUS PipAddDrivers(PIOP_DEVICE_NODE Node, PIP_DRIVER_KIND Kind, PCWSTR Service)
{
    switch (Kind) {
    case PipLowerDeviceFilters: return PipAddDeviceFilters(Node, L"LowerFilters");
    case PipLowerClassFilters: return PipAddClassFilters(Node, L"LowerFilters");
    case PipFunctionDriver: return Service != NULL ? PipCallAddDevice(Node, Service) : STATUS_SUCCESS;
    case PipUpperDeviceFilters: return PipAddDeviceFilters(Node, L"UpperFilters");
    default: return PipAddClassFilters(Node, L"UpperFilters");
    }
}

static NTSTATUS PipBuildStack(PIOP_DEVICE_NODE Node, PCWSTR Service)
{
    NTSTATUS Status = STATUS_SUCCESS;
    // Nobody opens it before it has started, whatever part of its stack has a name.
    PipMarkStack(Node, DOE_START_PENDING, DOE_REMOVE_PENDING | DOE_REMOVE_PROCESSED);
    for (PIP_DRIVER_KIND Kind = 0; NT_SUCCESS(Status) && Kind < PipDriverKinds; Kind += 1) {
        Status = PipAddDrivers(Node, Kind, Service);
    }
    if (NT_SUCCESS(Status)) {
        Node->State = DeviceNodeDriversAdded;
        return Status;
    }
    // Who has attached to it already undoes that.
    ULONG Problem = Node->Problem;
    if (Node->PhysicalDeviceObject->AttachedDevice != NULL) {
        PipSendIrp(Node, IRP_MN_REMOVE_DEVICE, NULL, NULL);
    }
    PipMarkStack(Node, 0, DOE_START_PENDING);
    Node->Problem = Problem;
    return Status;
}

// ---- Started

static VOID PipFailStart(PIOP_DEVICE_NODE Node, ULONG Problem)
{
    PipSendIrp(Node, IRP_MN_REMOVE_DEVICE, NULL, NULL);
    PipDisableInterfaces(Node);
    PipMarkStack(Node, 0, DOE_START_PENDING);
    PipReleaseResources(Node->PhysicalDeviceObject);
    Node->State = DeviceNodeRemoved;
    Node->Problem = Problem;
}

NTSTATUS PipStart(PIOP_DEVICE_NODE Node, BOOLEAN Again)
{
    NTSTATUS Status = PipAssignResources(Node);
    if (!NT_SUCCESS(Status)) {
        PipFailStart(Node, PIP_PROBLEM_NO_RESOURCES);
        return Status;
    }
    IO_STACK_LOCATION Stack = {
        .Parameters.StartDevice = {.AllocatedResources = Node->Resources,
                                   .AllocatedResourcesTranslated = Node->TranslatedResources}};
    Status = PipSendIrp(Node, IRP_MN_START_DEVICE, &Stack, NULL);
    if (!NT_SUCCESS(Status)) {
        PipFailStart(Node, PIP_PROBLEM_FAILED_START);
        return Status;
    }
    Node->State = DeviceNodeStarted;
    Node->Problem = PIP_PROBLEM_NONE;
    PipMarkStack(Node, 0, DOE_START_PENDING);
    if (!Again) {
        PipQueryCapabilities(Node);
        PipQueryState(Node);
    }
    if (Node->State == DeviceNodeStarted) {
        PipAnnounceInterfaces(Node);
        PipEnumerate(Node);
    }
    return Status;
}

VOID PipQueryState(PIOP_DEVICE_NODE Node)
{
    ULONG_PTR Information = 0;
    if (Node->State != DeviceNodeStarted ||
        !NT_SUCCESS(PipSendIrp(Node, IRP_MN_QUERY_PNP_DEVICE_STATE, NULL, &Information))) {
        return;
    }
    Node->DeviceState = (PNP_DEVICE_STATE)Information;
    if (Node->DeviceState & PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED) {
        PipQueryRequirements(Node);
        if (NT_SUCCESS(PipStop(Node))) {
            PipStart(Node, TRUE);
        }
    } else if (Node->DeviceState & (PNP_DEVICE_REMOVED | PNP_DEVICE_FAILED)) {
        PipSurpriseRemove(Node);
    } else if (Node->DeviceState & PNP_DEVICE_DISABLED) {
        if (NT_SUCCESS(PipRemove(Node, FALSE))) {
            Node->Problem = PIP_PROBLEM_DISABLED;
        }
    }
}

static BOOLEAN PipIsDisabled(PIOP_DEVICE_NODE Node)
{
    HANDLE Key;
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    BOOLEAN Disabled = FALSE;
    if (!NT_SUCCESS(PipOpenInstanceKey(Node, NULL, KEY_READ, FALSE, &Key))) {
        return FALSE;
    }
    if (NT_SUCCESS(PipQueryValue(Key, L"ConfigFlags", &Value))) {
        Disabled = Value->Type == REG_DWORD && (*(PULONG)Value->Data & PIP_CONFIG_DISABLED);
        ExFreePoolWithTag(Value, TAG_PNP);
    }
    ZwClose(Key);
    return Disabled;
}

NTSTATUS PipConfigure(PIOP_DEVICE_NODE Node)
{
    UNICODE_STRING Service = {0};
    if (Node->State != DeviceNodeInitialized && Node->State != DeviceNodeRemoved) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    if (PipIsDisabled(Node)) {
        Node->Problem = PIP_PROBLEM_DISABLED;
        return STATUS_PLUGPLAY_NO_DEVICE;
    }
    NTSTATUS Status = PipFindService(Node, &Service);
    if (!NT_SUCCESS(Status) && !Node->Capabilities.RawDeviceOK) {
        Node->Problem = PIP_PROBLEM_FAILED_INSTALL;
        return Status;
    }
    Node->Problem = PIP_PROBLEM_NONE;
    Status = PipBuildStack(Node, Service.Buffer);
    PipFreeString(&Service);
    return NT_SUCCESS(Status) ? PipStart(Node, FALSE) : Status;
}
