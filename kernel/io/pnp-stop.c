// SPDX-License-Identifier: MIT
// A device stopped, to be started again with other resources.
#include "inc/kernel.h"
#include "io/pnp-manager.h"
#include "io/pnp-resource.h"

NTSTATUS PipStop(PIOP_DEVICE_NODE Node)
{
    if (Node->State != DeviceNodeStarted) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    NTSTATUS Status = PipSendIrp(Node, IRP_MN_QUERY_STOP_DEVICE, NULL, NULL);
    // Those that had agreed before one refused learn of it too.
    if (!NT_SUCCESS(Status)) {
        PipSendIrp(Node, IRP_MN_CANCEL_STOP_DEVICE, NULL, NULL);
        return Status;
    }
    Node->State = DeviceNodeQueryStopped;
    if (Status == STATUS_RESOURCE_REQUIREMENTS_CHANGED) {
        PipQueryRequirements(Node);
    }
    PipSendIrp(Node, IRP_MN_STOP_DEVICE, NULL, NULL);
    Node->State = DeviceNodeStopped;
    PipReleaseResources(Node->PhysicalDeviceObject);
    return STATUS_SUCCESS;
}
