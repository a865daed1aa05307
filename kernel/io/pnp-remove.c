// SPDX-License-Identifier: MIT
// Devices removed: asked for, or without warning.
#include "inc/kernel.h"
#include "io/pnp-manager.h"
#include "io/pnp-resource.h"

#define PIP_MOST_REMOVED 256

// Devices that go together, each behind those that depend on it.
typedef struct _PIP_REMOVAL {
    ULONG Count;
    PIOP_DEVICE_NODE Nodes[PIP_MOST_REMOVED]; // referenced
} PIP_REMOVAL, *PPIP_REMOVAL;

static BOOLEAN PipContains(const PIP_REMOVAL *Removal, const IOP_DEVICE_NODE *Node)
{
    for (ULONG Index = 0; Index < Removal->Count; Index += 1) {
        if (Removal->Nodes[Index] == Node) {
            return TRUE;
        }
    }
    return FALSE;
}

// The lock is held. Children before their parent. STATUS_INSUFFICIENT_RESOURCES: too many.
static NTSTATUS PipCollectTree(PPIP_REMOVAL Removal, PIOP_DEVICE_NODE Top)
{
    PIOP_DEVICE_NODE Node = Top;
    for (;;) {
        while (Node->Child != NULL) {
            Node = Node->Child;
        }
        for (;;) {
            if (!PipContains(Removal, Node)) {
                if (Removal->Count == PIP_MOST_REMOVED) {
                    return STATUS_INSUFFICIENT_RESOURCES;
                }
                InterlockedIncrement(&Node->ReferenceCount);
                Removal->Nodes[Removal->Count++] = Node;
            }
            if (Node == Top) {
                return STATUS_SUCCESS;
            }
            if (Node->Sibling != NULL) {
                Node = Node->Sibling;
                break;
            }
            Node = Node->Parent;
        }
    }
}

static NTSTATUS PipCollect(PPIP_REMOVAL Removal, PIOP_DEVICE_NODE Top)
{
    PipAcquireLock();
    NTSTATUS Status = PipCollectTree(Removal, Top);
    PipReleaseLock();
    return Status;
}

// And those that a driver of the device says must go with it.
static NTSTATUS PipCollectRelated(PPIP_REMOVAL Removal, PIOP_DEVICE_NODE Node, DEVICE_RELATION_TYPE Type)
{
    PDEVICE_RELATIONS Relations;
    NTSTATUS Status = STATUS_SUCCESS;
    if (!NT_SUCCESS(PipQueryRelations(Node, Type, &Relations)) || Relations == NULL) {
        return Status;
    }
    for (ULONG Index = 0; Index < Relations->Count; Index += 1) {
        PIOP_DEVICE_NODE Related = PipReferenceNode(Relations->Objects[Index]);
        if (Related != NULL) {
            if (NT_SUCCESS(Status)) {
                Status = PipCollect(Removal, Related);
            }
            PipDereferenceNode(Related);
        }
        PipDropRelated(Relations->Objects[Index]);
    }
    ExFreePool(Relations);
    return Status;
}

static VOID PipFreeRemoval(PPIP_REMOVAL Removal)
{
    for (ULONG Index = 0; Index < Removal->Count; Index += 1) {
        PipDereferenceNode(Removal->Nodes[Index]);
    }
    ExFreePoolWithTag(Removal, TAG_PNP);
}

