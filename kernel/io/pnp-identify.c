// SPDX-License-Identifier: MIT
// A device that its bus driver has reported: who it is, what it needs, its place in tree and registry.
#include "inc/kernel.h"
#include "io/pnp-manager.h"
#include "io/pnp-resource.h"

#ifndef PNP_DETECTED_FATAL_ERROR
#define PNP_DETECTED_FATAL_ERROR 0xCA
#endif
#define PIP_DUPLICATE_PDO 1
#define PIP_INVALID_ID    3

// Which ID a bug check is about.
enum { PipDeviceId = 1, PipUniqueId, PipHardwareIds, PipCompatibleIds };

// What a bus driver says of a device. Each text is its own, from pool, and may be NULL.
typedef struct _PIP_IDENTITY {
    PWSTR DeviceId, InstanceId, HardwareIds, CompatibleIds, ContainerId;
    PWSTR Description, Location;
} PIP_IDENTITY, *PPIP_IDENTITY;

static VOID PipFreeIdentity(PPIP_IDENTITY Identity)
{
    PWSTR *Texts = (PWSTR *)Identity;
    for (ULONG Index = 0; Index < sizeof(*Identity) / sizeof(PWSTR); Index += 1) {
        if (Texts[Index] != NULL) {
            ExFreePool(Texts[Index]);
        }
    }
}

// ---- What IDs may look like

// The characters of a list up to its second zero, of a string up to its first; 0: it is none.
static ULONG PipIdLength(PCWSTR Id, BOOLEAN List)
{
    ULONG Length = 0, Start = 0;
    for (;; Length += 1) {
        if (Id[Length] == L'\0') {
            if (!List || Length == Start) {
                return Length + 1;
            }
            Start = Length + 1;
        } else if (Id[Length] <= L' ' || Id[Length] > 0x7F || Id[Length] == L',' ||
                   Length - Start >= PIP_ID_CHARACTERS) {
            return 0;
        }
    }
}

static NTSTATUS PipQueryId(PIOP_DEVICE_NODE Node, BUS_QUERY_ID_TYPE IdType, ULONG Kind, PWSTR *Id)
{
    IO_STACK_LOCATION Stack = {.Parameters.QueryId.IdType = IdType};
    ULONG_PTR Information = 0;
    NTSTATUS Status = PipSendIrp(Node, IRP_MN_QUERY_ID, &Stack, &Information);
    *Id = (PWSTR)Information;
    BOOLEAN List = Kind == PipHardwareIds || Kind == PipCompatibleIds;
    if (NT_SUCCESS(Status) && *Id != NULL && Kind != 0 && PipIdLength(*Id, List) == 0) {
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, PIP_INVALID_ID, (ULONG_PTR)Node->PhysicalDeviceObject,
                     (ULONG_PTR)*Id, Kind);
    }
    return Status;
}

static VOID PipQueryText(PIOP_DEVICE_NODE Node, DEVICE_TEXT_TYPE Type, PWSTR *Text)
{
    IO_STACK_LOCATION Stack = {.Parameters.QueryDeviceText = {.DeviceTextType = Type, .LocaleId = 0x409}};
    ULONG_PTR Information = 0;
    PipSendIrp(Node, IRP_MN_QUERY_DEVICE_TEXT, &Stack, &Information);
    *Text = (PWSTR)Information;
}

// ---- Its path

// An instance that is unique on its bus alone is made unique by a prefix that every child of the bus has:
// its depth, and a hash of its path.
static VOID PipParentPrefix(PIOP_DEVICE_NODE Parent, PWCH Prefix)
{
    static const WCHAR Digits[] = L"0123456789abcdef";
    ULONG Depth = 1, Hash = 0;
    for (PIOP_DEVICE_NODE Node = Parent; Node->Parent != NULL; Node = Node->Parent) {
        Depth += 1;
    }
    RtlHashUnicodeString(&Parent->InstancePath, TRUE, HASH_STRING_ALGORITHM_X65599, &Hash);
    *Prefix++ = Digits[Depth & 15];
    *Prefix++ = L'&';
    for (LONG Shift = 28; Shift >= 0; Shift -= 4) {
        *Prefix++ = Digits[(Hash >> Shift) & 15];
    }
    wcscpy(Prefix, L"&0&");
}

static NTSTATUS PipMakePath(PIOP_DEVICE_NODE Parent, PIOP_DEVICE_NODE Node, const PIP_IDENTITY *Identity)
{
    WCHAR Prefix[16] = {0};
    if (!Node->Capabilities.UniqueID) {
        PipParentPrefix(Parent, Prefix);
    }
    PipFreeString(&Node->InstancePath);
    NTSTATUS Status = PipJoin(&Node->InstancePath, Identity->DeviceId, L"\\", Prefix,
                              Identity->InstanceId != NULL ? Identity->InstanceId : L"", NULL);
    if (NT_SUCCESS(Status) && Node->InstancePath.Length >= PIP_ID_CHARACTERS * sizeof(WCHAR)) {
        return STATUS_NAME_TOO_LONG;
    }
    return Status;
}

