// SPDX-License-Identifier: MIT
// Devices that provide WMI data: registered, asked on a system thread what they have, deregistered.
#include "inc/kernel.h"
#include "io/wmi.h"

static volatile LONG WmipLastId;

// ---- The worker

static KSPIN_LOCK WmipWorkLock;
static LIST_ENTRY WmipWork = {&WmipWork, &WmipWork};
static BOOLEAN WmipWorkerBusy;
static WORK_QUEUE_ITEM WmipWorkerItem;

static KIRQL WmipLockWork(VOID)
{
    return KiAcquireSpinLockRaise(&WmipWorkLock);
}

static VOID WmipUnlockWork(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&WmipWorkLock, OldIrql);
}

static PWMIP_WORK WmipTakeWork(VOID)
{
    PWMIP_WORK Work = NULL;
    KIRQL OldIrql = WmipLockWork();
    if (!IsListEmpty(&WmipWork)) {
        Work = CONTAINING_RECORD(RemoveHeadList(&WmipWork), WMIP_WORK, Link);
    } else {
        WmipWorkerBusy = FALSE;
    }
    WmipUnlockWork(OldIrql);
    return Work;
}

static VOID NTAPI WmipWorker(PVOID Parameter)
{
    UNREFERENCED_PARAMETER(Parameter);
    PWMIP_WORK Work;
    while ((Work = WmipTakeWork()) != NULL) {
        Work->Perform(Work);
    }
}

VOID WmipQueueWork(PWMIP_WORK Work)
{
    KIRQL OldIrql = WmipLockWork();
    InsertTailList(&WmipWork, &Work->Link);
    BOOLEAN Start = !WmipWorkerBusy;
    WmipWorkerBusy = TRUE;
    WmipUnlockWork(OldIrql);
    if (Start) {
        ExInitializeWorkItem(&WmipWorkerItem, WmipWorker, NULL);
        ExQueueWorkItem(&WmipWorkerItem, DelayedWorkQueue);
    }
}

// ---- Providers

VOID WmipReferenceProvider(PWMIP_PROVIDER Provider)
{
    InterlockedIncrement(&Provider->ReferenceCount);
}

VOID WmipDereferenceProvider(PWMIP_PROVIDER Provider)
{
    if (InterlockedDecrement(&Provider->ReferenceCount) == 0) {
        ObfDereferenceObject(Provider->DeviceObject);
        ExFreePoolWithTag(Provider, TAG_WMI);
    }
}

static VOID WmipAskPending(PWMIP_WORK Work)
{
    PWMIP_PROVIDER Provider = CONTAINING_RECORD(Work, WMIP_PROVIDER, Work);
    WmipAcquireLock();
    ULONG Pending = Provider->Pending;
    Provider->Pending = 0;
    Provider->Queued = FALSE;
    WmipReleaseLock();
    if (Pending != 0) {
        WmipAskProvider(Provider, Pending == WMIREG_ACTION_UPDATE_GUIDS ? WMIUPDATE : WMIREGISTER);
    }
    WmipDereferenceProvider(Provider);
}

static VOID WmipQueueProvider(PWMIP_PROVIDER Provider, ULONG Action)
{
    WmipAcquireLock();
    // Who is to be asked for everything says with it what has changed.
    if (Provider->Pending == 0 || Action != WMIREG_ACTION_UPDATE_GUIDS) {
        Provider->Pending = Action;
    }
    BOOLEAN Queue = !Provider->Queued;
    Provider->Queued = TRUE;
    WmipReleaseLock();
    if (Queue) {
        WmipReferenceProvider(Provider);
        WmipQueueWork(&Provider->Work);
    }
}

// The provider of DeviceObject, referenced, or NULL; with Take it is that device's no more, and the reference
// is the device's.
static PWMIP_PROVIDER WmipProviderOf(PDEVICE_OBJECT DeviceObject, BOOLEAN Take)
{
    KIRQL OldIrql = IopLockDatabase();
    PWMIP_PROVIDER Provider = IopDeviceExtension(DeviceObject)->WmiProvider;
    if (Provider != NULL && Take) {
        IopDeviceExtension(DeviceObject)->WmiProvider = NULL;
    } else if (Provider != NULL) {
        WmipReferenceProvider(Provider);
    }
    IopUnlockDatabase(OldIrql);
    return Provider;
}

