// SPDX-License-Identifier: MIT
// Events: written by drivers, delivered on a system thread to who has registered a callback.
#include "inc/kernel.h"
#include "io/wmi.h"

#define WMIP_MAXIMUM_EVENT 1024 // bytes; what is larger goes by reference

// An event on its way.
typedef struct _WMIP_EVENT {
    WMIP_WORK Work;
    PWNODE_HEADER Node; // the driver's, from its pool
} WMIP_EVENT, *PWMIP_EVENT;

// The next block behind After (NULL: the first) with a callback, referenced. After is given up.
static PWMIP_BLOCK WmipNextListener(PWMIP_GUID Guid, PWMIP_BLOCK After, WMI_NOTIFICATION_CALLBACK *Callback,
                                    PVOID *Context)
{
    PWMIP_BLOCK Found = NULL;
    WmipAcquireLock();
    PLIST_ENTRY Link = After != NULL ? After->Link.Flink : Guid->Blocks.Flink;
    for (; Found == NULL && Link != &Guid->Blocks; Link = Link->Flink) {
        PWMIP_BLOCK Block = CONTAINING_RECORD(Link, WMIP_BLOCK, Link);
        // One whose last reference has gone waits for the lock to leave the list.
        if (Block->Callback != NULL && ObReferenceObjectSafe(Block)) {
            Found = Block;
            *Callback = Block->Callback;
            *Context = Block->Context;
        }
    }
    WmipReleaseLock();
    if (After != NULL) {
        ObfDereferenceObject(After);
    }
    return Found;
}

static VOID WmipDeliver(PWMIP_GUID Guid, PWNODE_HEADER Node)
{
    WMI_NOTIFICATION_CALLBACK Routine;
    PVOID Context;
    PWMIP_BLOCK Block = NULL;
    while ((Block = WmipNextListener(Guid, Block, &Routine, &Context)) != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "FWMI_NOTIFICATION_CALLBACK", Routine, 2, Node, Context);
        Routine(Node, Context);
        ViLeaveCallback(&Callback, 0);
    }
}

// The set of Guid that the provider of that identifier has, referenced; NULL: none.
static PWMIP_SET WmipSetOfProvider(PWMIP_GUID Guid, ULONG ProviderId)
{
    PWMIP_SET Found = NULL;
    WmipAcquireLock();
    for (PLIST_ENTRY Link = Guid->Sets.Flink; Link != &Guid->Sets; Link = Link->Flink) {
        PWMIP_SET Set = CONTAINING_RECORD(Link, WMIP_SET, GuidLink);
        if (Set->Provider->Id == ProviderId) {
            InterlockedIncrement(&Set->ReferenceCount);
            Found = Set;
            break;
        }
    }
    WmipReleaseLock();
    return Found;
}

static PWMIP_GUID WmipLookUp(const GUID *Guid)
{
    WmipAcquireLock();
    PWMIP_GUID Found = WmipFindGuid(Guid);
    WmipReleaseLock();
    return Found;
}

// An event whole, with the names that the driver has left out.
static VOID WmipDeliverItem(PWNODE_HEADER Event)
{
    ULONG Bytes = Event->BufferSize;
    PWMIP_GUID Guid = WmipLookUp(&Event->Guid);
    PWNODE_HEADER Node = ExAllocatePoolZero(NonPagedPoolNx, Bytes, TAG_WMI);
    if (Node == NULL || Guid == NULL) {
        goto Free;
    }
    RtlCopyMemory(Node, Event, Bytes);
    PWMIP_SET Set = WmipSetOfProvider(Guid, Event->ProviderId);
    if (Set != NULL) {
        // One that cannot be made whole is delivered as it is.
        WmipNameInstances(Set, &Node, Bytes);
        WmipDereferenceSet(Set);
    }
    Node->Linkage = 0;
    WmipDeliver(Guid, Node);
Free:
    if (Node != NULL) {
        ExFreePoolWithTag(Node, TAG_WMI);
    }
}

