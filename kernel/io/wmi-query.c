// SPDX-License-Identifier: MIT
// Drivers' data asked for, and changed, within the kernel.
#include "inc/kernel.h"
#include "io/wmi.h"

// The sets of a block opened with DesiredAccess, for WmipFreeSets. What WmipReferenceBlock and WmipListSets
// say.
static NTSTATUS WmipOpenSets(PVOID DataBlockObject, ACCESS_MASK DesiredAccess, PWMIP_SET **Sets, PULONG Count)
{
    PWMIP_BLOCK Block;
    NTSTATUS Status = WmipReferenceBlock(DataBlockObject, DesiredAccess, &Block);
    if (NT_SUCCESS(Status)) {
        Status = WmipListSets(Block->Guid, Sets, Count);
        ObfDereferenceObject(Block);
    }
    return Status;
}

// ---- Queries

// A success if one of the drivers has answered, or else what the last has said.
static NTSTATUS WmipCollectAll(PVOID DataBlockObject, PLIST_ENTRY Answers)
{
    PWMIP_SET *Sets;
    ULONG Count;
    NTSTATUS Status = WmipOpenSets(DataBlockObject, WMIGUID_QUERY, &Sets, &Count);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BOOLEAN Answered = FALSE;
    Status = STATUS_WMI_GUID_NOT_FOUND;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Status = WmipQueryAll(Sets[Index], Answers);
        Answered |= NT_SUCCESS(Status);
    }
    WmipFreeSets(Sets, Count);
    return Answered                                 ? STATUS_SUCCESS
           : Status == STATUS_WMI_GUID_DISCONNECTED ? STATUS_WMI_GUID_NOT_FOUND
                                                    : Status;
}

// WNODE_ALL_DATA of each provider, one behind the other, with WMIGUID_QUERY. *InOutBufferSize: what they
// take. STATUS_WMI_GUID_NOT_FOUND: nobody provides the block; STATUS_BUFFER_TOO_SMALL;
// STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED of the object; what a provider says, if none succeeds.
// IRQL <= APC_LEVEL. (wdm)
NTSTATUS NTAPI IoWMIQueryAllData(PVOID DataBlockObject, PULONG InOutBufferSize, PVOID OutBuffer)
{
    LIST_ENTRY Answers;
    InitializeListHead(&Answers);
    NTSTATUS Status = WmipCollectAll(DataBlockObject, &Answers);
    return NT_SUCCESS(Status) ? WmipReturnAnswers(&Answers, InOutBufferSize, OutBuffer) : Status;
}

static NTSTATUS WmipCollectInstance(PVOID DataBlockObject, PCUNICODE_STRING InstanceName, PLIST_ENTRY Answers)
{
    PWMIP_SET *Sets;
    ULONG Count;
    NTSTATUS Status = WmipOpenSets(DataBlockObject, WMIGUID_QUERY, &Sets, &Count);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Count == 0 ? STATUS_WMI_GUID_NOT_FOUND : WmipQueryInstance(Sets, Count, InstanceName, Answers);
    WmipFreeSets(Sets, Count);
    return Status == STATUS_WMI_GUID_DISCONNECTED ? STATUS_WMI_GUID_NOT_FOUND : Status;
}

// A WNODE_SINGLE_INSTANCE with the name. As IoWMIQueryAllData, and STATUS_WMI_INSTANCE_NOT_FOUND. (wdm)
NTSTATUS NTAPI IoWMIQuerySingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName,
                                        PULONG InOutBufferSize, PVOID OutBuffer)
{
    LIST_ENTRY Answers;
    InitializeListHead(&Answers);
    NTSTATUS Status = WmipCollectInstance(DataBlockObject, InstanceName, &Answers);
    return NT_SUCCESS(Status) ? WmipReturnAnswers(&Answers, InOutBufferSize, OutBuffer) : Status;
}

// What is wrong with a caller's own object, or with the machine, not with the drivers that were asked.
static BOOLEAN WmipEndsQuery(NTSTATUS Status)
{
    return Status == STATUS_OBJECT_TYPE_MISMATCH || Status == STATUS_ACCESS_DENIED ||
           Status == STATUS_INSUFFICIENT_RESOURCES;
}

