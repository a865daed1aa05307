// SPDX-License-Identifier: MIT
// Engines that come, start, stop and go.
#include <initguid.h>

#include "engine.h"

DEFINE_GUID(GUID_DEVINTERFACE_FACTORIAL, 0x5ba3c0d2, 0x2e37, 0x4b3d, 0x9e, 0x6d, 0x0b, 0x6c, 0x1f, 0x5e, 0x7a,
            0x11);

static IO_COMPLETION_ROUTINE EngineForwarded;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, EngineAddDevice)
#pragma alloc_text(PAGE, EnginePnp)
#endif

_Use_decl_annotations_ NTSTATUS EngineAddDevice(PDRIVER_OBJECT DriverObject,
                                                PDEVICE_OBJECT PhysicalDeviceObject)
{
    PDEVICE_OBJECT DeviceObject;
    PENGINE Engine;
    NTSTATUS Status;

    PAGED_CODE();
    Status = IoCreateDevice(DriverObject, sizeof(ENGINE), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                            FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Engine = DeviceObject->DeviceExtension;
    RtlZeroMemory(Engine, sizeof(*Engine));
    Engine->DeviceObject = DeviceObject;
    Engine->PhysicalDeviceObject = PhysicalDeviceObject;
    Engine->State = EngineStopped;
    ExInitializeFastMutex(&Engine->MemoryMutex);
    IoInitializeRemoveLock(&Engine->RemoveLock, ENGINE_POOL_TAG, 0, 0);
    IoInitializeDpcRequest(DeviceObject, EngineDpcForIsr);
    Status = EngineInitializeQueues(Engine);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    Status = IoRegisterDeviceInterface(PhysicalDeviceObject, &GUID_DEVINTERFACE_FACTORIAL, NULL,
                                       &Engine->InterfaceName);
    if (!NT_SUCCESS(Status)) {
        goto DeleteDevice;
    }
    Engine->LowerDeviceObject = IoAttachDeviceToDeviceStack(DeviceObject, PhysicalDeviceObject);
    if (Engine->LowerDeviceObject == NULL) {
        Status = STATUS_NO_SUCH_DEVICE;
        goto FreeName;
    }
    DeviceObject->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
    DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;

FreeName:
    RtlFreeUnicodeString(&Engine->InterfaceName);
DeleteDevice:
    IoDeleteDevice(DeviceObject);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS EngineForwarded(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned) {
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

// The drivers below first.
static NTSTATUS EngineForwardAndWait(_In_ PENGINE Engine, _Inout_ PIRP Irp)
{
    KEVENT Event;
    NTSTATUS Status;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, EngineForwarded, &Event, TRUE, TRUE, TRUE);
    Status = IoCallDriver(Engine->LowerDeviceObject, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Irp->IoStatus.Status;
    }
    return Status;
}

static NTSTATUS EngineStart(_Inout_ PENGINE Engine, _Inout_ PIRP Irp)
{
    NTSTATUS Status = EngineForwardAndWait(Engine, Irp);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = EngineMap(
        Engine, IoGetCurrentIrpStackLocation(Irp)->Parameters.StartDevice.AllocatedResourcesTranslated);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    EngineSetState(Engine, EngineStarted);
    IoSetDeviceInterfaceState(&Engine->InterfaceName, TRUE); // enabled already behind a stop
    EngineStartNext(Engine);
    return STATUS_SUCCESS;
}

static VOID EngineGoOn(_Inout_ PENGINE Engine)
{
    if (Engine->State == EnginePaused) {
        EngineSetState(Engine, EngineStarted);
        EngineStartNext(Engine);
    }
}

// It is gone, or will be.
static VOID EngineTakeAway(_Inout_ PENGINE Engine)
{
    EngineSetState(Engine, EngineRemoved);
    IoSetDeviceInterfaceState(&Engine->InterfaceName, FALSE);
    EngineUnmap(Engine);
    EngineFailRequests(Engine);
}

static NTSTATUS EnginePass(_In_ PENGINE Engine, _Inout_ PIRP Irp, _In_ NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Engine->LowerDeviceObject, Irp);
}

static NTSTATUS EngineRemove(_Inout_ PENGINE Engine, _Inout_ PIRP Irp)
{
    NTSTATUS Status;
    EngineTakeAway(Engine);
    IoReleaseRemoveLockAndWait(&Engine->RemoveLock, Irp);
    Status = EnginePass(Engine, Irp, STATUS_SUCCESS);
    IoDetachDevice(Engine->LowerDeviceObject);
    RtlFreeUnicodeString(&Engine->InterfaceName);
    IoDeleteDevice(Engine->DeviceObject);
    return Status;
}

_Use_decl_annotations_ NTSTATUS EnginePnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PENGINE Engine = DeviceObject->DeviceExtension;
    NTSTATUS Status;

    PAGED_CODE();
    Status = IoAcquireRemoveLock(&Engine->RemoveLock, Irp);
    if (!NT_SUCCESS(Status)) {
        return EngineComplete(Irp, Status, 0);
    }
    const UCHAR MinorFunction = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    switch (MinorFunction) {
    case IRP_MN_START_DEVICE:
        Status = EngineStart(Engine, Irp);
        EngineComplete(Irp, Status, 0);
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
        if (EnginePause(Engine, MinorFunction == IRP_MN_QUERY_REMOVE_DEVICE)) {
            Status = EnginePass(Engine, Irp, STATUS_SUCCESS);
        } else {
            Status = EngineComplete(Irp, STATUS_DEVICE_BUSY, 0);
        }
        break;
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Status = EngineForwardAndWait(Engine, Irp);
        EngineGoOn(Engine);
        EngineComplete(Irp, Status, 0);
        break;
    case IRP_MN_STOP_DEVICE:
        EngineSetState(Engine, EngineStopped);
        EngineUnmap(Engine);
        Status = EnginePass(Engine, Irp, STATUS_SUCCESS);
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        EngineTakeAway(Engine);
        Status = EnginePass(Engine, Irp, STATUS_SUCCESS);
        break;
    case IRP_MN_REMOVE_DEVICE: return EngineRemove(Engine, Irp);
    default: Status = EnginePass(Engine, Irp, Irp->IoStatus.Status); break;
    }
    IoReleaseRemoveLock(&Engine->RemoveLock, Irp);
    return Status;
}