// The name of the instance that Reference is about. FALSE: it says none.
static BOOLEAN WmipReferencedName(PWNODE_EVENT_REFERENCE Reference, PWMIP_SET Set, PUNICODE_STRING Name)
{
    if (Reference->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) {
        ULONG Index = Reference->TargetInstanceIndex;
        if (Index >= Set->InstanceCount) {
            return FALSE;
        }
        *Name = Set->Names[Index];
        return TRUE;
    }
    // A counted string, within the node.
    ULONG Offset = FIELD_OFFSET(WNODE_EVENT_REFERENCE, TargetInstanceName);
    USHORT Length = Reference->TargetInstanceName[0];
    ULONG Bytes = Reference->WnodeHeader.BufferSize;
    if (Bytes < Offset + sizeof(USHORT) || Length > Bytes - Offset - sizeof(USHORT)) {
        return FALSE;
    }
    *Name = (UNICODE_STRING){Length, Length, &Reference->TargetInstanceName[1]};
    return TRUE;
}

// An event that is asked for: the instance that Event names is queried, and delivered as the event.
static VOID WmipDeliverReference(PWNODE_HEADER Event)
{
    PWNODE_EVENT_REFERENCE Reference = (PWNODE_EVENT_REFERENCE)Event;
    UNICODE_STRING Name;
    LIST_ENTRY Answers;
    InitializeListHead(&Answers);
    PWMIP_GUID Guid = WmipLookUp(&Event->Guid), Target = WmipLookUp(&Reference->TargetGuid);
    PWMIP_SET Set = Target != NULL ? WmipSetOfProvider(Target, Event->ProviderId) : NULL;
    if (Set == NULL) {
        return;
    }
    if (Guid != NULL && WmipReferencedName(Reference, Set, &Name) &&
        NT_SUCCESS(WmipQueryInstance(&Set, 1, &Name, &Answers))) {
        PWNODE_HEADER Node = CONTAINING_RECORD(Answers.Flink, WMIP_ANSWER, Link)->Node;
        Node->Flags |= WNODE_FLAG_EVENT_ITEM;
        Node->ProviderId = Event->ProviderId;
        WmipDeliver(Guid, Node);
    }
    WmipFreeAnswers(&Answers);
    WmipDereferenceSet(Set);
}

static VOID WmipDeliverEvent(PWMIP_WORK Work)
{
    PWMIP_EVENT Event = CONTAINING_RECORD(Work, WMIP_EVENT, Work);
    if (Event->Node->Flags & WNODE_FLAG_EVENT_REFERENCE) {
        WmipDeliverReference(Event->Node);
    } else {
        WmipDeliverItem(Event->Node);
    }
    ExFreePool(Event->Node);
    ExFreePoolWithTag(Event, TAG_WMI);
}

// The node, from nonpaged pool, is the system's if that succeeds, which frees it. STATUS_BUFFER_OVERFLOW:
// more than WMIP_MAXIMUM_EVENT bytes; STATUS_INVALID_PARAMETER: less than its header; STATUS_UNSUCCESSFUL: it
// is for a trace session (WNODE_FLAG_TRACED_GUID), at any IRQL; STATUS_INSUFFICIENT_RESOURCES. IRQL <=
// APC_LEVEL. (wdm)
NTSTATUS NTAPI IoWMIWriteEvent(PVOID WnodeEventItem)
{
    PWNODE_HEADER Node = WnodeEventItem;
    if (Node->Flags & WNODE_FLAG_TRACED_GUID) {
        return STATUS_UNSUCCESSFUL; // for a trace session, of which there is none
    }
    ULONG Least = (Node->Flags & WNODE_FLAG_EVENT_REFERENCE) ? sizeof(WNODE_EVENT_REFERENCE) : sizeof(*Node);
    if (Node->BufferSize < Least) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Node->BufferSize > WMIP_MAXIMUM_EVENT) {
        return STATUS_BUFFER_OVERFLOW;
    }
    PWMIP_EVENT Event = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Event), TAG_WMI);
    if (Event == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Event->Work.Perform = WmipDeliverEvent;
    Event->Node = Node;
    WmipQueueWork(&Event->Work);
    return STATUS_SUCCESS;
}

// With WMIGUID_NOTIFICATION: Callback, in the place of an earlier one, is called with each event at
// PASSIVE_LEVEL on a system thread. STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. IRQL <= APC_LEVEL.
// (wdm)
NTSTATUS NTAPI IoWMISetNotificationCallback(PVOID Object, WMI_NOTIFICATION_CALLBACK Callback, PVOID Context)
{
    PWMIP_BLOCK Block;
    NTSTATUS Status = WmipReferenceBlock(Object, WMIGUID_NOTIFICATION, &Block);
    if (NT_SUCCESS(Status)) {
        WmipAcquireLock();
        Block->Callback = Callback;
        Block->Context = Context;
        WmipReleaseLock();
        ObfDereferenceObject(Block);
    }
    return Status;
}
