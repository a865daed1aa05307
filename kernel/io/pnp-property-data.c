// SPDX-License-Identifier: MIT
// Properties by key, of devices and of interfaces: those that drivers set, and those that the system knows.
#include "inc/kernel.h"
#include "io/pnp-property.h"
#include <devpkey.h>

typedef struct _PIP_PROPERTY {
    LIST_ENTRY Link;
    DEVPROPKEY Key;
    LCID Lcid;
    DEVPROPTYPE Type;
    ULONG Bytes;
    UCHAR Data[];
} PIP_PROPERTY, *PPIP_PROPERTY;

static BOOLEAN PipIsKey(const DEVPROPKEY *Key, const DEVPROPKEY *Other)
{
    return Key->pid == Other->pid && IsEqualGUID(&Key->fmtid, &Other->fmtid);
}

VOID PipFreeProperties(PLIST_ENTRY Properties)
{
    while (!IsListEmpty(Properties)) {
        PLIST_ENTRY Link = RemoveHeadList(Properties);
        ExFreePoolWithTag(CONTAINING_RECORD(Link, PIP_PROPERTY, Link), TAG_PNP);
    }
}

// The lock is held.
static PPIP_PROPERTY PipFindProperty(PLIST_ENTRY Properties, const DEVPROPKEY *Key, LCID Lcid)
{
    for (PLIST_ENTRY Link = Properties->Flink; Link != Properties; Link = Link->Flink) {
        PPIP_PROPERTY Property = CONTAINING_RECORD(Link, PIP_PROPERTY, Link);
        if (Property->Lcid == Lcid && PipIsKey(&Property->Key, Key)) {
            return Property;
        }
    }
    return NULL;
}