// Of the objects in order, each with its instance name; NULL: all instances.
static NTSTATUS WmipQueryMultiple(PVOID *Objects, PUNICODE_STRING Names, ULONG Count, PULONG InOutBufferSize,
                                  PVOID OutBuffer)
{
    LIST_ENTRY Answers;
    InitializeListHead(&Answers);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        NTSTATUS Status = Names == NULL ? WmipCollectAll(Objects[Index], &Answers)
                                        : WmipCollectInstance(Objects[Index], &Names[Index], &Answers);
        if (WmipEndsQuery(Status)) {
            WmipFreeAnswers(&Answers);
            return Status;
        }
    }
    return WmipReturnAnswers(&Answers, InOutBufferSize, OutBuffer);
}

// As IoWMIQueryAllData for each of the objects; what nobody provides is left out. (wdm)
NTSTATUS NTAPI IoWMIQueryAllDataMultiple(PVOID *DataBlockObjectList, ULONG ObjectCount,
                                         PULONG InOutBufferSize, PVOID OutBuffer)
{
    return WmipQueryMultiple(DataBlockObjectList, NULL, ObjectCount, InOutBufferSize, OutBuffer);
}

// As IoWMIQuerySingleInstance for each of the objects and its name; what is not found is left out. (wdm)
NTSTATUS NTAPI IoWMIQuerySingleInstanceMultiple(PVOID *DataBlockObjectList, PUNICODE_STRING InstanceNames,
                                                ULONG ObjectCount, PULONG InOutBufferSize, PVOID OutBuffer)
{
    return WmipQueryMultiple(DataBlockObjectList, InstanceNames, ObjectCount, InOutBufferSize, OutBuffer);
}

// ---- Changes

static NTSTATUS WmipChange(PVOID DataBlockObject, const WMIP_INSTANCE_REQUEST *Request)
{
    PWMIP_SET *Sets;
    PWNODE_HEADER Node;
    ULONG Count, Bytes;
    NTSTATUS Status = WmipOpenSets(DataBlockObject, WMIGUID_SET, &Sets, &Count);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Count == 0 ? STATUS_WMI_GUID_NOT_FOUND : WmipAskInstance(Sets, Count, Request, &Node, &Bytes);
    WmipFreeSets(Sets, Count);
    if (NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Node, TAG_WMI);
    }
    return Status == STATUS_WMI_GUID_DISCONNECTED ? STATUS_WMI_GUID_NOT_FOUND : Status;
}

// With WMIGUID_SET. STATUS_WMI_GUID_NOT_FOUND, STATUS_WMI_INSTANCE_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_ACCESS_DENIED, STATUS_INSUFFICIENT_RESOURCES, and the driver's: STATUS_WMI_READ_ONLY,
// STATUS_WMI_SET_FAILURE. IRQL <= APC_LEVEL. (wdm)
NTSTATUS NTAPI IoWMISetSingleInstance(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG Version,
                                      ULONG ValueBufferSize, PVOID ValueBuffer)
{
    WMIP_INSTANCE_REQUEST Request = {.MinorFunction = IRP_MN_CHANGE_SINGLE_INSTANCE,
                                     .NodeFlag = WNODE_FLAG_SINGLE_INSTANCE,
                                     .Name = InstanceName,
                                     .Version = Version,
                                     .Data = ValueBuffer,
                                     .DataBytes = ValueBufferSize};
    return WmipChange(DataBlockObject, &Request);
}

// As IoWMISetSingleInstance, and the driver's STATUS_WMI_ITEMID_NOT_FOUND. (wdm)
NTSTATUS NTAPI IoWMISetSingleItem(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG DataItemId,
                                  ULONG Version, ULONG ValueBufferSize, PVOID ValueBuffer)
{
    WMIP_INSTANCE_REQUEST Request = {.MinorFunction = IRP_MN_CHANGE_SINGLE_ITEM,
                                     .NodeFlag = WNODE_FLAG_SINGLE_ITEM,
                                     .Name = InstanceName,
                                     .Version = Version,
                                     .ItemId = DataItemId,
                                     .Data = ValueBuffer,
                                     .DataBytes = ValueBufferSize};
    return WmipChange(DataBlockObject, &Request);
}

