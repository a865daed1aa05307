// SPDX-License-Identifier: MIT
// WmiSystemControl: a driver's dispatch routine for WMI's IRPs.
#include "inc/kernel.h"
#include "wmilib/wmilib.h"

// A request on its way to one of the driver's routines.
typedef struct _WMILIBP_REQUEST {
    PWMILIB_CONTEXT WmiLibInfo;
    PDEVICE_OBJECT DeviceObject;
    PIRP Irp;
    UCHAR MinorFunction;
    ULONG GuidIndex;
    PVOID Buffer; // the node, of BufferSize
    ULONG BufferSize;
} WMILIBP_REQUEST, *PWMILIBP_REQUEST;

// What the routines say of a request that no routine of the driver's is called for.
static NTSTATUS WmilibpRefuse(NTSTATUS Status, PSYSCTL_IRP_DISPOSITION Disposition)
{
    *Disposition = IrpNotCompleted;
    return Status;
}

static NTSTATUS WmilibpQueryAll(PWMILIBP_REQUEST Request, PSYSCTL_IRP_DISPOSITION Disposition)
{
    PWNODE_ALL_DATA Node = Request->Buffer;
    ULONG Count = Request->WmiLibInfo->GuidList[Request->GuidIndex].InstanceCount;
    ULONG Offset = WmilibpAllDataOffset(Count);
    if (Request->BufferSize < sizeof(*Node)) {
        return WmilibpRefuse(STATUS_BUFFER_TOO_SMALL, Disposition);
    }
    Node->InstanceCount = Count;
    Node->DataBlockOffset = Offset;
    // The driver's lengths stand where offsets and lengths will: completion moves them apart.
    ULONG Room = Request->BufferSize > Offset ? Request->BufferSize - Offset : 0;
    PULONG Lengths = Room != 0 ? (PULONG)Node->OffsetInstanceDataAndLength : NULL;
    PUCHAR Data = Room != 0 ? (PUCHAR)Node + Offset : NULL;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "WMI_QUERY_DATABLOCK_CALLBACK", Request->WmiLibInfo->QueryWmiDataBlock, 5,
                    Request->DeviceObject, Request->Irp, (ULONG_PTR)Request->GuidIndex, (ULONG_PTR)0,
                    (ULONG_PTR)Count);
    NTSTATUS Status = Request->WmiLibInfo->QueryWmiDataBlock(
        Request->DeviceObject, Request->Irp, Request->GuidIndex, 0, Count, Lengths, Room, Data);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    return Status;
}

static NTSTATUS WmilibpQueryInstance(PWMILIBP_REQUEST Request, ULONG Instance, ULONG Offset)
{
    PWNODE_SINGLE_INSTANCE Node = Request->Buffer;
    ULONG Room = Request->BufferSize - Offset;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "WMI_QUERY_DATABLOCK_CALLBACK", Request->WmiLibInfo->QueryWmiDataBlock, 5,
                    Request->DeviceObject, Request->Irp, (ULONG_PTR)Request->GuidIndex, (ULONG_PTR)Instance,
                    (ULONG_PTR)1);
    NTSTATUS Status = Request->WmiLibInfo->QueryWmiDataBlock(
        Request->DeviceObject, Request->Irp, Request->GuidIndex, Instance, 1,
        Room != 0 ? &Node->SizeDataBlock : NULL, Room, Room != 0 ? (PUCHAR)Node + Offset : NULL);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    return Status;
}

static NTSTATUS WmilibpChangeInstance(PWMILIBP_REQUEST Request, ULONG Instance, ULONG Offset)
{
    PWNODE_SINGLE_INSTANCE Node = Request->Buffer;
    ULONG Bytes = Node->SizeDataBlock;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "WMI_SET_DATABLOCK_CALLBACK", Request->WmiLibInfo->SetWmiDataBlock, 5,
                    Request->DeviceObject, Request->Irp, (ULONG_PTR)Request->GuidIndex, (ULONG_PTR)Instance,
                    (ULONG_PTR)Bytes);
    NTSTATUS Status = Request->WmiLibInfo->SetWmiDataBlock(
        Request->DeviceObject, Request->Irp, Request->GuidIndex, Instance, Bytes, (PUCHAR)Node + Offset);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    return Status;
}

static NTSTATUS WmilibpChangeItem(PWMILIBP_REQUEST Request, ULONG Instance, ULONG Offset)
{
    PWNODE_SINGLE_ITEM Node = Request->Buffer;
    ULONG Bytes = Node->SizeDataItem, ItemId = Node->ItemId;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "WMI_SET_DATAITEM_CALLBACK", Request->WmiLibInfo->SetWmiDataItem, 5,
                    Request->DeviceObject, Request->Irp, (ULONG_PTR)Request->GuidIndex, (ULONG_PTR)Instance,
                    (ULONG_PTR)ItemId);
    NTSTATUS Status =
        Request->WmiLibInfo->SetWmiDataItem(Request->DeviceObject, Request->Irp, Request->GuidIndex, Instance,
                                            ItemId, Bytes, (PUCHAR)Node + Offset);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    return Status;
}

