// SPDX-License-Identifier: MIT
// Devices that sleep while nobody uses them (KM_PNP_IDLE): handlers run in PowerDeviceD0 alone. Whoever comes
// while the device sleeps has it woken, and waits.
#include "device/pnp.h"
#include "runtime/irql.h"

static VOID NTAPI PowerDownWork(PVOID Context)
{
    PKM_DEVICE Device = (PKM_DEVICE)Context;
    KMP_PNP *Pnp = KmpPnp(Device);
    PIRP Irp = Pnp->PowerIrp;

    KmpRundownWait(&Pnp->Handlers);
    if (Pnp->FallsAsleep) {
        KmpTellPower(Device, IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State.DeviceState);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    (VOID) KmpPassDown(Device, Irp);
}

static NTSTATUS Begin(PKM_DEVICE Device, ULONG Seconds)
{
    KMP_PNP *Pnp = KmpPnp(Device);

    Pnp->IdleSeconds = Seconds;
    KeInitializeEvent(&Pnp->Awoken, NotificationEvent, FALSE);
    return KmWorkItemCreate(&Device->Memory, Device->DeviceObject, PowerDownWork, Device, &Pnp->PowerDown);
}

static VOID End(PKM_DEVICE Device)
{
    KmWorkItemDelete(KmpPnp(Device)->PowerDown);
}

static VOID Start(PKM_DEVICE Device)
{
    KMP_PNP *Pnp = KmpPnp(Device);

    // Without a counter, for which there may be no memory, it does not sleep.
    Pnp->IdleCounter = PoRegisterDeviceForIdleDetection(Device->DeviceObject, Pnp->IdleSeconds,
                                                        Pnp->IdleSeconds, PowerDeviceD3);
}

static VOID Stop(PKM_DEVICE Device)
{
    (VOID) PoRegisterDeviceForIdleDetection(Device->DeviceObject, 0, 0, PowerDeviceUnspecified);
    KmpPnp(Device)->IdleCounter = NULL;
}

static VOID Release(PKM_DEVICE Device)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    KIRQL OldIrql;

    // Under the lock: whoever has seen the device in its place has cleared the event before.
    KeAcquireSpinLock(&Pnp->Lock, &OldIrql);
    KeSetEvent(&Pnp->Awoken, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Pnp->Lock, OldIrql);
}

static VOID Enter(PKM_DEVICE Device)
{
    if (KmpPnp(Device)->IdleCounter != NULL) {
        PoStartDeviceBusy(KmpPnp(Device)->IdleCounter);
    }
}

static VOID Leave(PKM_DEVICE Device)
{
    if (KmpPnp(Device)->IdleCounter != NULL) {
        PoEndDeviceBusy(KmpPnp(Device)->IdleCounter);
    }
}

static VOID WakeEnds(PKM_DEVICE Device, NTSTATUS Status)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    KIRQL OldIrql;

    KeAcquireSpinLock(&Pnp->Lock, &OldIrql);
    Pnp->Wakes = FALSE;
    // With success PowerUp has been called, and the device may be asleep again.
    if (!NT_SUCCESS(Status)) {
        Pnp->WakeStatus = Status;
        KeSetEvent(&Pnp->Awoken, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&Pnp->Lock, OldIrql);
    KmpRundownRelease(&Device->Requests);
}

static REQUEST_POWER_COMPLETE WakeDone;
static VOID NTAPI WakeDone(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                           PVOID Context, PIO_STATUS_BLOCK IoStatus)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(MinorFunction);
    UNREFERENCED_PARAMETER(PowerState);
    WakeEnds((PKM_DEVICE)Context, IoStatus->Status);
}

// Asks for PowerDeviceD0, unless somebody has, or the system sleeps, with which the device wakes. FALSE:
// there is nothing to wait for.
static BOOLEAN Wake(PKM_DEVICE Device)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    POWER_STATE Power;
    BOOLEAN Waits, Asks;
    KIRQL OldIrql;
    NTSTATUS Status;

    KeAcquireSpinLock(&Pnp->Lock, &OldIrql);
    Waits = !Pnp->Awake && Pnp->State == KmpPnpStarted && !Device->Ending;
    Asks = Waits && !Pnp->Wakes && !Pnp->SystemSleeps && KmpRundownAcquire(&Device->Requests);
    if (Asks) {
        Pnp->Wakes = TRUE;
        Pnp->WakeStatus = STATUS_SUCCESS;
        KeClearEvent(&Pnp->Awoken);
    }
    KeReleaseSpinLock(&Pnp->Lock, OldIrql);
    if (Asks) {
        Power.DeviceState = PowerDeviceD0;
        Status = PoRequestPowerIrp(Device->DeviceObject, IRP_MN_SET_POWER, Power, WakeDone, Device, NULL);
        if (Status != STATUS_PENDING) {
            WakeEnds(Device, Status);
        }
    }
    return Waits;
}

static NTSTATUS Wait(PKM_DEVICE Device)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    NTSTATUS Status = STATUS_SUCCESS;

    // So the device stays, and its state with it.
    if (!KmpRundownAcquire(&Device->Requests)) {
        return STATUS_DELETE_PENDING;
    }
    if (Device->Ending) {
        Status = STATUS_DELETE_PENDING;
    } else if (Wake(Device)) {
        if (KmpGetCurrentIrql() > APC_LEVEL) {
            Status = STATUS_DEVICE_NOT_READY;
        } else {
            (VOID) KeWaitForSingleObject(&Pnp->Awoken, Executive, KernelMode, FALSE, NULL);
            Status = Pnp->WakeStatus;
        }
    }
    KmpRundownRelease(&Device->Requests);
    return Status;
}

// The handlers that are under way are waited for by a thread: nobody waits where power requests arrive. There
// is one of these at a time, as the power manager sends them.
static NTSTATUS PowerDown(PKM_DEVICE Device, PIRP Irp)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    KIRQL OldIrql;

    KeAcquireSpinLock(&Pnp->Lock, &OldIrql);
    Pnp->FallsAsleep = Pnp->Awake;
    Pnp->Awake = FALSE;
    if (!Device->Ending) {
        Pnp->WakeStatus = STATUS_SUCCESS;
        KeClearEvent(&Pnp->Awoken);
    }
    KeReleaseSpinLock(&Pnp->Lock, OldIrql);
    IoMarkIrpPending(Irp);
    Pnp->PowerIrp = Irp;
    (VOID) KmWorkItemQueue(Pnp->PowerDown, DelayedWorkQueue);
    return STATUS_PENDING;
}

static VOID PowerUp(PKM_DEVICE Device)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    KIRQL OldIrql;

    if (!Pnp->Awake) {
        // Before the first handler is called.
        KmpTellPower(Device, PowerDeviceD0);
    }
    KeAcquireSpinLock(&Pnp->Lock, &OldIrql);
    Pnp->Awake = TRUE;
    if (Pnp->State == KmpPnpStarted) {
        KmpRundownReopen(&Pnp->Handlers);
    }
    KeSetEvent(&Pnp->Awoken, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Pnp->Lock, OldIrql);
}

const KMP_PNP_IDLE KmpPnpIdle = {Begin, End, Start, Stop, Release, Enter, Leave, Wait, PowerDown, PowerUp};
