// SPDX-License-Identifier: MIT
// The power state of each device object, as its driver tells it.
#include "inc/kernel.h"

// IOP_DEVICE_EXTENSION.PowerFlags
#define POP_SYSTEM_STATE_MASK  0x0000000fu
#define POP_DEVICE_STATE_SHIFT 4
#define POP_DEVICE_STATE_MASK  0x000000f0u

DEVICE_POWER_STATE PopDevicePowerState(PDEVICE_OBJECT DeviceObject)
{
    ULONG Flags = IopDeviceExtension(DeviceObject)->PowerFlags;
    return (DEVICE_POWER_STATE)((Flags & POP_DEVICE_STATE_MASK) >> POP_DEVICE_STATE_SHIFT);
}

POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State)
{
    PIOP_DEVICE_EXTENSION Extension = IopDeviceExtension(DeviceObject);
    ULONG Shift = Type == DevicePowerState ? POP_DEVICE_STATE_SHIFT : 0;
    ULONG Mask = Type == DevicePowerState ? POP_DEVICE_STATE_MASK : POP_SYSTEM_STATE_MASK;
    KIRQL OldIrql = IopLockDatabase();
    POWER_STATE Old = {.SystemState = (SYSTEM_POWER_STATE)((Extension->PowerFlags & Mask) >> Shift)};
    Extension->PowerFlags = (Extension->PowerFlags & ~Mask) | (((ULONG)State.SystemState << Shift) & Mask);
    IopUnlockDatabase(OldIrql);
    if (Type == DevicePowerState && State.DeviceState != Old.DeviceState) {
        PopRestartIdleDetection(DeviceObject);
    }
    return Old;
}
