// SPDX-License-Identifier: MIT
// Plug and Play IRPs, sent and waited for.
#include "inc/kernel.h"
#include "io/pnp-manager.h"
#include "verify/pnp.h"

static NTSTATUS NTAPI PipIrpCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS PipSendIrp(PIOP_DEVICE_NODE Node, UCHAR MinorFunction, const IO_STACK_LOCATION *Stack,
                    PULONG_PTR Information)
{
    KEVENT Event;
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Node->PhysicalDeviceObject);
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    if (Irp == NULL) {
        ObfDereferenceObject(Top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
    if (Stack != NULL) {
        Next->Parameters = Stack->Parameters;
    }
    Next->MajorFunction = IRP_MJ_PNP;
    Next->MinorFunction = MinorFunction;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->RequestorMode = KernelMode;
    // What no driver knows nobody touches.
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Irp->IoStatus.Information = Information != NULL ? *Information : 0;
    IoSetCompletionRoutine(Irp, PipIrpCompleted, &Event, TRUE, TRUE, TRUE);
    VI_PNP_STACK Before;
    if (ViChecks()) {
        ViBeginPnp(&Before, Node->PhysicalDeviceObject);
    }
    IofCallDriver(Top, Irp);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    NTSTATUS Status = Irp->IoStatus.Status;
    if (ViChecks()) {
        ViEndPnp(&Before, MinorFunction, Status);
    }
    if (Information != NULL) {
        *Information = NT_SUCCESS(Status) ? Irp->IoStatus.Information : 0;
    }
    IoFreeIrp(Irp);
    ObfDereferenceObject(Top);
    return Status;
}

NTSTATUS PipQueryRelations(PIOP_DEVICE_NODE Node, DEVICE_RELATION_TYPE Type, PDEVICE_RELATIONS *Relations)
{
    IO_STACK_LOCATION Stack = {.Parameters.QueryDeviceRelations.Type = Type};
    ULONG_PTR Information = 0;
    NTSTATUS Status = PipSendIrp(Node, IRP_MN_QUERY_DEVICE_RELATIONS, &Stack, &Information);
    *Relations = (PDEVICE_RELATIONS)Information;
    return Status;
}

NTSTATUS PipQueryCapabilities(PIOP_DEVICE_NODE Node)
{
    DEVICE_CAPABILITIES Capabilities = {
        .Size = sizeof(Capabilities), .Version = 1, .Address = MAXULONG, .UINumber = MAXULONG};
    IO_STACK_LOCATION Stack = {.Parameters.DeviceCapabilities.Capabilities = &Capabilities};
    NTSTATUS Status = PipSendIrp(Node, IRP_MN_QUERY_CAPABILITIES, &Stack, NULL);
    if (NT_SUCCESS(Status)) {
        Node->Capabilities = Capabilities;
    }
    return Status;
}

VOID PipDropRelated(PDEVICE_OBJECT DeviceObject)
{
    if (ViChecks()) {
        ViForgetResource(ViResourceReference, (ULONG_PTR)DeviceObject);
    }
    ObfDereferenceObject(DeviceObject);
}
