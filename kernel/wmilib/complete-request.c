// SPDX-License-Identifier: MIT
// WmiCompleteRequest: what a driver's routine has answered, made the node that WMI expects.
#include "inc/kernel.h"
#include "wmilib/wmilib.h"

// The driver's lengths become offsets and lengths, the last first: each moves up, over those that are done.
static VOID WmilibpSpreadLengths(PWNODE_ALL_DATA Node)
{
    PULONG Lengths = (PULONG)Node->OffsetInstanceDataAndLength;
    ULONG Offset = Node->DataBlockOffset;
    for (ULONG Index = Node->InstanceCount; Index > 0; Index -= 1) {
        Node->OffsetInstanceDataAndLength[Index - 1].LengthInstanceData = Lengths[Index - 1];
    }
    for (ULONG Index = 0; Index < Node->InstanceCount; Index += 1) {
        Node->OffsetInstanceDataAndLength[Index].OffsetInstanceData = Offset;
        Offset += ALIGN_UP_BY(Node->OffsetInstanceDataAndLength[Index].LengthInstanceData, sizeof(ULONG64));
    }
}

// Where the data of a request with output begin; 0: it has none.
static ULONG WmilibpOutputOffset(PIO_STACK_LOCATION Stack)
{
    PVOID Buffer = Stack->Parameters.WMI.Buffer;
    switch (Stack->MinorFunction) {
    case IRP_MN_QUERY_ALL_DATA: return ((PWNODE_ALL_DATA)Buffer)->DataBlockOffset;
    case IRP_MN_QUERY_SINGLE_INSTANCE: return ((PWNODE_SINGLE_INSTANCE)Buffer)->DataBlockOffset;
    case IRP_MN_EXECUTE_METHOD: return ((PWNODE_METHOD_ITEM)Buffer)->DataBlockOffset;
    default: return 0;
    }
}

// The node says how much room it takes. The bytes of it.
static ULONG WmilibpTooSmall(PVOID Buffer, ULONG Needed)
{
    PWNODE_TOO_SMALL Node = Buffer;
    Node->WnodeHeader.BufferSize = sizeof(*Node);
    Node->WnodeHeader.Flags |= WNODE_FLAG_TOO_SMALL;
    Node->SizeNeeded = Needed;
    return sizeof(*Node);
}

static ULONG WmilibpFinish(PIO_STACK_LOCATION Stack, ULONG Bytes, ULONG BufferUsed)
{
    PWNODE_HEADER Header = Stack->Parameters.WMI.Buffer;
    switch (Stack->MinorFunction) {
    case IRP_MN_QUERY_ALL_DATA: WmilibpSpreadLengths((PWNODE_ALL_DATA)Header); break;
    case IRP_MN_QUERY_SINGLE_INSTANCE: ((PWNODE_SINGLE_INSTANCE)Header)->SizeDataBlock = BufferUsed; break;
    default: ((PWNODE_METHOD_ITEM)Header)->SizeDataBlock = BufferUsed; break;
    }
    Header->BufferSize = Bytes;
    KeQuerySystemTime(&Header->TimeStamp);
    return Bytes;
}

// Completes Irp with Status, and BufferUsed bytes of data where it has output; with STATUS_BUFFER_TOO_SMALL
// these are what it takes, and the IRP succeeds with a WNODE_TOO_SMALL. Status, or STATUS_SUCCESS then. IRQL
// <= DISPATCH_LEVEL. (wmilib)
NTSTATUS NTAPI WmiCompleteRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp, NTSTATUS Status, ULONG BufferUsed,
                                  CCHAR PriorityBoost)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Offset = WmilibpOutputOffset(Stack), Information = 0;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Offset != 0 && Status == STATUS_BUFFER_TOO_SMALL) {
        if (Stack->Parameters.WMI.BufferSize >= sizeof(WNODE_TOO_SMALL)) {
            Information = WmilibpTooSmall(Stack->Parameters.WMI.Buffer, Offset + BufferUsed);
            Status = STATUS_SUCCESS;
        }
    } else if (Offset != 0 && NT_SUCCESS(Status)) {
        Information = WmilibpFinish(Stack, Offset + BufferUsed, BufferUsed);
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IofCompleteRequest(Irp, PriorityBoost);
    return Status;
}
