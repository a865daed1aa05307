// SPDX-License-Identifier: MIT
// Plug and Play devices: how they come, start, stop and go. Minor functions as Microsoft's "Plug and Play
// minor IRPs" has them for function and filter drivers.
#include "device/pnp.h"

// What the device has got of its own, before it is in a stack.
static NTSTATUS BeginState(PKM_DEVICE Device)
{
    const KM_DEVICE_ENTRY *Interface = KmpFindEntry(Device->Entries, KmpEntryInterface);
    const KM_DEVICE_ENTRY *Idle = KmpFindEntry(Device->Entries, KmpEntryIdle);
    KMP_PNP *Pnp = KmpPnp(Device);
    NTSTATUS Status;

    if (Idle != NULL && Pnp->Routines != NULL) {
        Pnp->Idle = (const KMP_PNP_IDLE *)Idle->Data;
        Status = Pnp->Idle->Begin(Device, Idle->Code);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    if (Interface != NULL) {
        Status = IoRegisterDeviceInterface(Device->PhysicalDevice, (const GUID *)Interface->Data, NULL,
                                           &Pnp->Interface);
        if (!NT_SUCCESS(Status)) {
            goto EndIdle;
        }
    }
    return STATUS_SUCCESS;

EndIdle:
    if (Pnp->Idle != NULL) {
        Pnp->Idle->End(Device);
    }
    return Status;
}

static VOID EndState(PKM_DEVICE Device)
{
    KMP_PNP *Pnp = KmpPnp(Device);

    RtlFreeUnicodeString(&Pnp->Interface);
    if (Pnp->Idle != NULL) {
        Pnp->Idle->End(Device);
    }
}

static NTSTATUS Begin(PKM_DEVICE Device, const KM_PNP_ROUTINES *Routines)
{
    PDEVICE_OBJECT DeviceObject = Device->DeviceObject;
    KMP_PNP *Pnp = KmpPnp(Device);
    NTSTATUS Status;

    if (Device->PhysicalDevice == NULL) {
        DbgPrintEx(
            DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
            "mistake: a Plug and Play device is the Plug and Play manager's to add, by KM_PNP_DRIVER\n");
        return STATUS_INVALID_PARAMETER;
    }
    Pnp->Routines = Routines;
    Pnp->State = KmpPnpNotStarted;
    Pnp->Awake = TRUE;
    KeInitializeSpinLock(&Pnp->Lock);
    KmpRundownInit(&Pnp->Handlers);
    KmpRundownWait(&Pnp->Handlers);
    Status = BeginState(Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // Nothing is sent to a stack that is being built, so Lower may be set afterwards.
    Device->Lower = IoAttachDeviceToDeviceStack(DeviceObject, Device->PhysicalDevice);
    if (Device->Lower == NULL) {
        EndState(Device);
        return STATUS_NO_SUCH_DEVICE;
    }
    if (Routines == NULL) {
        KmpInherit(DeviceObject, Device->Lower);
    } else {
        DeviceObject->Flags |= Device->Lower->Flags & DO_POWER_PAGABLE;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI BeginFunction(PKM_DEVICE Device, const KM_DEVICE_ENTRY *Entry)
{
    static const KM_PNP_ROUTINES None = {NULL, NULL, NULL, NULL};

    return Begin(Device, Entry->Data != NULL ? (const KM_PNP_ROUTINES *)Entry->Data : &None);
}

static NTSTATUS NTAPI BeginFilter(PKM_DEVICE Device, const KM_DEVICE_ENTRY *Entry)
{
    UNREFERENCED_PARAMETER(Entry);
    return Begin(Device, NULL);
}

static VOID NTAPI End(PKM_DEVICE Device)
{
    KMP_PNP *Pnp = KmpPnp(Device);

    KmpRundownWait(&Pnp->Handlers);
    IoDetachDevice(Device->Lower);
    EndState(Device);
}

// ---- Minor functions

static VOID ShowInterface(KMP_PNP *Pnp, BOOLEAN Shown)
{
    if (Pnp->Interface.Length != 0) {
        (VOID) IoSetDeviceInterfaceState(&Pnp->Interface, Shown);
    }
}

// What uses the device has left it when its driver hears of the stop.
static VOID Stop(PKM_DEVICE Device, KMP_PNP_STATE State)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    BOOLEAN Works;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Pnp->Lock, &OldIrql);
    Works = Pnp->State == KmpPnpStarted;
    Pnp->State = State;
    KeReleaseSpinLock(&Pnp->Lock, OldIrql);
    if (Pnp->Idle != NULL) {
        Pnp->Idle->Release(Device);
    }
    KmpRundownWait(&Pnp->Handlers);
    if (Works && Pnp->Idle != NULL) {
        Pnp->Idle->Stop(Device);
    }
    if (Works && Pnp->Routines != NULL && Pnp->Routines->Stop != NULL) {
        Pnp->Routines->Stop(Device);
    }
}

static NTSTATUS CompleteAndRelease(PKM_DEVICE Device, PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    KmpRundownRelease(&Device->Requests);
    return Status;
}

static NTSTATUS Start(PKM_DEVICE Device, PIRP Irp)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = KmpSendDown(Device, Irp) ? Irp->IoStatus.Status : STATUS_INVALID_DEVICE_REQUEST;
    KIRQL OldIrql;

    if (NT_SUCCESS(Status) && Pnp->Routines != NULL && Pnp->Routines->Start != NULL) {
        Status = Pnp->Routines->Start(Device, Stack->Parameters.StartDevice.AllocatedResources,
                                      Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    }
    if (NT_SUCCESS(Status)) {
        if (Pnp->Idle != NULL) {
            Pnp->Idle->Start(Device);
        }
        KeAcquireSpinLock(&Pnp->Lock, &OldIrql);
        Pnp->State = KmpPnpStarted;
        Pnp->Awake = TRUE;
        KmpRundownReopen(&Pnp->Handlers);
        KeReleaseSpinLock(&Pnp->Lock, OldIrql);
        ShowInterface(Pnp, TRUE);
    }
    return CompleteAndRelease(Device, Irp, Status);
}

static NTSTATUS Query(PKM_DEVICE Device, PIRP Irp)
{
    KMP_PNP *Pnp = KmpPnp(Device);
    NTSTATUS Status =
        Pnp->Routines != NULL && Pnp->Routines->Query != NULL ? Pnp->Routines->Query(Device) : STATUS_SUCCESS;

    if (!NT_SUCCESS(Status)) {
        return CompleteAndRelease(Device, Irp, Status);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return KmpPassDown(Device, Irp);
}

static NTSTATUS SurpriseRemove(PKM_DEVICE Device, PIRP Irp)
{
    ShowInterface(KmpPnp(Device), FALSE);
    KmpCancelPending(Device);
    Stop(Device, KmpPnpSurpriseRemoved);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return KmpPassDown(Device, Irp);
}

static NTSTATUS Remove(PKM_DEVICE Device, PIRP Irp)
{
    PDEVICE_OBJECT DeviceObject = Device->DeviceObject, Lower = Device->Lower;
    NTSTATUS Status;

    ShowInterface(KmpPnp(Device), FALSE);
    // Whatever uses the device must be gone before the drivers below hear of it; this request holds it, too.
    KmpCancelPending(Device);
    if (KmpPnp(Device)->Idle != NULL) {
        KmpPnp(Device)->Idle->Release(Device);
    }
    KmpRundownRelease(&Device->Requests);
    KmpRundownWait(&Device->Requests);
    Stop(Device, KmpPnpRemoved);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Lower, Irp);
    KmpEndDevice(Device);
    IoDeleteDevice(DeviceObject);
    return Status;
}

// A handler of the driver's, if it has one, sees the minor functions that are not the framework's.
static NTSTATUS Other(PKM_DEVICE Device, PIRP Irp)
{
    const KM_DEVICE_ENTRY *Entry = KmpFindHandler(Device, IRP_MJ_PNP);
    NTSTATUS Status;

    if (Entry == NULL) {
        return KmpPassDown(Device, Irp);
    }
    Status = KmpHandle(Device, Irp, Entry, Entry->Handler, STATUS_DELETE_PENDING);
    KmpRundownRelease(&Device->Requests);
    return Status;
}

static NTSTATUS DispatchPnp(PKM_DEVICE Device, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE: return Start(Device, Irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE: return Query(Device, Irp);
    case IRP_MN_STOP_DEVICE:
        Stop(Device, KmpPnpStopped);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        return KmpPassDown(Device, Irp);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: Irp->IoStatus.Status = STATUS_SUCCESS; return KmpPassDown(Device, Irp);
    case IRP_MN_SURPRISE_REMOVAL: return SurpriseRemove(Device, Irp);
    case IRP_MN_REMOVE_DEVICE: return Remove(Device, Irp);
    default: return Other(Device, Irp);
    }
}

// What none of the driver's handlers is for. Its rundown protection is held by each of these.
static BOOLEAN NTAPI Dispatch(PKM_DEVICE Device, PIRP Irp, NTSTATUS *Status)
{
    UCHAR Major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    BOOLEAN IsFunction = KmpPnp(Device)->Routines != NULL;

    if (Major != IRP_MJ_PNP && Major != IRP_MJ_POWER && Major != IRP_MJ_SYSTEM_CONTROL && IsFunction) {
        return FALSE;
    }
    if (!KmpRundownAcquire(&Device->Requests)) {
        *Status = KmpCompleteIrp(Irp, STATUS_DELETE_PENDING);
    } else if (Major == IRP_MJ_PNP) {
        *Status = DispatchPnp(Device, Irp);
    } else if (Major == IRP_MJ_POWER && IsFunction) {
        *Status = KmpPnpPower(Device, Irp);
    } else {
        *Status = KmpPassDown(Device, Irp);
    }
    return TRUE;
}

static NTSTATUS Refusal(const KMP_PNP *Pnp)
{
    switch (Pnp->State) {
    case KmpPnpSurpriseRemoved:
    case KmpPnpRemoved: return STATUS_DELETE_PENDING;
    default: return STATUS_DEVICE_NOT_READY;
    }
}

static NTSTATUS NTAPI Admit(PKM_DEVICE Device)
{
    KMP_PNP *Pnp = KmpPnp(Device);

    while (!KmpRundownAcquire(&Pnp->Handlers)) {
        NTSTATUS Status;

        if (Pnp->Idle == NULL || Pnp->State != KmpPnpStarted) {
            return Refusal(Pnp);
        }
        Status = Pnp->Idle->Wait(Device);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    if (Pnp->Idle != NULL) {
        Pnp->Idle->Enter(Device);
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI Leave(PKM_DEVICE Device)
{
    if (KmpPnp(Device)->Idle != NULL) {
        KmpPnp(Device)->Idle->Leave(Device);
    }
    KmpRundownRelease(&KmpPnp(Device)->Handlers);
}

const KMP_DEVICE_TRAIT KmpPnpFunctionTrait = {BeginFunction, NULL,  End,  Dispatch,       NULL,
                                              Admit,         Leave, TRUE, sizeof(KMP_PNP)};
const KMP_DEVICE_TRAIT KmpPnpFilterTrait = {BeginFilter, NULL, End,  Dispatch,       &KmpPassedFiles,
                                            NULL,        NULL, TRUE, sizeof(KMP_PNP)};
