// SPDX-License-Identifier: MIT
// Device interfaces: instances of classes that devices offer, each by a symbolic link that opens its device.
#include "inc/kernel.h"
#include "io/pnp.h"

LIST_ENTRY PipInterfaces;

#define PIP_LINK_PREFIX_BYTES (4 * sizeof(WCHAR)) // \??\ and \\?\ alike

static BOOLEAN PipHasLinkPrefix(PCUNICODE_STRING Name)
{
    return Name->Length > PIP_LINK_PREFIX_BYTES &&
           (RtlEqualMemory(Name->Buffer, L"\\??\\", PIP_LINK_PREFIX_BYTES) ||
            RtlEqualMemory(Name->Buffer, L"\\\\?\\", PIP_LINK_PREFIX_BYTES));
}

static UNICODE_STRING PipBehindPrefix(PCUNICODE_STRING Name)
{
    return (UNICODE_STRING){(USHORT)(Name->Length - PIP_LINK_PREFIX_BYTES),
                            (USHORT)(Name->Length - PIP_LINK_PREFIX_BYTES),
                            Name->Buffer + PIP_LINK_PREFIX_BYTES / sizeof(WCHAR)};
}

PPIP_INTERFACE PipFindInterface(PCUNICODE_STRING Name)
{
    if (!PipHasLinkPrefix(Name)) {
        return NULL;
    }
    UNICODE_STRING Wanted = PipBehindPrefix(Name);
    for (PLIST_ENTRY Link = PipInterfaces.Flink; Link != &PipInterfaces; Link = Link->Flink) {
        PPIP_INTERFACE Interface = CONTAINING_RECORD(Link, PIP_INTERFACE, Link);
        UNICODE_STRING Existing = PipBehindPrefix(&Interface->Name);
        if (RtlEqualUnicodeString(&Existing, &Wanted, TRUE)) {
            return Interface;
        }
    }
    return NULL;
}

// The lock is held. Sorted by class, then by name, as their registry keys are.
static VOID PipInsertInterface(PPIP_INTERFACE New)
{
    PLIST_ENTRY Link = PipInterfaces.Flink;
    while (Link != &PipInterfaces &&
           RtlCompareUnicodeString(&CONTAINING_RECORD(Link, PIP_INTERFACE, Link)->Name, &New->Name, TRUE) <
               0) {
        Link = Link->Flink;
    }
    InsertTailList(Link, &New->Link);
}

// ---- Made

static VOID PipFreeInterface(PPIP_INTERFACE Interface)
{
    PipFreeString(&Interface->InstancePath);
    PipFreeString(&Interface->Reference);
    PipFreeString(&Interface->LinkName);
    PipFreeString(&Interface->Name);
    ExFreePoolWithTag(Interface, TAG_PNP);
}

// Whatever of it has been made is freed if it fails.
static NTSTATUS PipMakeInterface(PIOP_DEVICE_NODE Node, const GUID *ClassGuid, PCUNICODE_STRING Reference,
                                 PPIP_INTERFACE *Interface)
{
    WCHAR Guid[PIP_GUID_CHARACTERS];
    PPIP_INTERFACE New = ExAllocatePoolZero(PagedPool, sizeof(*New), TAG_PNP);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->ClassGuid = *ClassGuid;
    InitializeListHead(&New->Properties);
    PipGuidToText(ClassGuid, Guid);
    NTSTATUS Status = PipJoin(&New->InstancePath, Node->InstancePath.Buffer, NULL);
    if (!NT_SUCCESS(Status)) {
        goto Fail;
    }
    New->Reference.Buffer =
        ExAllocatePool2(POOL_FLAG_PAGED, Reference->Length + sizeof(WCHAR), TAG_PNP); // zeroed
    if (New->Reference.Buffer == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Fail;
    }
    RtlCopyMemory(New->Reference.Buffer, Reference->Buffer, Reference->Length);
    New->Reference.Length = Reference->Length;
    New->Reference.MaximumLength = Reference->Length + (USHORT)sizeof(WCHAR);
    Status = PipJoin(&New->LinkName, L"\\??\\", New->InstancePath.Buffer, L"#", Guid, NULL);
    if (!NT_SUCCESS(Status)) {
        goto Fail;
    }
    for (PWCH Character = New->LinkName.Buffer + 4; *Character != L'\0'; Character += 1) {
        if (*Character == OBJ_NAME_PATH_SEPARATOR) {
            *Character = L'#';
        }
    }
    Status = PipJoin(&New->Name, New->LinkName.Buffer, Reference->Length != 0 ? L"\\" : L"",
                     New->Reference.Buffer, NULL);
    if (!NT_SUCCESS(Status)) {
        goto Fail;
    }
    *Interface = New;
    return STATUS_SUCCESS;
Fail:
    PipFreeInterface(New);
    return Status;
}

