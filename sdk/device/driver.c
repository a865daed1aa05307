// SPDX-License-Identifier: MIT
// A driver's devices, started one after the other and stopped in reverse.
#include "device/device.h"

VOID NTAPI KmDriverStop(PDRIVER_OBJECT DriverObject)
{
    PDEVICE_OBJECT Next;

    // The I/O manager puts the youngest in front.
    for (PDEVICE_OBJECT DeviceObject = DriverObject->DeviceObject; DeviceObject != NULL;
         DeviceObject = Next) {
        PKM_DEVICE Device = KmpFindDevice(DeviceObject);

        Next = DeviceObject->NextDevice;
        if (Device != NULL) {
            KmDeviceDelete(Device);
        }
    }
}

NTSTATUS NTAPI KmDriverStart(PDRIVER_OBJECT DriverObject, const KM_DEVICE_ENTRY *const *Devices, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        PKM_DEVICE Device;
        NTSTATUS Status = KmDeviceCreate(DriverObject, Devices[Index], NULL, &Device);

        if (!NT_SUCCESS(Status)) {
            KmDriverStop(DriverObject);
            return Status;
        }
    }
    DriverObject->DriverUnload = KmDriverStop;
    return STATUS_SUCCESS;
}