// ---- Methods

// Node, of Bytes, is what a driver has made of a method: its output, of at most *OutBufferSize, goes to
// Buffer.
static NTSTATUS WmipTakeOutput(PWNODE_HEADER Node, ULONG Bytes, ULONG DataOffset, PULONG OutBufferSize,
                               PUCHAR Buffer)
{
    PWNODE_METHOD_ITEM Method = (PWNODE_METHOD_ITEM)Node;
    ULONG Room = *OutBufferSize;
    if (Bytes >= RTL_SIZEOF_THROUGH_FIELD(WNODE_TOO_SMALL, SizeNeeded) &&
        (Node->Flags & WNODE_FLAG_TOO_SMALL)) {
        ULONG Needed = ((PWNODE_TOO_SMALL)Node)->SizeNeeded;
        *OutBufferSize = Needed > DataOffset ? Needed - DataOffset : 0;
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Bytes < FIELD_OFFSET(WNODE_METHOD_ITEM, VariableData) || Method->DataBlockOffset > Bytes ||
        Method->SizeDataBlock > Bytes - Method->DataBlockOffset) {
        return STATUS_UNSUCCESSFUL;
    }
    *OutBufferSize = Method->SizeDataBlock;
    if (Method->SizeDataBlock > Room) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlCopyMemory(Buffer, (PUCHAR)Node + Method->DataBlockOffset, Method->SizeDataBlock);
    return STATUS_SUCCESS;
}

// The instance is queried in front of it, as IRP_MN_EXECUTE_METHOD's page has it.
static NTSTATUS WmipExecute(PWMIP_SET *Sets, ULONG Count, const WMIP_INSTANCE_REQUEST *Request,
                            PWNODE_HEADER *Node, PULONG Bytes)
{
    LIST_ENTRY Answers;
    InitializeListHead(&Answers);
    NTSTATUS Status = WmipQueryInstance(Sets, Count, Request->Name, &Answers);
    WmipFreeAnswers(&Answers);
    return NT_SUCCESS(Status) ? WmipAskInstance(Sets, Count, Request, Node, Bytes) : Status;
}

// With WMIGUID_EXECUTE: the method's input of InBufferSize is where its output goes, of *OutBufferSize at
// most. STATUS_BUFFER_TOO_SMALL: *OutBufferSize is what it takes. STATUS_WMI_GUID_NOT_FOUND,
// STATUS_WMI_INSTANCE_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED;
// STATUS_WMI_GUID_DISCONNECTED: the provider takes no requests any more; and the driver's:
// STATUS_WMI_ITEMID_NOT_FOUND. IRQL <= APC_LEVEL. (wdm)
NTSTATUS NTAPI IoWMIExecuteMethod(PVOID DataBlockObject, PUNICODE_STRING InstanceName, ULONG MethodId,
                                  ULONG InBufferSize, PULONG OutBufferSize, PUCHAR InOutBuffer)
{
    WMIP_INSTANCE_REQUEST Request = {.MinorFunction = IRP_MN_EXECUTE_METHOD,
                                     .NodeFlag = WNODE_FLAG_METHOD_ITEM,
                                     .Name = InstanceName,
                                     .ItemId = MethodId,
                                     .Data = InOutBuffer,
                                     .DataBytes = InBufferSize,
                                     .AnswerBytes = *OutBufferSize};
    PWMIP_SET *Sets;
    PWNODE_HEADER Node;
    ULONG Count, Bytes;
    NTSTATUS Status = WmipOpenSets(DataBlockObject, WMIGUID_EXECUTE, &Sets, &Count);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Count == 0 ? STATUS_WMI_GUID_NOT_FOUND : WmipExecute(Sets, Count, &Request, &Node, &Bytes);
    if (NT_SUCCESS(Status)) {
        Status = WmipTakeOutput(Node, Bytes, WmipDataOffset(&Request), OutBufferSize, InOutBuffer);
        ExFreePoolWithTag(Node, TAG_WMI);
    }
    WmipFreeSets(Sets, Count);
    return Status;
}
