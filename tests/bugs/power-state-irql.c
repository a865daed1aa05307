// SPDX-License-Identifier: MIT
// finding: irql-too-high in TellState after TellState
// The power manager is told at DISPATCH_LEVEL that a device goes down, where it may be told only that one has
// come up.
#include <ntifs.h>

#ifdef MENDED
#define STATE PowerDeviceD0
#else
#define STATE PowerDeviceD3
#endif

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteDevice(DriverObject->DeviceObject);
}

static void TellState(PDEVICE_OBJECT DeviceObject)
{
    POWER_STATE State = {.DeviceState = STATE};
    KIRQL OldIrql;
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    PoSetPowerState(DeviceObject, DevicePowerState, State);
    KeLowerIrql(OldIrql);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &DeviceObject);
    if (NT_SUCCESS(Status)) {
        TellState(DeviceObject);
    }
    return Status;
}