static NTSTATUS WmilibpExecute(PWMILIBP_REQUEST Request, ULONG Instance, ULONG Offset)
{
    PWNODE_METHOD_ITEM Node = Request->Buffer;
    ULONG Input = Node->SizeDataBlock, Output = Request->BufferSize - Offset, MethodId = Node->MethodId;
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "WMI_EXECUTE_METHOD_CALLBACK", Request->WmiLibInfo->ExecuteWmiMethod, 5,
                    Request->DeviceObject, Request->Irp, (ULONG_PTR)Request->GuidIndex, (ULONG_PTR)Instance,
                    (ULONG_PTR)MethodId);
    NTSTATUS Status =
        Request->WmiLibInfo->ExecuteWmiMethod(Request->DeviceObject, Request->Irp, Request->GuidIndex,
                                              Instance, MethodId, Input, Output, (PUCHAR)Node + Offset);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    return Status;
}

static NTSTATUS WmilibpControl(PWMILIBP_REQUEST Request, WMIENABLEDISABLECONTROL Function, BOOLEAN Enable)
{
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "WMI_FUNCTION_CONTROL_CALLBACK", Request->WmiLibInfo->WmiFunctionControl, 5,
                    Request->DeviceObject, Request->Irp, (ULONG_PTR)Request->GuidIndex, (ULONG_PTR)Function,
                    (ULONG_PTR)Enable);
    NTSTATUS Status = Request->WmiLibInfo->WmiFunctionControl(Request->DeviceObject, Request->Irp,
                                                              Request->GuidIndex, Function, Enable);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    return Status;
}

// What is said of one instance where its node's data begin.
typedef struct _WMILIBP_INSTANCE {
    ULONG Fixed;  // bytes of the node
    ULONG Offset; // where its data begin
    ULONG Bytes;  // of input
} WMILIBP_INSTANCE;

static WMILIBP_INSTANCE WmilibpInstanceOf(PWMILIBP_REQUEST Request)
{
    if (Request->MinorFunction == IRP_MN_CHANGE_SINGLE_ITEM ||
        Request->MinorFunction == IRP_MN_EXECUTE_METHOD) {
        PWNODE_SINGLE_ITEM Item = Request->Buffer; // laid out as a WNODE_METHOD_ITEM is
        return (WMILIBP_INSTANCE){FIELD_OFFSET(WNODE_SINGLE_ITEM, VariableData), Item->DataBlockOffset,
                                  Item->SizeDataItem};
    }
    PWNODE_SINGLE_INSTANCE Node = Request->Buffer;
    return (WMILIBP_INSTANCE){FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData), Node->DataBlockOffset,
                              Node->SizeDataBlock};
}

static NTSTATUS WmilibpCallForInstance(PWMILIBP_REQUEST Request, PSYSCTL_IRP_DISPOSITION Disposition)
{
    PWNODE_SINGLE_INSTANCE Node = Request->Buffer;
    PWMILIB_CONTEXT Context = Request->WmiLibInfo;
    if (Request->BufferSize < FIELD_OFFSET(WNODE_SINGLE_ITEM, VariableData)) {
        return WmilibpRefuse(STATUS_INVALID_PARAMETER, Disposition);
    }
    WMILIBP_INSTANCE At = WmilibpInstanceOf(Request);
    ULONG Instance = Node->InstanceIndex;
    if (At.Offset < At.Fixed || At.Offset > Request->BufferSize ||
        At.Bytes > Request->BufferSize - At.Offset) {
        return WmilibpRefuse(STATUS_INVALID_PARAMETER, Disposition);
    }
    // The library has no means for names of the driver's own.
    if (!(Node->WnodeHeader.Flags & WNODE_FLAG_STATIC_INSTANCE_NAMES) ||
        Instance >= Context->GuidList[Request->GuidIndex].InstanceCount) {
        return WmilibpRefuse(STATUS_WMI_INSTANCE_NOT_FOUND, Disposition);
    }
    switch (Request->MinorFunction) {
    case IRP_MN_QUERY_SINGLE_INSTANCE: return WmilibpQueryInstance(Request, Instance, At.Offset);
    case IRP_MN_CHANGE_SINGLE_INSTANCE:
        return Context->SetWmiDataBlock != NULL ? WmilibpChangeInstance(Request, Instance, At.Offset)
                                                : WmilibpRefuse(STATUS_WMI_READ_ONLY, Disposition);
    case IRP_MN_CHANGE_SINGLE_ITEM:
        return Context->SetWmiDataItem != NULL ? WmilibpChangeItem(Request, Instance, At.Offset)
                                               : WmilibpRefuse(STATUS_WMI_READ_ONLY, Disposition);
    default:
        return Context->ExecuteWmiMethod != NULL ? WmilibpExecute(Request, Instance, At.Offset)
                                                 : WmilibpRefuse(STATUS_INVALID_DEVICE_REQUEST, Disposition);
    }
}

