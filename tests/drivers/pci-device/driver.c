// SPDX-License-Identifier: MIT
// The driver of factorial engines: a PCI device that interrupts when it has computed.
#include "engine.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD EngineUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH EngineCreateClose;
_Dispatch_type_(IRP_MJ_POWER) static DRIVER_DISPATCH EnginePower;
_Dispatch_type_(IRP_MJ_SYSTEM_CONTROL) static DRIVER_DISPATCH EngineSystemControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, EngineUnload)
#pragma alloc_text(PAGE, EngineCreateClose)
#endif

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = EngineCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = EngineCreateClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = EngineReadWrite;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = EngineReadWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = EngineDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = EnginePnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = EnginePower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = EngineSystemControl;
    DriverObject->DriverExtension->AddDevice = EngineAddDevice;
    DriverObject->DriverUnload = EngineUnload;
    return STATUS_SUCCESS;
}

_Use_decl_annotations_ static VOID EngineUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PAGED_CODE();
}

_Use_decl_annotations_ NTSTATUS EngineComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

_Use_decl_annotations_ static NTSTATUS EngineCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PENGINE Engine = DeviceObject->DeviceExtension;
    const BOOLEAN Refused =
        IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE && Engine->State == EngineRemoved;
    PAGED_CODE();
    return EngineComplete(Irp, Refused ? STATUS_DELETE_PENDING : STATUS_SUCCESS, 0);
}

_Use_decl_annotations_ static NTSTATUS EnginePower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PENGINE Engine = DeviceObject->DeviceExtension;
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(Engine->LowerDeviceObject, Irp);
}

_Use_decl_annotations_ static NTSTATUS EngineSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PENGINE Engine = DeviceObject->DeviceExtension;
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Engine->LowerDeviceObject, Irp);
}
