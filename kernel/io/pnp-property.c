// SPDX-License-Identifier: MIT
// What drivers ask about a device: IoGetDeviceProperty, and the device's registry keys.
#include "inc/kernel.h"
#include "io/pnp-property.h"
#include "io/pnp-resource.h"

// ---- From the device's registry key

static const struct {
    PCWSTR SubKey, ValueName;
    ULONG Type;
} PipRegistryProperties[] = {
    [DevicePropertyDeviceDescription] = {NULL, L"DeviceDesc", REG_SZ},
    [DevicePropertyHardwareID] = {NULL, L"HardwareID", REG_MULTI_SZ},
    [DevicePropertyCompatibleIDs] = {NULL, L"CompatibleIDs", REG_MULTI_SZ},
    [DevicePropertyBootConfiguration] = {L"LogConf", L"BootConfig", REG_RESOURCE_LIST},
    [DevicePropertyClassName] = {NULL, L"Class", REG_SZ},
    [DevicePropertyClassGuid] = {NULL, L"ClassGUID", REG_SZ},
    [DevicePropertyDriverKeyName] = {NULL, L"Driver", REG_SZ},
    [DevicePropertyManufacturer] = {NULL, L"Mfg", REG_SZ},
    [DevicePropertyFriendlyName] = {NULL, L"FriendlyName", REG_SZ},
    [DevicePropertyLocationInformation] = {NULL, L"LocationInformation", REG_SZ},
    [DevicePropertyResourceRequirements] = {L"LogConf", L"BasicConfigVector", REG_RESOURCE_REQUIREMENTS_LIST},
    [DevicePropertyContainerID] = {NULL, L"ContainerID", REG_SZ},
};