// *Disposition is IrpProcessed.
static NTSTATUS WmilibpCall(PWMILIBP_REQUEST Request, PSYSCTL_IRP_DISPOSITION Disposition)
{
    switch (Request->MinorFunction) {
    case IRP_MN_QUERY_ALL_DATA: return WmilibpQueryAll(Request, Disposition);
    case IRP_MN_ENABLE_EVENTS:
    case IRP_MN_DISABLE_EVENTS:
    case IRP_MN_ENABLE_COLLECTION:
    case IRP_MN_DISABLE_COLLECTION: break;
    default: return WmilibpCallForInstance(Request, Disposition);
    }
    if (Request->WmiLibInfo->WmiFunctionControl == NULL) {
        return WmilibpRefuse(STATUS_SUCCESS, Disposition);
    }
    BOOLEAN Events =
        Request->MinorFunction == IRP_MN_ENABLE_EVENTS || Request->MinorFunction == IRP_MN_DISABLE_EVENTS;
    return WmilibpControl(Request, Events ? WmiEventControl : WmiDataBlockControl,
                          Request->MinorFunction == IRP_MN_ENABLE_EVENTS ||
                              Request->MinorFunction == IRP_MN_ENABLE_COLLECTION);
}

// FALSE: none of the driver's.
static BOOLEAN WmilibpFindGuid(PWMILIB_CONTEXT WmiLibInfo, const GUID *Guid, PULONG Index)
{
    for (*Index = 0; *Index < WmiLibInfo->GuidCount; *Index += 1) {
        if (IsEqualGUID(WmiLibInfo->GuidList[*Index].Guid, Guid)) {
            return TRUE;
        }
    }
    return FALSE;
}

// Answers, or calls the driver's routine for, a WMI IRP for DeviceObject; *IrpDisposition says who completes
// it. STATUS_INVALID_DEVICE_REQUEST: not WMI's, for another device, or a method without a routine;
// STATUS_WMI_GUID_NOT_FOUND, STATUS_WMI_INSTANCE_NOT_FOUND, STATUS_WMI_READ_ONLY, STATUS_INVALID_PARAMETER (a
// node that is not whole), STATUS_BUFFER_TOO_SMALL, or what the routine says. IRQL PASSIVE_LEVEL. (wmilib)
NTSTATUS NTAPI WmiSystemControl(PWMILIB_CONTEXT WmiLibInfo, PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                PSYSCTL_IRP_DISPOSITION IrpDisposition)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    WMILIBP_REQUEST Request = {WmiLibInfo,
                               DeviceObject,
                               Irp,
                               Stack->MinorFunction,
                               0,
                               Stack->Parameters.WMI.Buffer,
                               Stack->Parameters.WMI.BufferSize};
    ULONG_PTR Information = 0;
    NTSTATUS Status;
    if (Request.MinorFunction > IRP_MN_EXECUTE_METHOD && Request.MinorFunction != IRP_MN_REGINFO_EX) {
        *IrpDisposition = IrpNotWmi;
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (Stack->Parameters.WMI.ProviderId != (ULONG_PTR)DeviceObject) {
        *IrpDisposition = IrpForward;
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    *IrpDisposition = IrpProcessed;
    if (Request.MinorFunction == IRP_MN_REGINFO || Request.MinorFunction == IRP_MN_REGINFO_EX) {
        *IrpDisposition = IrpNotCompleted;
        Status = WmilibpRegister(WmiLibInfo, DeviceObject, Stack, &Information);
    } else if (!WmilibpFindGuid(WmiLibInfo, Stack->Parameters.WMI.DataPath, &Request.GuidIndex)) {
        Status = WmilibpRefuse(STATUS_WMI_GUID_NOT_FOUND, IrpDisposition);
    } else {
        Status = WmilibpCall(&Request, IrpDisposition);
    }
    // One that the driver's routine was called for may be gone.
    if (*IrpDisposition == IrpNotCompleted) {
        Irp->IoStatus.Status = Status;
        Irp->IoStatus.Information = Information;
    }
    return Status;
}