// *Removal is freed by PipFreeRemoval.
static NTSTATUS PipMakeRemoval(PIOP_DEVICE_NODE Node, BOOLEAN Related, BOOLEAN Eject, PPIP_REMOVAL *Removal)
{
    *Removal = ExAllocatePoolZero(PagedPool, sizeof(**Removal), TAG_PNP);
    if (*Removal == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = PipCollect(*Removal, Node);
    if (NT_SUCCESS(Status) && Related && Node->State >= DeviceNodeDriversAdded) {
        Status = PipCollectRelated(*Removal, Node, RemovalRelations);
    }
    if (NT_SUCCESS(Status) && Eject && Node->State >= DeviceNodeDriversAdded) {
        Status = PipCollectRelated(*Removal, Node, EjectionRelations);
    }
    if (!NT_SUCCESS(Status)) {
        PipFreeRemoval(*Removal);
        *Removal = NULL;
    }
    return Status;
}

// ---- One device

static BOOLEAN PipIsOpen(PIOP_DEVICE_NODE Node)
{
    LONG Files = 0;
    KIRQL OldIrql = IopLockDatabase();
    for (PDEVICE_OBJECT Device = Node->PhysicalDeviceObject; Device != NULL;
         Device = Device->AttachedDevice) {
        Files += Device->ReferenceCount;
    }
    IopUnlockDatabase(OldIrql);
    return Files != 0;
}

static BOOLEAN PipHasStack(PIOP_DEVICE_NODE Node)
{
    return Node->State >= DeviceNodeDriversAdded && Node->State <= DeviceNodeRemovePending;
}

// IRP_MN_REMOVE_DEVICE. What the drivers have left attached, or deleted, is not looked at.
static VOID PipSendRemove(PIOP_DEVICE_NODE Node)
{
    PipDisableInterfaces(Node);
    PipSendIrp(Node, IRP_MN_REMOVE_DEVICE, NULL, NULL);
    PipReleaseResources(Node->PhysicalDeviceObject);
    PipMarkStack(Node, DOE_REMOVE_PROCESSED, DOE_REMOVE_PENDING | DOE_START_PENDING);
    Node->State = DeviceNodeRemoved;
}

// The children's nodes go with their parent's drivers.
static VOID PipDropChildren(PIOP_DEVICE_NODE Node)
{
    while (Node->Child != NULL) {
        PIOP_DEVICE_NODE Child = Node->Child;
        PipDropChildren(Child);
        PipRemoveNode(Child);
    }
}

// ---- By agreement

static VOID PipCancelRemove(PPIP_REMOVAL Removal, ULONG Asked)
{
    for (ULONG Index = Asked; Index-- > 0;) {
        PIOP_DEVICE_NODE Node = Removal->Nodes[Index];
        PipSendIrp(Node, IRP_MN_CANCEL_REMOVE_DEVICE, NULL, NULL);
        PipMarkStack(Node, 0, DOE_REMOVE_PENDING);
        if (Node->State == DeviceNodeQueryRemoved) {
            Node->State = DeviceNodeStarted;
        }
    }
}

static VOID PipTellCancelled(PPIP_REMOVAL Removal, ULONG Told)
{
    for (ULONG Index = Told; Index-- > 0;) {
        PipNotifyTarget(Removal->Nodes[Index], &GUID_TARGET_DEVICE_REMOVE_CANCELLED);
    }
}

static NTSTATUS PipAskRemove(PPIP_REMOVAL Removal)
{
    ULONG Told = 0, Asked = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    for (; NT_SUCCESS(Status) && Told < Removal->Count; Told += NT_SUCCESS(Status)) {
        Status = PipNotifyQueryRemove(Removal->Nodes[Told]);
    }
    for (; NT_SUCCESS(Status) && Asked < Removal->Count; Asked += 1) {
        PIOP_DEVICE_NODE Node = Removal->Nodes[Asked];
        PipMarkStack(Node, DOE_REMOVE_PENDING, 0);
        Status = PipSendIrp(Node, IRP_MN_QUERY_REMOVE_DEVICE, NULL, NULL);
        if (NT_SUCCESS(Status) && Node->State == DeviceNodeStarted) {
            Node->State = DeviceNodeQueryRemoved;
        }
        // A bus driver need not know the question for a device that nobody drives.
        if (Status == STATUS_NOT_SUPPORTED && !PipHasStack(Node)) {
            Status = STATUS_SUCCESS;
        }
        if (NT_SUCCESS(Status) && PipIsOpen(Node)) {
            Status = STATUS_DEVICE_BUSY;
        }
    }
    if (!NT_SUCCESS(Status)) {
        PipCancelRemove(Removal, Asked);
        PipTellCancelled(Removal, Told);
    }
    return Status;
}

NTSTATUS PipRemove(PIOP_DEVICE_NODE Node, BOOLEAN Eject)
{
    PPIP_REMOVAL Removal;
    NTSTATUS Status = PipMakeRemoval(Node, TRUE, Eject, &Removal);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipAskRemove(Removal);
    if (NT_SUCCESS(Status)) {
        for (ULONG Index = 0; Index < Removal->Count; Index += 1) {
            PipNotifyTarget(Removal->Nodes[Index], &GUID_TARGET_DEVICE_REMOVE_COMPLETE);
            PipSendRemove(Removal->Nodes[Index]);
            PipDropChildren(Removal->Nodes[Index]);
        }
    }
    PipFreeRemoval(Removal);
    return Status;
}

// ---- Without warning

// IRP_MN_SURPRISE_REMOVAL to those that have started; TRUE: all of them are removed too.
static BOOLEAN PipSurprise(PPIP_REMOVAL Removal)
{
    BOOLEAN Closed = TRUE;
    for (ULONG Index = 0; Index < Removal->Count; Index += 1) {
        PIOP_DEVICE_NODE Node = Removal->Nodes[Index];
        if (PipHasStack(Node) && Node->State != DeviceNodeRemovePending) {
            PipMarkStack(Node, DOE_REMOVE_PENDING, 0);
            PipSendIrp(Node, IRP_MN_SURPRISE_REMOVAL, NULL, NULL);
            Node->State = DeviceNodeRemovePending;
            Node->Problem = PIP_PROBLEM_NOT_THERE;
            PipDisableInterfaces(Node);
            PipNotifyTarget(Node, &GUID_TARGET_DEVICE_REMOVE_COMPLETE);
        }
        Closed = Closed && !PipIsOpen(Node);
    }
    return Closed;
}

static BOOLEAN PipRemoveClosed(PPIP_REMOVAL Removal)
{
    for (ULONG Index = 0; Index < Removal->Count; Index += 1) {
        if (PipIsOpen(Removal->Nodes[Index])) {
            return FALSE;
        }
    }
    for (ULONG Index = 0; Index < Removal->Count; Index += 1) {
        PIOP_DEVICE_NODE Node = Removal->Nodes[Index];
        ULONG Problem = Node->Problem;
        PipSendRemove(Node);
        Node->Problem = Problem;
        PipDropChildren(Node);
    }
    return TRUE;
}

static BOOLEAN PipSurpriseTree(PIOP_DEVICE_NODE Node)
{
    PPIP_REMOVAL Removal;
    // Without memory nothing can be told; the node stays, and its drivers fail what they are asked.
    if (!NT_SUCCESS(PipMakeRemoval(Node, FALSE, FALSE, &Removal))) {
        return FALSE;
    }
    BOOLEAN Removed = PipSurprise(Removal) && PipRemoveClosed(Removal);
    PipFreeRemoval(Removal);
    return Removed;
}

VOID PipSurpriseRemove(PIOP_DEVICE_NODE Node)
{
    if (PipHasStack(Node)) {
        PipSurpriseTree(Node);
    }
}

// The node of a device that is gone, and removed.
static VOID PipForget(PIOP_DEVICE_NODE Node)
{
    if (Node->Flags & PIP_NODE_ROOT) {
        PipDeleteRootDevice(Node);
    } else {
        PipRemoveNode(Node);
    }
}

VOID PipRemoveAbsent(PIOP_DEVICE_NODE Node)
{
    if (PipSurpriseTree(Node)) {
        PipForget(Node);
    } else {
        Node->State = DeviceNodeRemovePending; // nobody looks at it again before its files are closed
    }
}

VOID PipRemoveIfClosed(PIOP_DEVICE_NODE Node)
{
    PPIP_REMOVAL Removal;
    // The highest that waits: it is removed with all below it.
    while (Node->Parent != NULL && Node->Parent->State == DeviceNodeRemovePending) {
        Node = Node->Parent;
    }
    if (Node->State != DeviceNodeRemovePending || !NT_SUCCESS(PipMakeRemoval(Node, FALSE, FALSE, &Removal))) {
        return;
    }
    BOOLEAN Absent = !(Node->Flags & PIP_NODE_PRESENT);
    PIOP_DEVICE_NODE Parent = Node->Parent;
    if (PipRemoveClosed(Removal) && Absent) {
        PipForget(Node);
        // Another in its place may be waiting.
        if (Parent != NULL) {
            PipEnumerate(Parent);
        }
    }
    PipFreeRemoval(Removal);
}
