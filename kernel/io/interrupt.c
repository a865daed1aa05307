// SPDX-License-Identifier: MIT
// Interrupts of devices as drivers connect to them: by a vector, or by the device that has it.
#include "inc/kernel.h"
#include "io/interrupt-message.h"
#include "io/pnp-resource.h"

// STATUS_INVALID_PARAMETER: no processor is in ProcessorEnableMask, or the interrupt is not to be had like
// that (KiConnectInterrupt). STATUS_INSUFFICIENT_RESOURCES. FloatingSave makes no difference: on x64 the
// floating-point state is always kept. IRQL PASSIVE_LEVEL.
NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine,
                                  PVOID ServiceContext, PKSPIN_LOCK SpinLock, ULONG Vector, KIRQL Irql,
                                  KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                                  KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave)
{
    UNREFERENCED_PARAMETER(FloatingSave);
    const KINTERRUPT Template = {
        .ServiceRoutine = ServiceRoutine,
        .ServiceContext = ServiceContext,
        .ActualLock = SpinLock,
        .Vector = Vector,
        .Irql = Irql,
        .SynchronizeIrql = SynchronizeIrql,
        .Mode = InterruptMode,
        .ShareVector = ShareVector,
    };
    *InterruptObject = NULL;
    return KiConnectInterrupt(&Template, ProcessorEnableMask, InterruptObject);
}

// When it returns the routine runs no more. IRQL PASSIVE_LEVEL.
VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject)
{
    KiDisconnectInterrupt(InterruptObject);
}

static NTSTATUS IopConnectFullySpecified(const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *Wanted,
                                         BOOLEAN HasGroup)
{
    if (Wanted->PhysicalDeviceObject == NULL || Wanted->InterruptObject == NULL ||
        Wanted->ServiceRoutine == NULL || (HasGroup && Wanted->Group != 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Wanted->ProcessorEnableMask & KiActiveProcessors) == 0) {
        return STATUS_INVALID_PARAMETER_10;
    }
    if (Wanted->Vector >= KM_LINES) {
        return STATUS_NOT_FOUND;
    }
    return IoConnectInterrupt(Wanted->InterruptObject, Wanted->ServiceRoutine, Wanted->ServiceContext,
                              Wanted->SpinLock, Wanted->Vector, Wanted->Irql, Wanted->SynchronizeIrql,
                              Wanted->InterruptMode, Wanted->ShareVector, Wanted->ProcessorEnableMask,
                              Wanted->FloatingSave);
}

// The first interrupt that the device has been assigned. STATUS_NOT_FOUND: none;
// STATUS_INVALID_DEVICE_REQUEST: messages.
static NTSTATUS IopFindLine(PDEVICE_OBJECT PhysicalDeviceObject, CM_PARTIAL_RESOURCE_DESCRIPTOR *Line)
{
    PIOP_DEVICE_NODE Node = IopDeviceExtension(PhysicalDeviceObject)->DeviceNode;
    PIP_DESCRIPTOR_WALK Walk;
    if (Node == NULL || Node->TranslatedResources == NULL) {
        return STATUS_NOT_FOUND;
    }
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *Have = PipFirstDescriptor(Node->TranslatedResources, &Walk);
    while (Have != NULL && Have->Type != CmResourceTypeInterrupt) {
        Have = PipFollowingDescriptor(&Walk);
    }
    if (Have == NULL) {
        return STATUS_NOT_FOUND;
    }
    *Line = *Have;
    return Have->Flags & CM_RESOURCE_INTERRUPT_MESSAGE ? STATUS_INVALID_DEVICE_REQUEST : STATUS_SUCCESS;
}

