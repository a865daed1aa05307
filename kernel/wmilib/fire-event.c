// SPDX-License-Identifier: MIT
// WmiFireEvent: an event of one instance with a static name.
#include "inc/kernel.h"
#include "wmilib/wmilib.h"

// EventData, from pool, may be NULL, and is freed whatever comes of it. STATUS_INSUFFICIENT_RESOURCES, or
// what IoWMIWriteEvent says. IRQL <= DISPATCH_LEVEL. (wmilib)
NTSTATUS NTAPI WmiFireEvent(PDEVICE_OBJECT DeviceObject, LPCGUID Guid, ULONG InstanceIndex,
                            ULONG EventDataSize, PVOID EventData)
{
    const ULONG Offset = FIELD_OFFSET(WNODE_SINGLE_INSTANCE, VariableData);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    PWNODE_SINGLE_INSTANCE Node =
        EventDataSize <= MAXULONG - Offset
            ? ExAllocatePoolZero(NonPagedPoolNx, (SIZE_T)Offset + EventDataSize, TAG_WMI)
            : NULL;
    if (Node != NULL) {
        Node->WnodeHeader.BufferSize = Offset + EventDataSize;
        Node->WnodeHeader.ProviderId = IoWMIDeviceObjectToProviderId(DeviceObject);
        Node->WnodeHeader.Guid = *Guid;
        KeQuerySystemTime(&Node->WnodeHeader.TimeStamp);
        Node->WnodeHeader.Flags =
            WNODE_FLAG_SINGLE_INSTANCE | WNODE_FLAG_EVENT_ITEM | WNODE_FLAG_STATIC_INSTANCE_NAMES;
        Node->InstanceIndex = InstanceIndex;
        Node->DataBlockOffset = Offset;
        Node->SizeDataBlock = EventDataSize;
        if (EventData != NULL) {
            RtlCopyMemory((PUCHAR)Node + Offset, EventData, EventDataSize);
        }
        Status = IoWMIWriteEvent(Node);
        if (!NT_SUCCESS(Status)) {
            ExFreePoolWithTag(Node, TAG_WMI);
        }
    }
    if (EventData != NULL) {
        ExFreePool(EventData);
    }
    return Status;
}
