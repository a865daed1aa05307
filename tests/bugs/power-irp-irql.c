// SPDX-License-Identifier: MIT
// finding: irql-too-high in Forward after Forward
// A pageable device's driver passes a power request on under a spin lock.
#include <ntifs.h>

static PDEVICE_OBJECT Lower, Upper;
static KSPIN_LOCK Lock;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteDevice(Upper);
    IoDeleteDevice(Lower);
}

static __attribute__((noinline)) NTSTATUS Forward(PIRP Irp)
{
    KIRQL OldIrql;
    KeAcquireSpinLock(&Lock, &OldIrql);
#ifdef MENDED
    KeReleaseSpinLock(&Lock, OldIrql);
#endif
    IoSkipCurrentIrpStackLocation(Irp);
    NTSTATUS Status = PoCallDriver(Lower, Irp);
#ifndef MENDED
    KeReleaseSpinLock(&Lock, OldIrql);
#endif
    return Status;
}

static NTSTATUS NTAPI Power(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    if (DeviceObject == Upper) {
        return Forward(Irp);
    }
    IoMarkIrpPending(Irp); // it is completed when nobody holds a lock any more
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject->CurrentIrp = Irp;
    return STATUS_PENDING;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    POWER_STATE State = {.DeviceState = PowerDeviceD3};
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_POWER] = Power;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Lower);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Upper);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Lower);
        return Status;
    }
    Lower->Flags &= ~DO_DEVICE_INITIALIZING;
    IoAttachDeviceToDeviceStack(Upper, Lower);
    Upper->Flags |= DO_POWER_PAGABLE;
    Upper->Flags &= ~DO_DEVICE_INITIALIZING;
    PoRequestPowerIrp(Lower, IRP_MN_SET_POWER, State, NULL, NULL, NULL);
    Lower->CurrentIrp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Lower->CurrentIrp, IO_NO_INCREMENT);
    IoDetachDevice(Lower); // a device with another above it is in use, and DriverUnload is not called
    return STATUS_SUCCESS;
}
