// SPDX-License-Identifier: MIT
// WNODE_* structures: made for a request, sent, and made whole with the names that drivers leave out.
#include "inc/kernel.h"
#include "io/wmi.h"

#define WMIP_FIRST_BUFFER   1024
#define WMIP_MAXIMUM_BUFFER (16u * 1024 * 1024)
#define WMIP_TRIES          8 // of a query whose data grow

C_ASSERT(FIELD_OFFSET(WNODE_METHOD_ITEM, MethodId) == FIELD_OFFSET(WNODE_SINGLE_ITEM, ItemId));
C_ASSERT(FIELD_OFFSET(WNODE_METHOD_ITEM, VariableData) == FIELD_OFFSET(WNODE_SINGLE_ITEM, VariableData));

static ULONG WmipSetFlags(PWMIP_SET Set)
{
    return (WmipHasStaticNames(Set) ? WNODE_FLAG_STATIC_INSTANCE_NAMES : 0) |
           ((Set->Flags & WMIREG_FLAG_INSTANCE_PDO) ? WNODE_FLAG_PDO_INSTANCE_NAMES : 0);
}

static VOID WmipFillHeader(PWNODE_HEADER Header, PWMIP_SET Set, ULONG Bytes, ULONG NodeFlag)
{
    Header->BufferSize = Bytes;
    Header->Guid = Set->Guid->Guid;
    Header->Flags = NodeFlag | WmipSetFlags(Set);
}

// ---- Names

// As a counted string. The place behind it.
static PUCHAR WmipPutName(PUCHAR At, PCUNICODE_STRING Name)
{
    *(PUSHORT)At = Name->Length;
    RtlCopyMemory(At + sizeof(USHORT), Name->Buffer, Name->Length);
    return At + sizeof(USHORT) + Name->Length;
}

static ULONG WmipNameBytes(PWMIP_SET Set, ULONG First, ULONG Count)
{
    ULONG Bytes = 0;
    for (ULONG Index = First; Index < First + Count; Index += 1) {
        Bytes += sizeof(USHORT) + Set->Names[Index].Length;
    }
    return Bytes;
}

// A copy of Bytes of Node with room for More behind them; Node is freed. NULL: no memory, and Node stays.
static PWNODE_HEADER WmipExtendNode(PWNODE_HEADER Node, ULONG Bytes, ULONG More)
{
    PWNODE_HEADER New = ExAllocatePoolZero(NonPagedPoolNx, (SIZE_T)Bytes + More, TAG_WMI);
    if (New != NULL) {
        RtlCopyMemory(New, Node, Bytes);
        New->BufferSize = Bytes + More;
        New->Flags &= ~WNODE_FLAG_STATIC_INSTANCE_NAMES;
        ExFreePoolWithTag(Node, TAG_WMI);
    }
    return New;
}

static NTSTATUS WmipNameAll(PWMIP_SET Set, PWNODE_HEADER *Node, ULONG Bytes)
{
    ULONG Count = ((PWNODE_ALL_DATA)*Node)->InstanceCount;
    ULONG Offsets = ALIGN_UP_BY(Bytes, sizeof(ULONG));
    if (Count > Set->InstanceCount) {
        return STATUS_UNSUCCESSFUL;
    }
    ULONG More = Offsets - Bytes + Count * sizeof(ULONG) + WmipNameBytes(Set, 0, Count);
    PWNODE_ALL_DATA New = (PWNODE_ALL_DATA)WmipExtendNode(*Node, Bytes, More);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->OffsetInstanceNameOffsets = Offsets;
    PULONG Offset = (PULONG)((PUCHAR)New + Offsets);
    PUCHAR At = (PUCHAR)(Offset + Count);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Offset[Index] = (ULONG)(At - (PUCHAR)New);
        At = WmipPutName(At, &Set->Names[Index]);
    }
    *Node = &New->WnodeHeader;
    return STATUS_SUCCESS;
}

