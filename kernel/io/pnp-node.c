// SPDX-License-Identifier: MIT
// Device nodes: the tree of devices.
#include "inc/kernel.h"
#include "io/pnp.h"

EX_PUSH_LOCK PipLock;
PIOP_DEVICE_NODE PipRootNode;

PIOP_DEVICE_NODE PipCreateNode(PDEVICE_OBJECT PhysicalDeviceObject, PCWSTR InstancePath, ULONG Flags)
{
    PIOP_DEVICE_NODE Node = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Node), TAG_PNP);
    if (Node == NULL) {
        return NULL;
    }
    if (!NT_SUCCESS(PipJoin(&Node->InstancePath, InstancePath, NULL))) {
        ExFreePoolWithTag(Node, TAG_PNP);
        return NULL;
    }
    Node->ReferenceCount = 1;
    Node->Flags = Flags;
    Node->State = DeviceNodeInitialized;
    Node->Capabilities.Size = sizeof(DEVICE_CAPABILITIES);
    Node->Capabilities.Version = 1;
    Node->Capabilities.Address = Node->Capabilities.UINumber = MAXULONG;
    Node->BusInformation.LegacyBusType = InterfaceTypeUndefined;
    Node->BusNumber = MAXULONG;
    InitializeListHead(&Node->Properties);
    ObfReferenceObject(PhysicalDeviceObject);
    Node->PhysicalDeviceObject = PhysicalDeviceObject;
    return Node;
}

VOID PipInsertNode(PIOP_DEVICE_NODE Parent, PIOP_DEVICE_NODE Node)
{
    InterlockedIncrement(&Node->ReferenceCount);
    Node->PhysicalDeviceObject->Flags |= DO_BUS_ENUMERATED_DEVICE;
    PipAcquireLock();
    Node->Parent = Parent;
    if (Parent != NULL) {
        PIOP_DEVICE_NODE *Link = &Parent->Child;
        while (*Link != NULL) {
            Link = &(*Link)->Sibling;
        }
        *Link = Node;
    }
    IopDeviceExtension(Node->PhysicalDeviceObject)->DeviceNode = Node;
    PipReleaseLock();
}

VOID PipRemoveNode(PIOP_DEVICE_NODE Node)
{
    PipAcquireLock();
    PIOP_DEVICE_NODE *Link = &Node->Parent->Child;
    while (*Link != Node) {
        Link = &(*Link)->Sibling;
    }
    *Link = Node->Sibling;
    Node->Parent = Node->Sibling = NULL;
    Node->State = DeviceNodeDeleted;
    IopDeviceExtension(Node->PhysicalDeviceObject)->DeviceNode = NULL;
    PipReleaseLock();
    PipDereferenceNode(Node);
}

PIOP_DEVICE_NODE PipReferenceNode(PDEVICE_OBJECT DeviceObject)
{
    if (DeviceObject == NULL) {
        return NULL;
    }
    PipAcquireLock();
    PIOP_DEVICE_NODE Node = IopDeviceExtension(DeviceObject)->DeviceNode;
    if (Node != NULL) {
        InterlockedIncrement(&Node->ReferenceCount);
    }
    PipReleaseLock();
    return Node;
}

static VOID PipFreeIfThere(PVOID Block)
{
    if (Block != NULL) {
        ExFreePoolWithTag(Block, TAG_PNP);
    }
}

VOID PipDereferenceNode(PIOP_DEVICE_NODE Node)
{
    if (InterlockedDecrement(&Node->ReferenceCount) != 0) {
        return;
    }
    PipFreeProperties(&Node->Properties);
    PipFreeIfThere(Node->BootResources);
    PipFreeIfThere(Node->Resources);
    PipFreeIfThere(Node->TranslatedResources);
    PipFreeIfThere(Node->Requirements);
    PipFreeString(&Node->InstancePath);
    ObfDereferenceObject(Node->PhysicalDeviceObject);
    ExFreePoolWithTag(Node, TAG_PNP);
}

// The lock is held. The node behind Node when each comes before its children and siblings.
static PIOP_DEVICE_NODE PipNextNode(PIOP_DEVICE_NODE Node)
{
    if (Node->Child != NULL) {
        return Node->Child;
    }
    while (Node != NULL && Node->Sibling == NULL) {
        Node = Node->Parent;
    }
    return Node != NULL ? Node->Sibling : NULL;
}

PIOP_DEVICE_NODE PipSearchNodes(BOOLEAN (*Matches)(PIOP_DEVICE_NODE Node, PVOID Context), PVOID Context)
{
    PipAcquireLock();
    PIOP_DEVICE_NODE Node = PipRootNode;
    while (Node != NULL && !Matches(Node, Context)) {
        Node = PipNextNode(Node);
    }
    if (Node != NULL) {
        InterlockedIncrement(&Node->ReferenceCount);
    }
    PipReleaseLock();
    return Node;
}

static BOOLEAN PipHasPath(PIOP_DEVICE_NODE Node, PVOID Context)
{
    return RtlEqualUnicodeString(&Node->InstancePath, Context, TRUE);
}

PIOP_DEVICE_NODE PipFindNode(PCUNICODE_STRING InstancePath)
{
    return PipSearchNodes(PipHasPath, (PVOID)InstancePath);
}

NTSTATUS PipOpenInstanceKey(PIOP_DEVICE_NODE Node, PCWSTR SubKey, ACCESS_MASK DesiredAccess, BOOLEAN Create,
                            PHANDLE Key)
{
    UNICODE_STRING Path;
    NTSTATUS Status = PipJoin(&Path, PIP_ENUM_KEY, Node->InstancePath.Buffer, SubKey != NULL ? L"\\" : L"",
                              SubKey != NULL ? SubKey : L"", NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Create ? PipCreateKey(&Path, DesiredAccess, FALSE, Key) : PipOpenKey(&Path, DesiredAccess, Key);
    PipFreeString(&Path);
    return Status;
}

VOID PipMarkStack(PIOP_DEVICE_NODE Node, ULONG Set, ULONG Clear)
{
    KIRQL OldIrql = IopLockDatabase();
    for (PDEVICE_OBJECT Device = Node->PhysicalDeviceObject; Device != NULL;
         Device = Device->AttachedDevice) {
        PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(Device);
        Extension->ExtensionFlags = (Extension->ExtensionFlags & ~Clear) | Set;
    }
    IopUnlockDatabase(OldIrql);
}