// ---- What it needs

static NTSTATUS PipQueryBlock(PIOP_DEVICE_NODE Node, UCHAR MinorFunction, PVOID *Block)
{
    ULONG_PTR Information = 0;
    NTSTATUS Status = PipSendIrp(Node, MinorFunction, NULL, &Information);
    *Block = (PVOID)Information;
    return Status;
}

// A bus driver's block, which has its tag, as one of ours. NULL: no memory, or none. Source is freed.
static PVOID PipOwnCopy(PVOID Source, ULONG Bytes)
{
    PVOID Copy = NULL;
    if (Source != NULL) {
        Copy = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_PNP);
        if (Copy != NULL) {
            RtlCopyMemory(Copy, Source, Bytes);
        }
        ExFreePool(Source);
    }
    return Copy;
}

static VOID PipReplace(PVOID *Member, PVOID Block)
{
    PipAcquireLock();
    PVOID Old = *Member;
    *Member = Block;
    PipReleaseLock();
    if (Old != NULL) {
        ExFreePoolWithTag(Old, TAG_PNP);
    }
}

NTSTATUS PipQueryRequirements(PIOP_DEVICE_NODE Node)
{
    PIO_RESOURCE_REQUIREMENTS_LIST List;
    NTSTATUS Status = PipQueryBlock(Node, IRP_MN_QUERY_RESOURCE_REQUIREMENTS, (PVOID *)&List);
    PVOID Copy = List != NULL ? PipOwnCopy(List, List->ListSize) : NULL;
    if (List != NULL && Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PipReplace((PVOID *)&Node->Requirements, Copy);
    return Status;
}

NTSTATUS PipQueryResources(PIOP_DEVICE_NODE Node)
{
    PCM_RESOURCE_LIST List;
    PipQueryBlock(Node, IRP_MN_QUERY_RESOURCES, (PVOID *)&List);
    PVOID Copy = List != NULL ? PipOwnCopy(List, PipSizeOfResources(List)) : NULL;
    if (List != NULL && Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PipReplace((PVOID *)&Node->BootResources, Copy);
    return STATUS_SUCCESS;
}

static VOID PipQueryBus(PIOP_DEVICE_NODE Node)
{
    PPNP_BUS_INFORMATION Bus;
    PipQueryBlock(Node, IRP_MN_QUERY_BUS_INFORMATION, (PVOID *)&Bus);
    if (Bus != NULL) {
        Node->BusInformation = *Bus;
        Node->BusNumber = Bus->BusNumber;
        ExFreePool(Bus);
    }
}

// ---- Its registry key

static ULONG PipCapabilityBits(const DEVICE_CAPABILITIES *Capabilities)
{
    return (Capabilities->LockSupported ? 0x001u : 0) | (Capabilities->EjectSupported ? 0x002u : 0) |
           (Capabilities->Removable ? 0x004u : 0) | (Capabilities->DockDevice ? 0x008u : 0) |
           (Capabilities->UniqueID ? 0x010u : 0) | (Capabilities->SilentInstall ? 0x020u : 0) |
           (Capabilities->RawDeviceOK ? 0x040u : 0) | (Capabilities->SurpriseRemovalOK ? 0x080u : 0) |
           (Capabilities->HardwareDisabled ? 0x100u : 0) | (Capabilities->NonDynamic ? 0x200u : 0);
}

static NTSTATUS PipRecordTexts(HANDLE Key, const PIP_IDENTITY *Identity)
{
    const struct {
        PCWSTR ValueName, Text;
        BOOLEAN List;
    } Texts[] = {
        {L"DeviceDesc", Identity->Description, FALSE},  {L"LocationInformation", Identity->Location, FALSE},
        {L"HardwareID", Identity->HardwareIds, TRUE},   {L"CompatibleIDs", Identity->CompatibleIds, TRUE},
        {L"ContainerID", Identity->ContainerId, FALSE},
    };
    NTSTATUS Status = STATUS_SUCCESS;
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(Texts); Index += 1) {
        if (Texts[Index].Text != NULL) {
            Status = Texts[Index].List
                         ? PipSetValue(Key, Texts[Index].ValueName, REG_MULTI_SZ, Texts[Index].Text,
                                       PipIdLength(Texts[Index].Text, TRUE) * (ULONG)sizeof(WCHAR))
                         : PipSetText(Key, Texts[Index].ValueName, Texts[Index].Text);
        }
    }
    return Status;
}

static NTSTATUS PipRecordIdentity(PIOP_DEVICE_NODE Node, const PIP_IDENTITY *Identity)
{
    HANDLE Key;
    ULONG Capabilities = PipCapabilityBits(&Node->Capabilities);
    NTSTATUS Status = PipOpenInstanceKey(Node, NULL, KEY_ALL_ACCESS, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipSetValue(Key, L"Capabilities", REG_DWORD, &Capabilities, sizeof(Capabilities));
    if (NT_SUCCESS(Status) && Node->Capabilities.UINumber != MAXULONG) {
        Status = PipSetValue(Key, L"UINumber", REG_DWORD, &Node->Capabilities.UINumber, sizeof(ULONG));
    }
    if (NT_SUCCESS(Status) && Node->Capabilities.Address != MAXULONG) {
        Status = PipSetValue(Key, L"Address", REG_DWORD, &Node->Capabilities.Address, sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = PipRecordTexts(Key, Identity);
    }
    ZwClose(Key);
    return Status;
}

static NTSTATUS PipRecordConfiguration(PIOP_DEVICE_NODE Node)
{
    HANDLE Key;
    if (Node->BootResources == NULL && Node->Requirements == NULL) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = PipOpenInstanceKey(Node, L"LogConf", KEY_ALL_ACCESS, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Node->BootResources != NULL) {
        Status = PipSetValue(Key, L"BootConfig", REG_RESOURCE_LIST, Node->BootResources,
                             PipSizeOfResources(Node->BootResources));
    }
    if (NT_SUCCESS(Status) && Node->Requirements != NULL) {
        Status = PipSetValue(Key, L"BasicConfigVector", REG_RESOURCE_REQUIREMENTS_LIST, Node->Requirements,
                             Node->Requirements->ListSize);
    }
    ZwClose(Key);
    return Status;
}

// ---- All of it

static NTSTATUS PipAskIdentity(PIOP_DEVICE_NODE Parent, PIOP_DEVICE_NODE Node, PPIP_IDENTITY Identity)
{
    NTSTATUS Status = PipQueryId(Node, BusQueryDeviceID, PipDeviceId, &Identity->DeviceId);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Identity->DeviceId == NULL) {
        return STATUS_UNSUCCESSFUL; // the one ID that must be
    }
    PipQueryCapabilities(Node);
    PipQueryId(Node, BusQueryInstanceID, PipUniqueId, &Identity->InstanceId);
    Status = PipMakePath(Parent, Node, Identity);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PIOP_DEVICE_NODE Other = PipFindNode(&Node->InstancePath);
    if (Other != NULL && Other->Parent == Parent && (Other->Flags & PIP_NODE_PRESENT)) {
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, PIP_DUPLICATE_PDO, (ULONG_PTR)Node->PhysicalDeviceObject,
                     (ULONG_PTR)Other->PhysicalDeviceObject, 0);
    }
    if (Other != NULL) {
        // One that is gone, and still open: this one's turn comes when it is closed.
        PipDereferenceNode(Other);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    PipQueryText(Node, DeviceTextDescription, &Identity->Description);
    PipQueryText(Node, DeviceTextLocationInformation, &Identity->Location);
    PipQueryId(Node, BusQueryHardwareIDs, PipHardwareIds, &Identity->HardwareIds);
    PipQueryId(Node, BusQueryCompatibleIDs, PipCompatibleIds, &Identity->CompatibleIds);
    PipQueryId(Node, BusQueryContainerID, 0, &Identity->ContainerId);
    return STATUS_SUCCESS;
}

NTSTATUS PipIdentify(PIOP_DEVICE_NODE Parent, PDEVICE_OBJECT PhysicalDeviceObject, PIOP_DEVICE_NODE *Node)
{
    PIP_IDENTITY Identity = {0};
    *Node = PipCreateNode(PhysicalDeviceObject, L"", PIP_NODE_PRESENT);
    if (*Node == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = PipAskIdentity(Parent, *Node, &Identity);
    if (NT_SUCCESS(Status)) {
        Status = PipRecordIdentity(*Node, &Identity);
    }
    PipFreeIdentity(&Identity);
    if (!NT_SUCCESS(Status)) {
        PipDereferenceNode(*Node);
        *Node = NULL;
        return Status;
    }
    // From here on it is a physical device object for everybody.
    PipInsertNode(Parent, *Node);
    PipQueryBus(*Node);
    Status = PipQueryResources(*Node);
    if (NT_SUCCESS(Status)) {
        Status = PipQueryRequirements(*Node);
        if (Status == STATUS_NOT_SUPPORTED) {
            Status = STATUS_SUCCESS; // it needs nothing
        }
    }
    if (NT_SUCCESS(Status)) {
        Status = PipRecordConfiguration(*Node);
    }
    PipSendIrp(*Node, IRP_MN_DEVICE_ENUMERATED, NULL, NULL);
    return Status;
}