NTSTATUS PipReturnBytes(const VOID *Source, ULONG Bytes, PVOID Buffer, ULONG BufferLength,
                        PULONG ResultLength)
{
    *ResultLength = Bytes;
    if (Bytes > BufferLength || Buffer == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlCopyMemory(Buffer, Source, Bytes);
    return STATUS_SUCCESS;
}

// STATUS_OBJECT_NAME_NOT_FOUND: it has none, or one of another type.
static NTSTATUS PipReturnValue(PIOP_DEVICE_NODE Node, PCWSTR SubKey, PCWSTR ValueName, ULONG Type,
                               PVOID Buffer, ULONG BufferLength, PULONG ResultLength)
{
    HANDLE Key;
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    NTSTATUS Status = PipOpenInstanceKey(Node, SubKey, KEY_READ, FALSE, &Key);
    if (!NT_SUCCESS(Status)) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    Status = PipQueryValue(Key, ValueName, &Value);
    ZwClose(Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Value->Type == Type
                 ? PipReturnBytes(Value->Data, Value->DataLength, Buffer, BufferLength, ResultLength)
                 : STATUS_OBJECT_NAME_NOT_FOUND;
    ExFreePoolWithTag(Value, TAG_PNP);
    return Status;
}

// ---- From its node

static NTSTATUS PipReturnPdoName(PIOP_DEVICE_NODE Node, PVOID Buffer, ULONG BufferLength, PULONG ResultLength)
{
    ULONG64 Name[80];
    POBJECT_NAME_INFORMATION Information = (PVOID)Name;
    ULONG Needed;
    NTSTATUS Status = ObQueryNameString(Node->PhysicalDeviceObject, Information, sizeof(Name), &Needed);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // One without a name has an empty one, which Buffer need not point to.
    return Information->Name.Length == 0
               ? PipReturnBytes(L"", sizeof(WCHAR), Buffer, BufferLength, ResultLength)
               : PipReturnBytes(Information->Name.Buffer, Information->Name.Length + (ULONG)sizeof(WCHAR),
                                Buffer, BufferLength, ResultLength);
}

static NTSTATUS PipReturnEnumerator(PIOP_DEVICE_NODE Node, PVOID Buffer, ULONG BufferLength,
                                    PULONG ResultLength)
{
    WCHAR Name[PIP_ID_CHARACTERS] = {0};
    PCWSTR Path = Node->InstancePath.Buffer;
    for (ULONG Index = 0; Path[Index] != OBJ_NAME_PATH_SEPARATOR && Index < PIP_ID_CHARACTERS - 1;
         Index += 1) {
        Name[Index] = Path[Index];
    }
    return PipReturnBytes(Name, (ULONG)((wcslen(Name) + 1) * sizeof(WCHAR)), Buffer, BufferLength,
                          ResultLength);
}

ULONG PipSizeOfResources(const CM_RESOURCE_LIST *List)
{
    const UCHAR *End = (const UCHAR *)List->List;
    for (ULONG Index = 0; Index < List->Count; Index += 1) {
        const CM_FULL_RESOURCE_DESCRIPTOR *Full = (PVOID)End;
        const CM_PARTIAL_RESOURCE_LIST *Partial = &Full->PartialResourceList;
        End = (const UCHAR *)&Partial->PartialDescriptors[Partial->Count];
        for (ULONG Descriptor = 0; Descriptor < Partial->Count; Descriptor += 1) {
            if (Partial->PartialDescriptors[Descriptor].Type == CmResourceTypeDeviceSpecific) {
                // Its data stand behind it, and it is the last.
                End += Partial->PartialDescriptors[Descriptor].u.DeviceSpecificData.DataSize;
            }
        }
    }
    return (ULONG)(End - (const UCHAR *)List);
}

typedef enum _PIP_RESOURCES { PipBootTranslated, PipAllocated } PIP_RESOURCES;

static NTSTATUS PipReturnResources(PIOP_DEVICE_NODE Node, PIP_RESOURCES Which, PVOID Buffer,
                                   ULONG BufferLength, PULONG ResultLength)
{
    NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;
    PipAcquireLock();
    PCM_RESOURCE_LIST List = Which == PipAllocated ? Node->Resources : Node->BootResources;
    PCM_RESOURCE_LIST Translated = Which == PipBootTranslated && List != NULL ? PipTranslate(List) : NULL;
    if (Which == PipBootTranslated && List != NULL && Translated == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else if (List != NULL) {
        Status = PipReturnBytes(Translated != NULL ? Translated : List, PipSizeOfResources(List), Buffer,
                                BufferLength, ResultLength);
    }
    PipReleaseLock();
    if (Translated != NULL) {
        ExFreePoolWithTag(Translated, TAG_PNP);
    }
    return Status;
}

static NTSTATUS PipReturnInstallState(PIOP_DEVICE_NODE Node, PVOID Buffer, ULONG BufferLength,
                                      PULONG ResultLength)
{
    ULONG ConfigFlags, Needed, State = InstallStateInstalled;
    NTSTATUS Status =
        PipReturnValue(Node, NULL, L"ConfigFlags", REG_DWORD, &ConfigFlags, sizeof(ConfigFlags), &Needed);
    if (!NT_SUCCESS(Status) || (ConfigFlags & PIP_CONFIG_REINSTALL)) {
        State = InstallStateNeedsReinstall; // nobody has installed it
    } else if (ConfigFlags & PIP_CONFIG_FAILED_INSTALL) {
        State = InstallStateFailedInstall;
    } else if (ConfigFlags & PIP_CONFIG_FINISH_INSTALL) {
        State = InstallStateFinishInstall;
    }
    return PipReturnBytes(&State, sizeof(State), Buffer, BufferLength, ResultLength);
}

static NTSTATUS PipReturnRemovalPolicy(PIOP_DEVICE_NODE Node, PVOID Buffer, ULONG BufferLength,
                                       PULONG ResultLength)
{
    ULONG Policy = !Node->Capabilities.Removable          ? RemovalPolicyExpectNoRemoval
                   : Node->Capabilities.SurpriseRemovalOK ? RemovalPolicyExpectSurpriseRemoval
                                                          : RemovalPolicyExpectOrderlyRemoval;
    return PipReturnBytes(&Policy, sizeof(Policy), Buffer, BufferLength, ResultLength);
}

// A number that means "not known" is none.
static NTSTATUS PipReturnBusNumber(ULONG Value, ULONG Unknown, PVOID Buffer, ULONG BufferLength,
                                   PULONG ResultLength)
{
    return Value == Unknown ? STATUS_OBJECT_NAME_NOT_FOUND
                            : PipReturnBytes(&Value, sizeof(Value), Buffer, BufferLength, ResultLength);
}

NTSTATUS PipGetProperty(PIOP_DEVICE_NODE Node, DEVICE_REGISTRY_PROPERTY Property, ULONG BufferLength,
                        PVOID Buffer, PULONG ResultLength)
{
    *ResultLength = 0;
    switch (Property) {
    case DevicePropertyPhysicalDeviceObjectName:
        return PipReturnPdoName(Node, Buffer, BufferLength, ResultLength);
    case DevicePropertyEnumeratorName: return PipReturnEnumerator(Node, Buffer, BufferLength, ResultLength);
    case DevicePropertyBusTypeGuid:
        return Node->BusInformation.LegacyBusType == InterfaceTypeUndefined
                   ? STATUS_OBJECT_NAME_NOT_FOUND
                   : PipReturnBytes(&Node->BusInformation.BusTypeGuid, sizeof(GUID), Buffer, BufferLength,
                                    ResultLength);
    case DevicePropertyLegacyBusType:
        return PipReturnBusNumber((ULONG)Node->BusInformation.LegacyBusType, (ULONG)InterfaceTypeUndefined,
                                  Buffer, BufferLength, ResultLength);
    case DevicePropertyBusNumber:
        return PipReturnBusNumber(Node->BusNumber, MAXULONG, Buffer, BufferLength, ResultLength);
    case DevicePropertyAddress:
        return PipReturnBytes(&Node->Capabilities.Address, sizeof(ULONG), Buffer, BufferLength, ResultLength);
    case DevicePropertyUINumber:
        return PipReturnBytes(&Node->Capabilities.UINumber, sizeof(ULONG), Buffer, BufferLength,
                              ResultLength);
    case DevicePropertyInstallState: return PipReturnInstallState(Node, Buffer, BufferLength, ResultLength);
    case DevicePropertyRemovalPolicy: return PipReturnRemovalPolicy(Node, Buffer, BufferLength, ResultLength);
    case DevicePropertyBootConfigurationTranslated:
        return PipReturnResources(Node, PipBootTranslated, Buffer, BufferLength, ResultLength);
    case DevicePropertyAllocatedResources:
        return PipReturnResources(Node, PipAllocated, Buffer, BufferLength, ResultLength);
    default: break;
    }
    if ((ULONG)Property >= RTL_NUMBER_OF(PipRegistryProperties) ||
        PipRegistryProperties[Property].ValueName == NULL) {
        return STATUS_INVALID_PARAMETER_2;
    }
    return PipReturnValue(Node, PipRegistryProperties[Property].SubKey,
                          PipRegistryProperties[Property].ValueName, PipRegistryProperties[Property].Type,
                          Buffer, BufferLength, ResultLength);
}

// STATUS_BUFFER_TOO_SMALL: *ResultLength bytes are needed. STATUS_INVALID_PARAMETER_2: no such property.
// STATUS_OBJECT_NAME_NOT_FOUND: the device has none. STATUS_INVALID_DEVICE_REQUEST: no physical device
// object. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                   ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength)
{
    PIOP_DEVICE_NODE Node = PipReferenceNode(DeviceObject);
    if (Node == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    NTSTATUS Status = PipGetProperty(Node, DeviceProperty, BufferLength, PropertyBuffer, ResultLength);
    PipDereferenceNode(Node);
    return Status;
}

// ---- Its keys

// What is below the key of the system, or of the current hardware profile.
static NTSTATUS PipDriverKeyPath(PIOP_DEVICE_NODE Node, BOOLEAN Profile, PUNICODE_STRING Path)
{
    WCHAR Driver[PIP_ID_CHARACTERS];
    ULONG Bytes;
    NTSTATUS Status = PipReturnValue(Node, NULL, L"Driver", REG_SZ, Driver, sizeof(Driver), &Bytes);
    return !NT_SUCCESS(Status) ? STATUS_OBJECT_NAME_NOT_FOUND
           : Profile           ? PipJoin(Path, PIP_PROFILE_KEY, L"Control\\Class\\", Driver, NULL)
                               : PipJoin(Path, PIP_CLASS_KEY, Driver, NULL);
}

// A kernel handle to the device's hardware key or its driver's software key, of the current hardware profile
// if that is said, made when it is first opened. STATUS_INVALID_PARAMETER (not one of both, no physical
// device object), STATUS_OBJECT_NAME_NOT_FOUND (no driver is installed for it), what ZwCreateKey says. IRQL
// PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType,
                                       ACCESS_MASK DesiredAccess, PHANDLE DeviceRegKey)
{
    BOOLEAN Profile = (DevInstKeyType & PLUGPLAY_REGKEY_CURRENT_HWPROFILE) != 0;
    ULONG Kind = DevInstKeyType & ~(ULONG)PLUGPLAY_REGKEY_CURRENT_HWPROFILE;
    UNICODE_STRING Path;
    if (Kind != PLUGPLAY_REGKEY_DEVICE && Kind != PLUGPLAY_REGKEY_DRIVER) {
        return STATUS_INVALID_PARAMETER;
    }
    PIOP_DEVICE_NODE Node = PipReferenceNode(DeviceObject);
    if (Node == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status =
        Kind == PLUGPLAY_REGKEY_DRIVER ? PipDriverKeyPath(Node, Profile, &Path)
        : Profile ? PipJoin(&Path, PIP_PROFILE_KEY, L"Enum\\", Node->InstancePath.Buffer, NULL)
                  : PipJoin(&Path, PIP_ENUM_KEY, Node->InstancePath.Buffer, L"\\Device Parameters", NULL);
    PipDereferenceNode(Node);
    if (NT_SUCCESS(Status)) {
        Status = PipCreateKey(&Path, DesiredAccess, FALSE, DeviceRegKey);
        PipFreeString(&Path);
    }
    return Status;
}