// Of an event: a request about one instance has its name from the start.
static NTSTATUS WmipNameOne(PWMIP_SET Set, PWNODE_HEADER *Node, ULONG Bytes)
{
    ULONG Index = ((PWNODE_SINGLE_INSTANCE)*Node)->InstanceIndex;
    ULONG Offset = ALIGN_UP_BY(Bytes, sizeof(USHORT));
    if (Index >= Set->InstanceCount) {
        return STATUS_UNSUCCESSFUL;
    }
    ULONG More = Offset - Bytes + WmipNameBytes(Set, Index, 1);
    PWNODE_SINGLE_INSTANCE New = (PWNODE_SINGLE_INSTANCE)WmipExtendNode(*Node, Bytes, More);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->OffsetInstanceName = Offset;
    WmipPutName((PUCHAR)New + Offset, &Set->Names[Index]);
    *Node = &New->WnodeHeader;
    return STATUS_SUCCESS;
}

NTSTATUS WmipNameInstances(PWMIP_SET Set, PWNODE_HEADER *Node, ULONG Bytes)
{
    ULONG Flags = (*Node)->Flags;
    ULONG Least = (Flags & WNODE_FLAG_ALL_DATA)          ? FIELD_OFFSET(WNODE_ALL_DATA, FixedInstanceSize)
                  : (Flags & WNODE_FLAG_SINGLE_INSTANCE) ? FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData)
                                                         : FIELD_OFFSET(WNODE_SINGLE_ITEM, VariableData);
    if (Bytes < Least) {
        return STATUS_UNSUCCESSFUL;
    }
    if (!WmipHasStaticNames(Set) || !(Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES)) {
        (*Node)->BufferSize = Bytes;
        return STATUS_SUCCESS;
    }
    return (Flags & WNODE_FLAG_ALL_DATA) ? WmipNameAll(Set, Node, Bytes) : WmipNameOne(Set, Node, Bytes);
}

// ---- Answers

// Node is Answers' from here on; freed if there is no memory.
static NTSTATUS WmipAddAnswer(PLIST_ENTRY Answers, PWNODE_HEADER Node)
{
    PWMIP_ANSWER Answer = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Answer), TAG_WMI);
    if (Answer == NULL) {
        ExFreePoolWithTag(Node, TAG_WMI);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Answer->Node = Node;
    InsertTailList(Answers, &Answer->Link);
    return STATUS_SUCCESS;
}

VOID WmipFreeAnswers(PLIST_ENTRY Answers)
{
    while (!IsListEmpty(Answers)) {
        PWMIP_ANSWER Answer = CONTAINING_RECORD(RemoveHeadList(Answers), WMIP_ANSWER, Link);
        ExFreePoolWithTag(Answer->Node, TAG_WMI);
        ExFreePoolWithTag(Answer, TAG_WMI);
    }
}

NTSTATUS WmipReturnAnswers(PLIST_ENTRY Answers, PULONG Size, PVOID Buffer)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Room = Buffer != NULL ? *Size : 0, Bytes = 0;
    for (PLIST_ENTRY Link = Answers->Flink; Link != Answers; Link = Link->Flink) {
        Bytes = ALIGN_UP_BY(Bytes, sizeof(ULONG64)) +
                CONTAINING_RECORD(Link, WMIP_ANSWER, Link)->Node->BufferSize;
    }
    if (Bytes > Room) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else if (Buffer != NULL) {
        PUCHAR At = Buffer;
        for (PLIST_ENTRY Link = Answers->Flink; Link != Answers; Link = Link->Flink) {
            PWNODE_HEADER Node = CONTAINING_RECORD(Link, WMIP_ANSWER, Link)->Node;
            ULONG Step = ALIGN_UP_BY(Node->BufferSize, sizeof(ULONG64));
            Node->Linkage = Link->Flink != Answers ? Step : 0;
            RtlCopyMemory(At, Node, Node->BufferSize);
            At += Step;
        }
    }
    *Size = Bytes;
    WmipFreeAnswers(Answers);
    return Status;
}

// ---- Requests

// The bytes that a driver says to have written of a buffer of Room; 0: not a node.
static ULONG WmipAnswerBytes(ULONG Room, ULONG_PTR Information)
{
    return Information < sizeof(WNODE_HEADER) || Information > Room ? 0 : (ULONG)Information;
}

static BOOLEAN WmipIsTooSmall(PWNODE_HEADER Node, ULONG Bytes)
{
    return (Node->Flags & WNODE_FLAG_TOO_SMALL) &&
           Bytes >= RTL_SIZEOF_THROUGH_FIELD(WNODE_TOO_SMALL, SizeNeeded);
}