static NTSTATUS WmipRegister(PDEVICE_OBJECT DeviceObject)
{
    PWMIP_PROVIDER Provider = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Provider), TAG_WMI);
    if (Provider == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(DeviceObject);
    Provider->ReferenceCount = 2; // the device's, and this routine's
    Provider->DeviceObject = DeviceObject;
    Provider->Id = (ULONG)InterlockedIncrement(&WmipLastId);
    Provider->Work.Perform = WmipAskPending;
    InitializeListHead(&Provider->Sets);
    ExInitializeRundownProtection(&Provider->Requests);
    KIRQL OldIrql = IopLockDatabase();
    BOOLEAN Exists = IopDeviceExtension(DeviceObject)->WmiProvider != NULL;
    if (!Exists) {
        IopDeviceExtension(DeviceObject)->WmiProvider = Provider;
    }
    IopUnlockDatabase(OldIrql);
    if (Exists) {
        WmipDereferenceProvider(Provider);
        WmipDereferenceProvider(Provider);
        return STATUS_OBJECT_NAME_EXISTS;
    }
    WmipQueueProvider(Provider, WMIREG_ACTION_REGISTER);
    WmipDereferenceProvider(Provider);
    return STATUS_SUCCESS;
}

// Nobody finds Provider any more.
static VOID WmipDropSets(PWMIP_PROVIDER Provider)
{
    WmipAcquireLock();
    Provider->Deregistered = TRUE;
    Provider->Pending = 0;
    while (!IsListEmpty(&Provider->Sets)) {
        WmipRemoveSet(CONTAINING_RECORD(Provider->Sets.Flink, WMIP_SET, ProviderLink));
    }
    WmipReleaseLock();
}

static NTSTATUS WmipDeregister(PDEVICE_OBJECT DeviceObject)
{
    PWMIP_PROVIDER Provider = WmipProviderOf(DeviceObject, TRUE);
    if (Provider == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    WmipDropSets(Provider);
    ExWaitForRundownProtectionRelease(&Provider->Requests);
    WmipDereferenceProvider(Provider);
    return STATUS_SUCCESS;
}

VOID WmipForgetDevice(PDEVICE_OBJECT DeviceObject)
{
    PWMIP_PROVIDER Provider = WmipProviderOf(DeviceObject, TRUE);
    if (Provider != NULL) {
        WmipDropSets(Provider);
        WmipAcquireLock();
        Provider->Blocked = TRUE;
        WmipReleaseLock();
        WmipDereferenceProvider(Provider);
    }
}

// REGISTER makes DeviceObject a provider, whose driver a system thread asks by IRP_MN_REGINFO_EX what it has;
// REREGISTER asks anew, UPDATE_GUIDS for what has changed; DEREGISTER ends it, and waits for its IRPs under
// way; behind BLOCK_IRPS none is sent any more. STATUS_INVALID_PARAMETER: no such action, or the device is
// not registered; STATUS_OBJECT_NAME_EXISTS: it is; STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action)
{
    PWMIP_PROVIDER Provider;
    switch (Action) {
    case WMIREG_ACTION_REGISTER: return WmipRegister(DeviceObject);
    case WMIREG_ACTION_DEREGISTER: return WmipDeregister(DeviceObject);
    case WMIREG_ACTION_REREGISTER:
    case WMIREG_ACTION_UPDATE_GUIDS:
    case WMIREG_ACTION_BLOCK_IRPS: break;
    default: return STATUS_INVALID_PARAMETER;
    }
    Provider = WmipProviderOf(DeviceObject, FALSE);
    if (Provider == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Action == WMIREG_ACTION_BLOCK_IRPS) {
        WmipAcquireLock();
        Provider->Blocked = TRUE;
        WmipReleaseLock();
    } else {
        WmipQueueProvider(Provider, Action);
    }
    WmipDereferenceProvider(Provider);
    return STATUS_SUCCESS;
}

// 0: DeviceObject is not registered. IRQL <= DISPATCH_LEVEL. (wdm)
ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject)
{
    KIRQL OldIrql = IopLockDatabase();
    PWMIP_PROVIDER Provider = IopDeviceExtension(DeviceObject)->WmiProvider;
    ULONG Id = Provider != NULL ? Provider->Id : 0;
    IopUnlockDatabase(OldIrql);
    return Id;
}