// Data NULL: takes the property away. STATUS_OBJECT_NAME_NOT_FOUND: there is none to take away.
static NTSTATUS PipSetProperty(PLIST_ENTRY Properties, const DEVPROPKEY *Key, LCID Lcid, DEVPROPTYPE Type,
                               ULONG Bytes, const VOID *Data)
{
    PPIP_PROPERTY New = NULL;
    if (Data != NULL) {
        New = ExAllocatePoolZero(PagedPool, sizeof(*New) + Bytes, TAG_PNP);
        if (New == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        New->Key = *Key;
        New->Lcid = Lcid;
        New->Type = Type;
        New->Bytes = Bytes;
        RtlCopyMemory(New->Data, Data, Bytes);
    }
    PipAcquireLock();
    PPIP_PROPERTY Old = PipFindProperty(Properties, Key, Lcid);
    if (Old != NULL) {
        RemoveEntryList(&Old->Link);
    }
    if (New != NULL) {
        InsertTailList(Properties, &New->Link);
    }
    PipReleaseLock();
    if (Old != NULL) {
        ExFreePoolWithTag(Old, TAG_PNP);
    }
    return New == NULL && Old == NULL ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

static NTSTATUS PipQueryProperty(PLIST_ENTRY Properties, const DEVPROPKEY *Key, LCID Lcid, ULONG Size,
                                 PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;
    *RequiredSize = 0;
    PipAcquireLock();
    PPIP_PROPERTY Property = PipFindProperty(Properties, Key, Lcid);
    if (Property != NULL) {
        *Type = Property->Type;
        *RequiredSize = Property->Bytes;
        Status = Property->Bytes > Size ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        if (NT_SUCCESS(Status)) {
            RtlCopyMemory(Data, Property->Data, Property->Bytes);
        }
    }
    PipReleaseLock();
    return Status;
}

#define PIP_LCID_USER_DEFAULT   0x0400
#define PIP_LCID_SYSTEM_DEFAULT 0x0800

static BOOLEAN PipIsLcid(LCID Lcid)
{
    return Lcid != PIP_LCID_USER_DEFAULT && Lcid != PIP_LCID_SYSTEM_DEFAULT;
}

// Kinds that a fixed number of bytes have, with or without an array of them.
static BOOLEAN PipIsSize(DEVPROPTYPE Type, ULONG Bytes)
{
    static const UCHAR Sizes[] = {
        [DEVPROP_TYPE_SBYTE] = 1,    [DEVPROP_TYPE_BYTE] = 1,     [DEVPROP_TYPE_INT16] = 2,
        [DEVPROP_TYPE_UINT16] = 2,   [DEVPROP_TYPE_INT32] = 4,    [DEVPROP_TYPE_UINT32] = 4,
        [DEVPROP_TYPE_INT64] = 8,    [DEVPROP_TYPE_UINT64] = 8,   [DEVPROP_TYPE_FLOAT] = 4,
        [DEVPROP_TYPE_DOUBLE] = 8,   [DEVPROP_TYPE_DECIMAL] = 16, [DEVPROP_TYPE_GUID] = 16,
        [DEVPROP_TYPE_CURRENCY] = 8, [DEVPROP_TYPE_DATE] = 8,     [DEVPROP_TYPE_FILETIME] = 8,
        [DEVPROP_TYPE_BOOLEAN] = 1,  [DEVPROP_TYPE_ERROR] = 4,    [DEVPROP_TYPE_NTSTATUS] = 4,
    };
    ULONG Kind = Type & DEVPROP_MASK_TYPE;
    if (Kind == DEVPROP_TYPE_EMPTY || Kind > DEVPROP_TYPE_STRING_INDIRECT ||
        (Type & ~(DEVPROPTYPE)(DEVPROP_MASK_TYPE | DEVPROP_MASK_TYPEMOD)) != 0) {
        return FALSE;
    }
    ULONG Size = Kind < RTL_NUMBER_OF(Sizes) ? Sizes[Kind] : 0;
    return Size == 0 || ((Type & DEVPROP_TYPEMOD_ARRAY) ? Bytes % Size == 0 : Bytes == Size);
}

// ---- Devices

// What IoGetDeviceProperty answers too.
static const struct {
    const DEVPROPKEY *Key;
    DEVICE_REGISTRY_PROPERTY Property;
    DEVPROPTYPE Type;
    PCWSTR ValueName; // of those that drivers may set
} PipSystemProperties[] = {
    {&DEVPKEY_Device_DeviceDesc, DevicePropertyDeviceDescription, DEVPROP_TYPE_STRING, L"DeviceDesc"},
    {&DEVPKEY_Device_HardwareIds, DevicePropertyHardwareID, DEVPROP_TYPE_STRING_LIST, NULL},
    {&DEVPKEY_Device_CompatibleIds, DevicePropertyCompatibleIDs, DEVPROP_TYPE_STRING_LIST, NULL},
    {&DEVPKEY_Device_Class, DevicePropertyClassName, DEVPROP_TYPE_STRING, NULL},
    {&DEVPKEY_Device_Driver, DevicePropertyDriverKeyName, DEVPROP_TYPE_STRING, NULL},
    {&DEVPKEY_Device_Manufacturer, DevicePropertyManufacturer, DEVPROP_TYPE_STRING, NULL},
    {&DEVPKEY_Device_FriendlyName, DevicePropertyFriendlyName, DEVPROP_TYPE_STRING, L"FriendlyName"},
    {&DEVPKEY_Device_LocationInfo, DevicePropertyLocationInformation, DEVPROP_TYPE_STRING,
     L"LocationInformation"},
    {&DEVPKEY_Device_PDOName, DevicePropertyPhysicalDeviceObjectName, DEVPROP_TYPE_STRING, NULL},
    {&DEVPKEY_Device_BusTypeGuid, DevicePropertyBusTypeGuid, DEVPROP_TYPE_GUID, NULL},
    {&DEVPKEY_Device_LegacyBusType, DevicePropertyLegacyBusType, DEVPROP_TYPE_UINT32, NULL},
    {&DEVPKEY_Device_BusNumber, DevicePropertyBusNumber, DEVPROP_TYPE_UINT32, NULL},
    {&DEVPKEY_Device_EnumeratorName, DevicePropertyEnumeratorName, DEVPROP_TYPE_STRING, NULL},
    {&DEVPKEY_Device_Address, DevicePropertyAddress, DEVPROP_TYPE_UINT32, NULL},
    {&DEVPKEY_Device_UINumber, DevicePropertyUINumber, DEVPROP_TYPE_UINT32, NULL},
    {&DEVPKEY_Device_InstallState, DevicePropertyInstallState, DEVPROP_TYPE_UINT32, NULL},
    {&DEVPKEY_Device_RemovalPolicy, DevicePropertyRemovalPolicy, DEVPROP_TYPE_UINT32, NULL},
};

// An index in the table, or its length.
static ULONG PipFindSystemProperty(const DEVPROPKEY *Key)
{
    ULONG Index = 0;
    while (Index < RTL_NUMBER_OF(PipSystemProperties) && !PipIsKey(PipSystemProperties[Index].Key, Key)) {
        Index += 1;
    }
    return Index;
}

// A text of a device's registry key; Data NULL takes it away.
static NTSTATUS PipSetDeviceText(PIOP_DEVICE_NODE Node, PCWSTR ValueName, DEVPROPTYPE Type, ULONG Bytes,
                                 const VOID *Data)
{
    HANDLE Key;
    UNICODE_STRING Name;
    if (Data != NULL && (Type != DEVPROP_TYPE_STRING || Bytes % sizeof(WCHAR) != 0 || Bytes == 0 ||
                         ((PCWSTR)Data)[Bytes / sizeof(WCHAR) - 1] != L'\0')) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = PipOpenInstanceKey(Node, NULL, KEY_ALL_ACCESS, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlInitUnicodeString(&Name, ValueName);
    Status = Data != NULL ? PipSetValue(Key, ValueName, REG_SZ, Data, Bytes) : ZwDeleteValueKey(Key, &Name);
    ZwClose(Key);
    return Status;
}

// Sets a property of that language, or takes it away (Data NULL). STATUS_INVALID_PARAMETER (Flags, a size
// that the type has not), STATUS_UNSUCCESSFUL (Lcid is LOCALE_SYSTEM_DEFAULT or LOCALE_USER_DEFAULT),
// STATUS_INVALID_DEVICE_REQUEST (no physical device object), STATUS_NOT_IMPLEMENTED (a reserved key),
// STATUS_ACCESS_DENIED (one that is not the driver's to say), STATUS_OBJECT_NAME_NOT_FOUND (nothing to take
// away). IRQL <= APC_LEVEL; what the registry has (description, friendly name, location) at PASSIVE_LEVEL.
// (wdm)
NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid,
                                       ULONG Flags, DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    if ((Flags & ~PLUGPLAY_PROPERTY_PERSISTENT) != 0 || (Data != NULL && !PipIsSize(Type, Size))) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!PipIsLcid(Lcid)) {
        return STATUS_UNSUCCESSFUL;
    }
    PIOP_DEVICE_NODE Node = PipReferenceNode(Pdo);
    if (Node == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    ULONG Index = PipFindSystemProperty(PropertyKey);
    NTSTATUS Status;
    if (Index == RTL_NUMBER_OF(PipSystemProperties)) {
        Status = PropertyKey->pid < DEVPROPID_FIRST_USABLE
                     ? STATUS_NOT_IMPLEMENTED
                     : PipSetProperty(&Node->Properties, PropertyKey, Lcid, Type, Size, Data);
    } else if (PipSystemProperties[Index].ValueName != NULL) {
        Status = PipSetDeviceText(Node, PipSystemProperties[Index].ValueName, Type, Size, Data);
    } else {
        Status = STATUS_ACCESS_DENIED; // its bus driver's, or the installation's
    }
    PipDereferenceNode(Node);
    return Status;
}

// DEVPKEY_Device_ClassGuid is a GUID, the registry has its text.
static NTSTATUS PipQueryClassGuid(PIOP_DEVICE_NODE Node, ULONG Size, PVOID Data, PULONG RequiredSize,
                                  PDEVPROPTYPE Type)
{
    WCHAR Text[PIP_GUID_CHARACTERS];
    UNICODE_STRING String;
    GUID Guid;
    ULONG Bytes;
    NTSTATUS Status = PipGetProperty(Node, DevicePropertyClassGuid, sizeof(Text), Text, &Bytes);
    *RequiredSize = 0;
    if (NT_SUCCESS(Status)) {
        RtlInitUnicodeString(&String, Text);
        Status = RtlGUIDFromString(&String, &Guid);
    }
    if (!NT_SUCCESS(Status)) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    *Type = DEVPROP_TYPE_GUID;
    return PipReturnBytes(&Guid, sizeof(Guid), Data, Size, RequiredSize);
}

// STATUS_BUFFER_TOO_SMALL: *RequiredSize bytes are needed. STATUS_OBJECT_NAME_NOT_FOUND, and as for
// IoSetDevicePropertyData. IRQL as there. (wdm)
NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid,
                                       ULONG Flags, ULONG Size, PVOID Data, PULONG RequiredSize,
                                       PDEVPROPTYPE Type)
{
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!PipIsLcid(Lcid)) {
        return STATUS_UNSUCCESSFUL;
    }
    PIOP_DEVICE_NODE Node = PipReferenceNode(Pdo);
    if (Node == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    ULONG Index = PipFindSystemProperty(PropertyKey);
    NTSTATUS Status;
    if (Index < RTL_NUMBER_OF(PipSystemProperties)) {
        *Type = PipSystemProperties[Index].Type;
        Status = PipGetProperty(Node, PipSystemProperties[Index].Property, Size, Data, RequiredSize);
    } else if (PipIsKey(PropertyKey, &DEVPKEY_Device_ClassGuid)) {
        Status = PipQueryClassGuid(Node, Size, Data, RequiredSize, Type);
    } else if (PipIsKey(PropertyKey, &DEVPKEY_Device_InstanceId)) {
        *Type = DEVPROP_TYPE_STRING;
        Status = PipReturnBytes(Node->InstancePath.Buffer, Node->InstancePath.MaximumLength, Data, Size,
                                RequiredSize);
    } else {
        Status = PipQueryProperty(&Node->Properties, PropertyKey, Lcid, Size, Data, RequiredSize, Type);
    }
    PipDereferenceNode(Node);
    return Status;
}

// ---- Interfaces

static PPIP_INTERFACE PipLookUpInterface(PCUNICODE_STRING Name)
{
    PipAcquireLock();
    PPIP_INTERFACE Interface = PipFindInterface(Name);
    PipReleaseLock();
    return Interface;
}

// The system's own, which nobody may set.
static BOOLEAN PipIsInterfaceProperty(const DEVPROPKEY *Key)
{
    return PipIsKey(Key, &DEVPKEY_DeviceInterface_Enabled) ||
           PipIsKey(Key, &DEVPKEY_DeviceInterface_ClassGuid) || PipIsKey(Key, &DEVPKEY_Device_InstanceId);
}

static NTSTATUS PipQueryInterfaceProperty(PPIP_INTERFACE Interface, const DEVPROPKEY *Key, ULONG Size,
                                          PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    if (PipIsKey(Key, &DEVPKEY_DeviceInterface_Enabled)) {
        DEVPROP_BOOLEAN Enabled = Interface->Enabled ? DEVPROP_TRUE : DEVPROP_FALSE;
        *Type = DEVPROP_TYPE_BOOLEAN;
        return PipReturnBytes(&Enabled, sizeof(Enabled), Data, Size, RequiredSize);
    }
    if (PipIsKey(Key, &DEVPKEY_DeviceInterface_ClassGuid)) {
        *Type = DEVPROP_TYPE_GUID;
        return PipReturnBytes(&Interface->ClassGuid, sizeof(GUID), Data, Size, RequiredSize);
    }
    *Type = DEVPROP_TYPE_STRING;
    return PipReturnBytes(Interface->InstancePath.Buffer, Interface->InstancePath.MaximumLength, Data, Size,
                          RequiredSize);
}

// As IoSetDevicePropertyData, of an interface. STATUS_NOT_IMPLEMENTED: what the system says of it.
// STATUS_OBJECT_NAME_NOT_FOUND: no such interface. IRQL <= APC_LEVEL. (wdm)
NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName,
                                                const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    if ((Flags & ~PLUGPLAY_PROPERTY_PERSISTENT) != 0 || (Data != NULL && !PipIsSize(Type, Size))) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!PipIsLcid(Lcid)) {
        return STATUS_UNSUCCESSFUL;
    }
    PPIP_INTERFACE Interface = PipLookUpInterface(SymbolicLinkName);
    if (Interface == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (PropertyKey->pid < DEVPROPID_FIRST_USABLE || PipIsInterfaceProperty(PropertyKey)) {
        return STATUS_NOT_IMPLEMENTED;
    }
    return PipSetProperty(&Interface->Properties, PropertyKey, Lcid, Type, Size, Data);
}

// As IoGetDevicePropertyData, of an interface. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName,
                                                const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                ULONG Size, PVOID Data, PULONG RequiredSize,
                                                PDEVPROPTYPE Type)
{
    if (Flags != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!PipIsLcid(Lcid)) {
        return STATUS_UNSUCCESSFUL;
    }
    PPIP_INTERFACE Interface = PipLookUpInterface(SymbolicLinkName);
    if (Interface == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return PipIsInterfaceProperty(PropertyKey)
               ? PipQueryInterfaceProperty(Interface, PropertyKey, Size, Data, RequiredSize, Type)
               : PipQueryProperty(&Interface->Properties, PropertyKey, Lcid, Size, Data, RequiredSize, Type);
}
