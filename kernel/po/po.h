// SPDX-License-Identifier: MIT
// The power manager: requests about the power of devices, idle detection, what keeps the system awake, power
// settings.
#ifndef KMODE_PO_PO_H
#define KMODE_PO_PO_H

// ---- Power states of device objects (po/device-state.c)

// What PoSetPowerState was last told of DeviceObject. Any IRQL.
DEVICE_POWER_STATE PopDevicePowerState(PDEVICE_OBJECT DeviceObject);

// ---- Requests of drivers (po/power-irp.c)

// The latest IRP about a device's power state that is under way in the stack whose top is DeviceObject; NULL:
// none. IRQL <= DISPATCH_LEVEL.
PIRP PopFindDeviceIrp(PDEVICE_OBJECT DeviceObject);

// ---- Idle detection (po/idle.c)

// DeviceObject is at full power again, or somewhere else: its countdown begins anew. IRQL <= DISPATCH_LEVEL.
VOID PopRestartIdleDetection(PDEVICE_OBJECT DeviceObject);

// DeviceObject is being deleted: what PoRegisterDeviceForIdleDetection has made goes. IRQL <= DISPATCH_LEVEL.
VOID PopForgetIdleDetection(PDEVICE_OBJECT DeviceObject);

// ---- Sleep (po/sleep.c)

// The state of the system, and when it last left and reached the working one, in interrupt time; 0: never.
typedef struct _POP_SLEEP {
    SYSTEM_POWER_STATE State;
    POWER_ACTION Action; // that is under way; PowerActionNone
    ULONG64 LastSleepTime, LastWakeTime;
} POP_SLEEP;

extern POP_SLEEP PopSleep; // written by the PnP worker alone

// What the machine asks, KM_REQUEST_POWER. IRQL PASSIVE_LEVEL.
NTSTATUS PopCarryOut(KM_REQUEST *Request);
// A device has signalled: wakes the system if it sleeps, later. IRQL <= DISPATCH_LEVEL.
VOID PopWakeSystem(VOID);
// Wakes the system if it sleeps, and tells every device that it is shut down. IRQL PASSIVE_LEVEL.
VOID PopShutdownSystem(VOID);

// Notifies \Callback\PowerState of PO_CB_*. IRQL PASSIVE_LEVEL.
VOID PopNotifyPowerState(ULONG Event, BOOLEAN Argument);

// ---- Power settings (po/setting.c)

// The setting of that name ("ACDC_POWER_SOURCE", or a GUID in braces) has Value: whoever has registered for
// it is told if that is new. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL.
NTSTATUS PopChangeSetting(PCSTR Name, ULONG Value);

// ---- What keeps the system awake (po/system-state.c)

// ES_* of all registrations and requests that are in force. IRQL <= DISPATCH_LEVEL.
EXECUTION_STATE PopSystemExecutionState(VOID);

#endif