static NTSTATUS IopConnectLine(const IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS *Wanted)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR Line;
    if (Wanted->PhysicalDeviceObject == NULL || Wanted->InterruptObject == NULL ||
        Wanted->ServiceRoutine == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = IopFindLine(Wanted->PhysicalDeviceObject, &Line);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    const KIRQL Irql = (KIRQL)Line.u.Interrupt.Level;
    return IoConnectInterrupt(
        Wanted->InterruptObject, Wanted->ServiceRoutine, Wanted->ServiceContext, Wanted->SpinLock,
        Line.u.Interrupt.Vector, Irql, Wanted->SynchronizeIrql != 0 ? Wanted->SynchronizeIrql : Irql,
        Line.Flags & CM_RESOURCE_INTERRUPT_LATCHED ? Latched : LevelSensitive,
        Line.ShareDisposition == CmResourceShareShared, Line.u.Interrupt.Affinity, Wanted->FloatingSave);
}

// A device without messages: the fallback routine is connected to its line.
static NTSTATUS IopConnectFallback(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *Wanted = &Parameters->MessageBased;
    const IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS Line = {
        .PhysicalDeviceObject = Wanted->PhysicalDeviceObject,
        .InterruptObject = Wanted->ConnectionContext.InterruptObject,
        .ServiceRoutine = Wanted->FallBackServiceRoutine,
        .ServiceContext = Wanted->ServiceContext,
        .SpinLock = Wanted->SpinLock,
        .SynchronizeIrql = Wanted->SynchronizeIrql,
        .FloatingSave = Wanted->FloatingSave,
    };
    if (Line.ServiceRoutine == NULL) {
        return STATUS_NOT_FOUND;
    }
    NTSTATUS Status = IopConnectLine(&Line);
    if (NT_SUCCESS(Status)) {
        Parameters->Version = CONNECT_LINE_BASED;
    }
    return Status;
}

static NTSTATUS IopConnectByMessages(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *Wanted = &Parameters->MessageBased;
    if (Wanted->MessageServiceRoutine == NULL || Wanted->PhysicalDeviceObject == NULL ||
        Wanted->ConnectionContext.Generic == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    const NTSTATUS Status = IopConnectMessages(Wanted);
    return Status == STATUS_NOT_FOUND ? IopConnectFallback(Parameters) : Status;
}

// STATUS_INVALID_PARAMETER_1: no such version. STATUS_INVALID_PARAMETER: no device, routine, or place for the
// object, or the interrupt is not to be had like that. STATUS_INVALID_PARAMETER_10: fully specified, and no
// processor is in ProcessorEnableMask. STATUS_NOT_FOUND: the device has no interrupt, or nobody has that
// vector. STATUS_INVALID_DEVICE_REQUEST: it interrupts by messages. STATUS_INSUFFICIENT_RESOURCES. IRQL
// PASSIVE_LEVEL.
NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED: return IopConnectFullySpecified(&Parameters->FullySpecified, FALSE);
    case CONNECT_FULLY_SPECIFIED_GROUP: return IopConnectFullySpecified(&Parameters->FullySpecified, TRUE);
    case CONNECT_LINE_BASED: return IopConnectLine(&Parameters->LineBased);
    case CONNECT_MESSAGE_BASED: return IopConnectByMessages(Parameters);
    default: return STATUS_INVALID_PARAMETER_1;
    }
}

// Version is what IoConnectInterruptEx left in its own. IRQL PASSIVE_LEVEL.
VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters)
{
    if (Parameters->Version == CONNECT_MESSAGE_BASED) {
        IopDisconnectMessages(Parameters->ConnectionContext.InterruptMessageTable);
    } else {
        IoDisconnectInterrupt(Parameters->ConnectionContext.InterruptObject);
    }
}

static VOID IopReportActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters, BOOLEAN Active)
{
    if (Parameters->Version != CONNECT_MESSAGE_BASED) {
        Parameters->ConnectionContext.InterruptObject->Active = Active;
        return;
    }
    const IO_INTERRUPT_MESSAGE_INFO *Messages = Parameters->ConnectionContext.InterruptMessageTable;
    for (ULONG Id = 0; Id < Messages->MessageCount; Id += 1) {
        Messages->MessageInfo[Id].InterruptObject->Active = Active;
    }
}

// The routine is called again, or no more until then. Any IRQL up to DISPATCH_LEVEL.
VOID NTAPI IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters)
{
    IopReportActive(Parameters, TRUE);
}

VOID NTAPI IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters)
{
    IopReportActive(Parameters, FALSE);
}
