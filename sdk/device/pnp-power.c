// SPDX-License-Identifier: MIT
// Power requests of a function driver that owns the power policy of its device: a request for a state of the
// system becomes one for a state of the device, and that one reaches the driver when the device can be used.
#include "device/pnp.h"

VOID KmpTellPower(PKM_DEVICE Device, DEVICE_POWER_STATE State)
{
    POWER_STATE Power;

    Power.DeviceState = State;
    (VOID) PoSetPowerState(Device->DeviceObject, DevicePowerState, Power);
    if (KmpPnp(Device)->Routines->Power != NULL) {
        KmpPnp(Device)->Routines->Power(Device, State);
    }
}

// A state that is set may not be refused, whatever became of the device's.
static NTSTATUS SystemStatus(PIO_STACK_LOCATION Stack, NTSTATUS Status)
{
    return Stack->MinorFunction == IRP_MN_SET_POWER ? STATUS_SUCCESS : Status;
}

// The device is in its state: so the system may be in its own.
static VOID NTAPI DeviceDone(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                             PVOID Context, PIO_STATUS_BLOCK IoStatus)
{
    PIRP SystemIrp = (PIRP)Context;
    PKM_DEVICE Device = (PKM_DEVICE)IoGetCurrentIrpStackLocation(SystemIrp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(MinorFunction);
    UNREFERENCED_PARAMETER(PowerState);
    SystemIrp->IoStatus.Status = SystemStatus(IoGetCurrentIrpStackLocation(SystemIrp), IoStatus->Status);
    IoCompleteRequest(SystemIrp, IO_NO_INCREMENT);
    KmpRundownRelease(&Device->Requests);
}

static IO_COMPLETION_ROUTINE SystemDone;
static NTSTATUS NTAPI SystemDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PKM_DEVICE Device = (PKM_DEVICE)Context;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    POWER_STATE Power;
    NTSTATUS Status = Irp->IoStatus.Status;

    if (NT_SUCCESS(Status)) {
        Power.DeviceState =
            Stack->Parameters.Power.State.SystemState == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
        Status = PoRequestPowerIrp(DeviceObject, Stack->MinorFunction, Power, DeviceDone, Irp, NULL);
        if (Status == STATUS_PENDING) {
            return STATUS_MORE_PROCESSING_REQUIRED;
        }
        Irp->IoStatus.Status = SystemStatus(Stack, Status);
    }
    KmpRundownRelease(&Device->Requests);
    return STATUS_CONTINUE_COMPLETION;
}

static IO_COMPLETION_ROUTINE PoweredUp;
static NTSTATUS NTAPI PoweredUp(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PKM_DEVICE Device = (PKM_DEVICE)Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        if (KmpPnp(Device)->Idle != NULL) {
            KmpPnp(Device)->Idle->PowerUp(Device);
        } else {
            KmpTellPower(Device, PowerDeviceD0);
        }
    }
    KmpRundownRelease(&Device->Requests);
    return STATUS_CONTINUE_COMPLETION;
}

NTSTATUS KmpPnpPower(PKM_DEVICE Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN Sets = Stack->MinorFunction == IRP_MN_SET_POWER;

    if (!Sets && Stack->MinorFunction != IRP_MN_QUERY_POWER) {
        return KmpPassDown(Device, Irp);
    }
    if (Stack->Parameters.Power.Type == SystemPowerState) {
        if (Sets) {
            KmpPnp(Device)->SystemSleeps = Stack->Parameters.Power.State.SystemState != PowerSystemWorking;
        }
        IoMarkIrpPending(Irp);
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, SystemDone, Device, TRUE, TRUE, TRUE);
        (VOID) IoCallDriver(Device->Lower, Irp);
        return STATUS_PENDING;
    }
    if (Sets && Stack->Parameters.Power.State.DeviceState == PowerDeviceD0) {
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, PoweredUp, Device, TRUE, TRUE, TRUE);
        return IoCallDriver(Device->Lower, Irp);
    }
    if (Sets && KmpPnp(Device)->Idle != NULL) {
        return KmpPnp(Device)->Idle->PowerDown(Device, Irp);
    }
    if (Sets) {
        KmpTellPower(Device, Stack->Parameters.Power.State.DeviceState);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return KmpPassDown(Device, Irp);
}
