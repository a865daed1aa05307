// SPDX-License-Identifier: MIT
// The power manager: requests about the power of devices, idle detection, what keeps the system awake, power
// settings.
#ifndef KMODE_PO_PO_H
#define KMODE_PO_PO_H

// ---- Power states of device objects (po/device-state.c)

// What PoSetPowerState was last told of DeviceObject. Any IRQL.
DEVICE_POWER_STATE PopDevicePowerState(PDEVICE_OBJECT DeviceObject);

// ---- Idle detection (po/idle.c)

// DeviceObject is at full power again, or somewhere else: its countdown begins anew. IRQL <= DISPATCH_LEVEL.
VOID PopRestartIdleDetection(PDEVICE_OBJECT DeviceObject);

// DeviceObject is being deleted: what PoRegisterDeviceForIdleDetection has made goes. IRQL <= DISPATCH_LEVEL.
VOID PopForgetIdleDetection(PDEVICE_OBJECT DeviceObject);

// ---- What keeps the system awake (po/system-state.c)

// ES_* of all registrations and requests that are in force. IRQL <= DISPATCH_LEVEL.
EXECUTION_STATE PopSystemExecutionState(VOID);

#endif