// How much room to try next, by what a try with *Room has come to. FALSE: it is as it is.
static BOOLEAN WmipNextRoom(NTSTATUS Status, PWNODE_HEADER Node, ULONG Bytes, PULONG Room)
{
    ULONG Before = *Room;
    if (NT_SUCCESS(Status) && WmipIsTooSmall(Node, Bytes)) {
        *Room = ((PWNODE_TOO_SMALL)Node)->SizeNeeded;
    } else if (Status == STATUS_BUFFER_TOO_SMALL) {
        *Room *= 2;
    }
    return *Room > Before && *Room <= WMIP_MAXIMUM_BUFFER;
}

// *Node of *Bytes is from pool, whatever the status; NULL: no memory.
static NTSTATUS WmipQueryAllOnce(PWMIP_SET Set, ULONG Room, PWNODE_HEADER *Node, PULONG Bytes)
{
    ULONG_PTR Information = 0;
    *Bytes = 0;
    *Node = ExAllocatePoolZero(NonPagedPoolNx, Room, TAG_WMI);
    if (*Node == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    WmipFillHeader(*Node, Set, Room, WNODE_FLAG_ALL_DATA);
    NTSTATUS Status =
        WmipSendIrp(Set->Provider, IRP_MN_QUERY_ALL_DATA, &Set->Guid->Guid, *Node, Room, &Information);
    if (NT_SUCCESS(Status)) {
        *Bytes = WmipAnswerBytes(Room, Information);
        Status = *Bytes != 0 ? Status : STATUS_UNSUCCESSFUL;
    }
    return Status;
}

NTSTATUS WmipQueryAll(PWMIP_SET Set, PLIST_ENTRY Answers)
{
    ULONG Room = WMIP_FIRST_BUFFER, Bytes;
    for (ULONG Try = 0;; Try += 1) {
        PWNODE_HEADER Node;
        NTSTATUS Status = WmipQueryAllOnce(Set, Room, &Node, &Bytes);
        if (Node == NULL) {
            return Status;
        }
        BOOLEAN Again = WmipNextRoom(Status, Node, Bytes, &Room);
        if (NT_SUCCESS(Status) && !WmipIsTooSmall(Node, Bytes)) {
            Status = WmipNameInstances(Set, &Node, Bytes);
            if (NT_SUCCESS(Status)) {
                return WmipAddAnswer(Answers, Node);
            }
            Again = FALSE;
        } else if (NT_SUCCESS(Status)) {
            Status = STATUS_UNSUCCESSFUL; // one that keeps asking for more
        }
        ExFreePoolWithTag(Node, TAG_WMI);
        if (!Again || Try == WMIP_TRIES) {
            return Status;
        }
    }
}

ULONG WmipDataOffset(const WMIP_INSTANCE_REQUEST *Request)
{
    ULONG Fixed = Request->NodeFlag == WNODE_FLAG_SINGLE_INSTANCE
                      ? FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData)
                      : FIELD_OFFSET(WNODE_SINGLE_ITEM, VariableData);
    return ALIGN_UP_BY(Fixed + sizeof(USHORT) + Request->Name->Length, sizeof(ULONG64));
}

static VOID WmipFillInstance(PWNODE_HEADER Node, PWMIP_SET Set, ULONG Index,
                             const WMIP_INSTANCE_REQUEST *Request)
{
    ULONG Offset = WmipDataOffset(Request);
    WmipFillHeader(Node, Set, Offset + Request->DataBytes, Request->NodeFlag);
    Node->Version = Request->Version;
    PWNODE_SINGLE_INSTANCE Instance = (PWNODE_SINGLE_INSTANCE)Node;
    PWNODE_SINGLE_ITEM Item = (PWNODE_SINGLE_ITEM)Node;
    Instance->InstanceIndex = Index;
    if (Request->NodeFlag == WNODE_FLAG_SINGLE_INSTANCE) {
        Instance->OffsetInstanceName = FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData);
        Instance->DataBlockOffset = Offset;
        Instance->SizeDataBlock = Request->DataBytes;
    } else {
        Item->OffsetInstanceName = FIELD_OFFSET(WNODE_SINGLE_ITEM, VariableData);
        Item->ItemId = Request->ItemId;
        Item->DataBlockOffset = Offset;
        Item->SizeDataItem = Request->DataBytes;
    }
    WmipPutName((PUCHAR)Node + Instance->OffsetInstanceName, Request->Name);
    RtlCopyMemory((PUCHAR)Node + Offset, Request->Data, Request->DataBytes);
}