// A key of the interface's in the registry: its device's below the class, or its own, one below that and what
// SubKey says.
static NTSTATUS PipOpenInterfaceKey(PPIP_INTERFACE Interface, BOOLEAN Own, PCWSTR SubKey,
                                    ACCESS_MASK DesiredAccess, BOOLEAN Volatile, PHANDLE Key)
{
    WCHAR Guid[PIP_GUID_CHARACTERS];
    UNICODE_STRING Path;
    PipGuidToText(&Interface->ClassGuid, Guid);
    NTSTATUS Status = PipJoin(&Path, PIP_CLASSES_KEY, Guid, L"\\##?#", Interface->LinkName.Buffer + 4,
                              Own ? L"\\#" : L"", Own ? Interface->Reference.Buffer : L"", SubKey, NULL);
    if (NT_SUCCESS(Status)) {
        Status = PipCreateKey(&Path, DesiredAccess, Volatile, Key);
        PipFreeString(&Path);
    }
    return Status;
}

static NTSTATUS PipRecordInterface(PPIP_INTERFACE Interface)
{
    HANDLE Key;
    UNICODE_STRING LinkName;
    NTSTATUS Status = PipOpenInterfaceKey(Interface, FALSE, L"", KEY_ALL_ACCESS, FALSE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipSetText(Key, L"DeviceInstance", Interface->InstancePath.Buffer);
    ZwClose(Key);
    if (NT_SUCCESS(Status)) {
        Status = PipOpenInterfaceKey(Interface, TRUE, L"", KEY_ALL_ACCESS, FALSE, &Key);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipJoin(&LinkName, L"\\\\?\\", Interface->Name.Buffer + 4, NULL);
    if (NT_SUCCESS(Status)) {
        Status = PipSetText(Key, L"SymbolicLink", LinkName.Buffer);
        PipFreeString(&LinkName);
    }
    ZwClose(Key);
    return Status;
}

// Whether it is enabled can be seen in the registry too; a driver does not depend on it.
static VOID PipRecordState(PPIP_INTERFACE Interface, ULONG Linked)
{
    HANDLE Key;
    if (NT_SUCCESS(PipOpenInterfaceKey(Interface, TRUE, L"\\Control", KEY_ALL_ACCESS, TRUE, &Key))) {
        PipSetValue(Key, L"Linked", REG_DWORD, &Linked, sizeof(Linked));
        ZwClose(Key);
    }
}

static BOOLEAN PipIsReference(PCUNICODE_STRING Reference)
{
    for (ULONG Index = 0; Index < Reference->Length / sizeof(WCHAR); Index += 1) {
        if (Reference->Buffer[Index] == L'\\' || Reference->Buffer[Index] == L'/') {
            return FALSE;
        }
    }
    return TRUE;
}

// Registers an instance of an interface class for a device; *SymbolicLinkName, which RtlFreeUnicodeString
// frees, names it. STATUS_OBJECT_NAME_EXISTS: it was there already, and is named too.
// STATUS_INVALID_DEVICE_REQUEST (no physical device object, a reference with a path separator),
// STATUS_INSUFFICIENT_RESOURCES, what making registry keys says. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, const GUID *InterfaceClassGuid,
                                         PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName)
{
    static const UNICODE_STRING None = RTL_CONSTANT_STRING(L"");
    PCUNICODE_STRING Reference = ReferenceString != NULL ? ReferenceString : &None;
    PPIP_INTERFACE New;
    PIOP_DEVICE_NODE Node = PipReferenceNode(PhysicalDeviceObject);
    if (Node == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    NTSTATUS Status = PipIsReference(Reference) ? PipMakeInterface(Node, InterfaceClassGuid, Reference, &New)
                                                : STATUS_INVALID_DEVICE_REQUEST;
    PipDereferenceNode(Node);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipJoin(SymbolicLinkName, New->Name.Buffer, NULL);
    if (!NT_SUCCESS(Status)) {
        goto FreeInterface;
    }
    Status = PipRecordInterface(New);
    if (!NT_SUCCESS(Status)) {
        PipFreeString(SymbolicLinkName);
        goto FreeInterface;
    }
    PipAcquireLock();
    BOOLEAN Exists = PipFindInterface(&New->Name) != NULL;
    if (!Exists) {
        PipInsertInterface(New);
    }
    PipReleaseLock();
    if (!Exists) {
        return STATUS_SUCCESS;
    }
    Status = STATUS_OBJECT_NAME_EXISTS;
FreeInterface:
    PipFreeInterface(New);
    return Status;
}

// ---- Enabled and disabled

typedef struct _PIP_INTERFACE_CHANGE {
    PIP_ACTION Action;
    GUID ClassGuid, Event;
    UNICODE_STRING Name;
} PIP_INTERFACE_CHANGE;

static VOID PipTellInterfaceChange(PPIP_ACTION Action)
{
    PIP_INTERFACE_CHANGE *Change = CONTAINING_RECORD(Action, PIP_INTERFACE_CHANGE, Action);
    PipNotifyInterfaceChange(&Change->ClassGuid, &Change->Event, &Change->Name);
    PipFreeString(&Change->Name);
}

// Without memory nobody is told: no caller could do anything about it.
static VOID PipQueueInterfaceChange(PPIP_INTERFACE Interface, const GUID *Event)
{
    PIP_INTERFACE_CHANGE *Change = PipAllocateAction(sizeof(*Change), PipTellInterfaceChange);
    if (Change == NULL) {
        return;
    }
    Change->ClassGuid = Interface->ClassGuid;
    Change->Event = *Event;
    if (NT_SUCCESS(PipJoin(&Change->Name, Interface->Name.Buffer, NULL))) {
        PipQueueAction(&Change->Action);
    } else {
        ExFreePoolWithTag(Change, TAG_PNP);
    }
}

// The lock is held. Interfaces of one device and class that differ in their reference share a link.
static BOOLEAN PipIsLinkUsed(PPIP_INTERFACE Interface)
{
    for (PLIST_ENTRY Link = PipInterfaces.Flink; Link != &PipInterfaces; Link = Link->Flink) {
        PPIP_INTERFACE Other = CONTAINING_RECORD(Link, PIP_INTERFACE, Link);
        if (Other != Interface && Other->Enabled &&
            RtlEqualUnicodeString(&Other->LinkName, &Interface->LinkName, TRUE)) {
            return TRUE;
        }
    }
    return FALSE;
}

// *Name is freed by PipFreeString. STATUS_OBJECT_NAME_NOT_FOUND: it has none.
static NTSTATUS PipDeviceName(PDEVICE_OBJECT DeviceObject, PUNICODE_STRING Name)
{
    ULONG64 Buffer[80];
    POBJECT_NAME_INFORMATION Information = (PVOID)Buffer;
    ULONG Needed;
    NTSTATUS Status = ObQueryNameString(DeviceObject, Information, sizeof(Buffer), &Needed);
    if (NT_SUCCESS(Status) && Information->Name.Length == 0) {
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return NT_SUCCESS(Status) ? PipJoin(Name, Information->Name.Buffer, NULL) : Status;
}

// The lock is held.
static NTSTATUS PipEnableInterface(PPIP_INTERFACE Interface, PUNICODE_STRING DeviceName)
{
    if (Interface->Enabled) {
        return STATUS_OBJECT_NAME_EXISTS;
    }
    NTSTATUS Status = STATUS_SUCCESS;
    if (!PipIsLinkUsed(Interface)) {
        // Named, not looked up: the link of a device that is gone may still be there.
        IoDeleteSymbolicLink(&Interface->LinkName);
        Status = IoCreateSymbolicLink(&Interface->LinkName, DeviceName);
    }
    Interface->Enabled = NT_SUCCESS(Status);
    return Status;
}

// The lock is held.
static NTSTATUS PipDisableInterface(PPIP_INTERFACE Interface)
{
    if (!Interface->Enabled) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    Interface->Enabled = FALSE;
    if (!PipIsLinkUsed(Interface)) {
        IoDeleteSymbolicLink(&Interface->LinkName);
    }
    return STATUS_SUCCESS;
}

// The node of the device whose interface has that name, referenced; NULL if there is none, or it is not
// present.
static PIOP_DEVICE_NODE PipNodeOfInterface(PPIP_INTERFACE Interface)
{
    return PipFindNode(&Interface->InstancePath);
}

static NTSTATUS PipSetEnabled(PPIP_INTERFACE Interface, PIOP_DEVICE_NODE Node)
{
    UNICODE_STRING DeviceName;
    NTSTATUS Status = PipDeviceName(Node->PhysicalDeviceObject, &DeviceName);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PipAcquireLock();
    Status = PipEnableInterface(Interface, &DeviceName);
    // Before its device has started nobody is told: that would be an invitation to open it.
    BOOLEAN Announce = Status == STATUS_SUCCESS && Node->State >= DeviceNodeStarted;
    if (Announce) {
        Interface->Announced = TRUE;
    }
    PipReleaseLock();
    PipFreeString(&DeviceName);
    if (Status == STATUS_SUCCESS) {
        PipRecordState(Interface, 1);
    }
    if (Announce) {
        PipQueueInterfaceChange(Interface, &GUID_DEVICE_INTERFACE_ARRIVAL);
    }
    return Status;
}

static NTSTATUS PipSetDisabled(PPIP_INTERFACE Interface)
{
    PipAcquireLock();
    NTSTATUS Status = PipDisableInterface(Interface);
    BOOLEAN Announce = NT_SUCCESS(Status) && Interface->Announced;
    Interface->Announced = Interface->Announced && !Announce;
    PipReleaseLock();
    if (NT_SUCCESS(Status)) {
        PipRecordState(Interface, 0);
    }
    if (Announce) {
        PipQueueInterfaceChange(Interface, &GUID_DEVICE_INTERFACE_REMOVAL);
    }
    return Status;
}

// Interfaces are never freed, so that what the lock has found stays.
static PPIP_INTERFACE PipLookUpInterface(PCUNICODE_STRING Name)
{
    PipAcquireLock();
    PPIP_INTERFACE Interface = PipFindInterface(Name);
    PipReleaseLock();
    return Interface;
}

// Makes the link of an interface, or takes it away, and tells who wants to know; of a device that has not
// started yet, when it has. STATUS_OBJECT_NAME_EXISTS: it is enabled already. STATUS_OBJECT_NAME_NOT_FOUND
// (it is not enabled, or there is none of that name), STATUS_INVALID_DEVICE_REQUEST (its device is not
// there). IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable)
{
    PPIP_INTERFACE Interface = PipLookUpInterface(SymbolicLinkName);
    if (Interface == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (!Enable) {
        return PipSetDisabled(Interface);
    }
    PIOP_DEVICE_NODE Node = PipNodeOfInterface(Interface);
    if (Node == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    NTSTATUS Status = PipSetEnabled(Interface, Node);
    PipDereferenceNode(Node);
    return Status;
}

VOID PipAnnounceInterfaces(PIOP_DEVICE_NODE Node)
{
    PipAcquireLock();
    for (PLIST_ENTRY Link = PipInterfaces.Flink; Link != &PipInterfaces; Link = Link->Flink) {
        PPIP_INTERFACE Interface = CONTAINING_RECORD(Link, PIP_INTERFACE, Link);
        if (Interface->Enabled && !Interface->Announced &&
            RtlEqualUnicodeString(&Interface->InstancePath, &Node->InstancePath, TRUE)) {
            Interface->Announced = TRUE;
            PipQueueInterfaceChange(Interface, &GUID_DEVICE_INTERFACE_ARRIVAL);
        }
    }
    PipReleaseLock();
}

VOID PipDisableInterfaces(PIOP_DEVICE_NODE Node)
{
    // None is ever taken off the list, and none is put in front of what has been passed but by itself.
    PipAcquireLock();
    PLIST_ENTRY Link = PipInterfaces.Flink;
    PipReleaseLock();
    while (Link != &PipInterfaces) {
        PPIP_INTERFACE Interface = CONTAINING_RECORD(Link, PIP_INTERFACE, Link);
        if (RtlEqualUnicodeString(&Interface->InstancePath, &Node->InstancePath, TRUE)) {
            PipSetDisabled(Interface);
        }
        PipAcquireLock();
        Link = Link->Flink;
        PipReleaseLock();
    }
}

// ---- Found

// The lock is held.
static BOOLEAN PipIsListed(PPIP_INTERFACE Interface, const GUID *ClassGuid, PIOP_DEVICE_NODE Node,
                           ULONG Flags)
{
    return IsEqualGUID(&Interface->ClassGuid, ClassGuid) &&
           (Interface->Enabled || (Flags & DEVICE_INTERFACE_INCLUDE_NONACTIVE)) &&
           (Node == NULL || RtlEqualUnicodeString(&Interface->InstancePath, &Node->InstancePath, TRUE));
}

// Names behind each other, each with its zero, and one more. NULL List: only counts their bytes.
static SIZE_T PipListInterfaces(const GUID *ClassGuid, PIOP_DEVICE_NODE Node, ULONG Flags, PWCH List)
{
    SIZE_T Bytes = sizeof(WCHAR);
    for (PLIST_ENTRY Link = PipInterfaces.Flink; Link != &PipInterfaces; Link = Link->Flink) {
        PPIP_INTERFACE Interface = CONTAINING_RECORD(Link, PIP_INTERFACE, Link);
        if (PipIsListed(Interface, ClassGuid, Node, Flags)) {
            if (List != NULL) {
                RtlCopyMemory((PUCHAR)List + Bytes - sizeof(WCHAR), Interface->Name.Buffer,
                              Interface->Name.Length + sizeof(WCHAR));
            }
            Bytes += Interface->Name.Length + sizeof(WCHAR);
        }
    }
    return Bytes;
}

// The names of the interfaces of a class that are enabled, with DEVICE_INTERFACE_INCLUDE_NONACTIVE of all, of
// one device if PhysicalDeviceObject is not NULL: zero-terminated strings and one more zero, which the caller
// frees by ExFreePool. STATUS_INVALID_DEVICE_REQUEST, STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL.
// (wdm)
NTSTATUS NTAPI IoGetDeviceInterfaces(const GUID *InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject,
                                     ULONG Flags, PWSTR *SymbolicLinkList)
{
    PIOP_DEVICE_NODE Node = PipReferenceNode(PhysicalDeviceObject);
    *SymbolicLinkList = NULL;
    if (PhysicalDeviceObject != NULL && Node == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    PipAcquireLock();
    SIZE_T Bytes = PipListInterfaces(InterfaceClassGuid, Node, Flags, NULL);
    PWCH List = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, TAG_PNP); // zeroed
    if (List != NULL) {
        PipListInterfaces(InterfaceClassGuid, Node, Flags, List);
    }
    PipReleaseLock();
    if (Node != NULL) {
        PipDereferenceNode(Node);
    }
    *SymbolicLinkList = List;
    return List != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

// The name of the same device's interface of another class with the same reference, which
// RtlFreeUnicodeString frees. STATUS_OBJECT_NAME_NOT_FOUND: there is none. STATUS_INVALID_HANDLE:
// SymbolicLinkName is none. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoGetDeviceInterfaceAlias(PUNICODE_STRING SymbolicLinkName,
                                         const GUID *AliasInterfaceClassGuid,
                                         PUNICODE_STRING AliasSymbolicLinkName)
{
    PPIP_INTERFACE Alias = NULL;
    PipAcquireLock();
    PPIP_INTERFACE Interface = PipFindInterface(SymbolicLinkName);
    for (PLIST_ENTRY Link = PipInterfaces.Flink; Interface != NULL && Link != &PipInterfaces;
         Link = Link->Flink) {
        PPIP_INTERFACE Other = CONTAINING_RECORD(Link, PIP_INTERFACE, Link);
        if (IsEqualGUID(&Other->ClassGuid, AliasInterfaceClassGuid) &&
            RtlEqualUnicodeString(&Other->InstancePath, &Interface->InstancePath, TRUE) &&
            RtlEqualUnicodeString(&Other->Reference, &Interface->Reference, TRUE)) {
            Alias = Other;
        }
    }
    PipReleaseLock();
    if (Interface == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    return Alias != NULL ? PipJoin(AliasSymbolicLinkName, Alias->Name.Buffer, NULL)
                         : STATUS_OBJECT_NAME_NOT_FOUND;
}

// A kernel handle to the interface's own key, made when it is first opened. STATUS_INVALID_PARAMETER,
// STATUS_OBJECT_NAME_NOT_FOUND (SymbolicLinkName), what ZwCreateKey says. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess,
                                                PHANDLE DeviceInterfaceRegKey)
{
    if (!PipHasLinkPrefix(SymbolicLinkName)) {
        return STATUS_INVALID_PARAMETER;
    }
    PPIP_INTERFACE Interface = PipLookUpInterface(SymbolicLinkName);
    return Interface == NULL ? STATUS_OBJECT_NAME_NOT_FOUND
                             : PipOpenInterfaceKey(Interface, TRUE, L"\\Device Parameters", DesiredAccess,
                                                   FALSE, DeviceInterfaceRegKey);
}