// *Node is from pool if the status is a success.
static NTSTATUS WmipAskOne(PWMIP_SET Set, ULONG Index, const WMIP_INSTANCE_REQUEST *Request,
                           PWNODE_HEADER *Node, PULONG Bytes)
{
    ULONG_PTR Information = 0;
    SIZE_T Room = WmipDataOffset(Request) + (SIZE_T)max(Request->DataBytes, Request->AnswerBytes);
    if (Room > MAXULONG) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Node = ExAllocatePoolZero(NonPagedPoolNx, Room, TAG_WMI);
    if (*Node == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    WmipFillInstance(*Node, Set, Index, Request);
    NTSTATUS Status = WmipSendIrp(Set->Provider, Request->MinorFunction, &Set->Guid->Guid, *Node, (ULONG)Room,
                                  &Information);
    *Bytes = WmipAnswerBytes((ULONG)Room, Information);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(*Node, TAG_WMI);
    }
    return Status;
}

NTSTATUS WmipAskInstance(PWMIP_SET *Sets, ULONG Count, const WMIP_INSTANCE_REQUEST *Request,
                         PWNODE_HEADER *Node, PULONG Bytes)
{
    ULONG Instance;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        if (WmipHasStaticNames(Sets[Index]) && WmipFindName(Sets[Index], Request->Name, &Instance)) {
            return WmipAskOne(Sets[Index], Instance, Request, Node, Bytes);
        }
    }
    NTSTATUS Status = STATUS_WMI_INSTANCE_NOT_FOUND;
    for (ULONG Index = 0; Status == STATUS_WMI_INSTANCE_NOT_FOUND && Index < Count; Index += 1) {
        if (!WmipHasStaticNames(Sets[Index])) {
            Status = WmipAskOne(Sets[Index], 0, Request, Node, Bytes);
        }
    }
    return Status;
}

// The answer to a query of one instance is Answers' last, if it is whole. TRUE: Room is to be tried.
static BOOLEAN WmipTakeInstance(PLIST_ENTRY Answers, PWNODE_HEADER Node, ULONG Bytes, PULONG Room,
                                NTSTATUS *Status)
{
    PWNODE_SINGLE_INSTANCE Instance = (PWNODE_SINGLE_INSTANCE)Node;
    if (Bytes != 0 && WmipIsTooSmall(Node, Bytes)) {
        *Status = STATUS_UNSUCCESSFUL;
        BOOLEAN Again = WmipNextRoom(STATUS_SUCCESS, Node, Bytes, Room);
        ExFreePoolWithTag(Node, TAG_WMI);
        return Again;
    }
    if (Bytes < FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData) || Instance->DataBlockOffset > Bytes ||
        Instance->SizeDataBlock > Bytes - Instance->DataBlockOffset) {
        ExFreePoolWithTag(Node, TAG_WMI);
        *Status = STATUS_UNSUCCESSFUL;
        return FALSE;
    }
    Node->BufferSize = Bytes;
    Node->Flags &= ~WNODE_FLAG_STATIC_INSTANCE_NAMES; // the name is in it
    *Status = WmipAddAnswer(Answers, Node);
    return FALSE;
}

NTSTATUS WmipQueryInstance(PWMIP_SET *Sets, ULONG Count, PCUNICODE_STRING Name, PLIST_ENTRY Answers)
{
    WMIP_INSTANCE_REQUEST Request = {.MinorFunction = IRP_MN_QUERY_SINGLE_INSTANCE,
                                     .NodeFlag = WNODE_FLAG_SINGLE_INSTANCE,
                                     .Name = Name,
                                     .AnswerBytes = WMIP_FIRST_BUFFER};
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    for (ULONG Try = 0; Try <= WMIP_TRIES; Try += 1) {
        PWNODE_HEADER Node;
        ULONG Bytes, Room = Request.AnswerBytes;
        Status = WmipAskInstance(Sets, Count, &Request, &Node, &Bytes);
        if (NT_SUCCESS(Status) ? !WmipTakeInstance(Answers, Node, Bytes, &Room, &Status)
                               : !WmipNextRoom(Status, NULL, 0, &Room)) {
            break;
        }
        Request.AnswerBytes = Room;
    }
    return Status;
}
