// SPDX-License-Identifier: MIT
// What others ask of the PnP manager about a device: each becomes an action of the worker's.
#include "inc/kernel.h"
#include "io/pnp-manager.h"

#ifndef PNP_DETECTED_FATAL_ERROR
#define PNP_DETECTED_FATAL_ERROR 0xCA
#endif
#define PIP_INVALID_PDO 2

// One that is about a device.
typedef struct _PIP_DEVICE_ACTION {
    PIP_ACTION Action;
    PDEVICE_OBJECT DeviceObject; // referenced
    NTSTATUS (*Routine)(PIOP_DEVICE_NODE Node);
    NTSTATUS Status;
    PIO_DEVICE_EJECT_CALLBACK Callback;
    PVOID Context;
    PDRIVER_OBJECT DriverObject; // Callback's, referenced; may be NULL
} PIP_DEVICE_ACTION, *PPIP_DEVICE_ACTION;

static VOID PipPerformDeviceAction(PPIP_ACTION Action)
{
    PPIP_DEVICE_ACTION Own = CONTAINING_RECORD(Action, PIP_DEVICE_ACTION, Action);
    PIOP_DEVICE_NODE Node = PipReferenceNode(Own->DeviceObject);
    Own->Status = STATUS_NO_SUCH_DEVICE; // gone meanwhile
    if (Node != NULL) {
        Own->Status = Own->Routine(Node);
        PipDereferenceNode(Node);
    }
    if (Own->Callback != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "IO_DEVICE_EJECT_CALLBACK", Own->Callback, 2,
                        (ULONG_PTR)(LONG_PTR)Own->Status, Own->Context);
        Own->Callback(Own->Status, Own->Context);
        ViLeaveCallback(&Callback, 0);
    }
    if (Own->DriverObject != NULL) {
        ObfDereferenceObject(Own->DriverObject);
    }
    ObfDereferenceObject(Own->DeviceObject);
}

// NULL: no memory. IRQL <= DISPATCH_LEVEL.
static PPIP_DEVICE_ACTION PipMakeDeviceAction(PDEVICE_OBJECT DeviceObject,
                                              NTSTATUS (*Routine)(PIOP_DEVICE_NODE Node))
{
    PPIP_DEVICE_ACTION Action = PipAllocateAction(sizeof(*Action), PipPerformDeviceAction);
    if (Action != NULL) {
        ObfReferenceObject(DeviceObject);
        Action->DeviceObject = DeviceObject;
        Action->Routine = Routine;
    }
    return Action;
}

static VOID PipQueueDeviceAction(PDEVICE_OBJECT DeviceObject, NTSTATUS (*Routine)(PIOP_DEVICE_NODE Node))
{
    PPIP_DEVICE_ACTION Action = PipMakeDeviceAction(DeviceObject, Routine);
    // None of those who ask could be told that there is no memory.
    if (Action != NULL) {
        PipQueueAction(&Action->Action);
    }
}

static VOID PipCheckPdo(PDEVICE_OBJECT DeviceObject)
{
    if (DeviceObject == NULL || IopDeviceExtension(DeviceObject)->DeviceNode == NULL) {
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, PIP_INVALID_PDO, (ULONG_PTR)DeviceObject,
                     DeviceObject != NULL ? (ULONG_PTR)DeviceObject->DriverObject : 0, 0);
    }
}

// ---- By drivers

static NTSTATUS PipEnumerateAction(PIOP_DEVICE_NODE Node)
{
    PipEnumerate(Node);
    return STATUS_SUCCESS;
}

// Has the bus asked anew what is on it (BusRelations); of the other relations nothing is kept that could be
// out of date. Bug check PNP_DETECTED_FATAL_ERROR: no physical device object. IRQL <= DISPATCH_LEVEL. (wdm)
VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type)
{
    PipCheckPdo(DeviceObject);
    if (Type == BusRelations) {
        PipQueueDeviceAction(DeviceObject, PipEnumerateAction);
    }
}

static NTSTATUS PipQueryStateAction(PIOP_DEVICE_NODE Node)
{
    PipQueryState(Node);
    return STATUS_SUCCESS;
}

// Has the device asked for its state, IRP_MN_QUERY_PNP_DEVICE_STATE. Bug check PNP_DETECTED_FATAL_ERROR as
// above. IRQL <= DISPATCH_LEVEL. (wdm)
VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject)
{
    PipCheckPdo(PhysicalDeviceObject);
    PipQueueDeviceAction(PhysicalDeviceObject, PipQueryStateAction);
}

static NTSTATUS PipEjectAction(PIOP_DEVICE_NODE Node)
{
    PIOP_DEVICE_NODE Bus = Node->Parent;
    NTSTATUS Status = PipRemove(Node, TRUE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Node->Problem = PIP_PROBLEM_HELD_FOR_EJECT;
    if (Node->Capabilities.EjectSupported) {
        Status = PipSendIrp(Node, IRP_MN_EJECT, NULL, NULL);
        // It should be gone by now.
        if (Bus != NULL) {
            PipEnumerate(Bus);
        }
    }
    return Status;
}

// Removes the device, with what has to go with it, and has its bus driver eject it if it can; if a driver or
// somebody who is asked refuses, nothing happens. Bug check PNP_DETECTED_FATAL_ERROR as above. IRQL <=
// DISPATCH_LEVEL. (wdm)
VOID NTAPI IoRequestDeviceEject(PDEVICE_OBJECT PhysicalDeviceObject)
{
    PipCheckPdo(PhysicalDeviceObject);
    PipQueueDeviceAction(PhysicalDeviceObject, PipEjectAction);
}

// The same; Callback, if not NULL, is called at PASSIVE_LEVEL with what has come of it, and DriverObject
// stays until then. STATUS_INSUFFICIENT_RESOURCES. IRQL <= DISPATCH_LEVEL.
NTSTATUS NTAPI IoRequestDeviceEjectEx(PDEVICE_OBJECT PhysicalDeviceObject, PIO_DEVICE_EJECT_CALLBACK Callback,
                                      PVOID Context, PDRIVER_OBJECT DriverObject)
{
    PipCheckPdo(PhysicalDeviceObject);
    PPIP_DEVICE_ACTION Action = PipMakeDeviceAction(PhysicalDeviceObject, PipEjectAction);
    if (Action == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Action->Callback = Callback;
    Action->Context = Context;
    Action->DriverObject = DriverObject;
    if (DriverObject != NULL) {
        ObfReferenceObject(DriverObject);
    }
    PipQueueAction(&Action->Action);
    return STATUS_SUCCESS;
}

// ---- By the I/O manager

static NTSTATUS PipClosedAction(PIOP_DEVICE_NODE Node)
{
    PipRemoveIfClosed(Node);
    return STATUS_SUCCESS;
}

VOID PipDeviceClosed(PDEVICE_OBJECT PhysicalDeviceObject)
{
    PipQueueDeviceAction(PhysicalDeviceObject, PipClosedAction);
}

typedef struct _PIP_DRIVER_ACTION {
    PIP_ACTION Action;
    PDRIVER_OBJECT DriverObject;
    NTSTATUS Status;
} PIP_DRIVER_ACTION, *PPIP_DRIVER_ACTION;

// The lock of the tree is held. Whether a device of the driver's is attached in Node's stack.
static BOOLEAN PipHasDriver(PIOP_DEVICE_NODE Node, PVOID Context)
{
    BOOLEAN Has = FALSE;
    KIRQL OldIrql = IopLockDatabase();
    for (PDEVICE_OBJECT Device = Node->PhysicalDeviceObject->AttachedDevice; Device != NULL && !Has;
         Device = Device->AttachedDevice) {
        Has = Device->DriverObject == Context;
    }
    IopUnlockDatabase(OldIrql);
    return Has;
}

static VOID PipRemoveDriver(PPIP_ACTION Action)
{
    PPIP_DRIVER_ACTION Own = CONTAINING_RECORD(Action, PIP_DRIVER_ACTION, Action);
    PIOP_DEVICE_NODE Node;
    Own->Status = STATUS_SUCCESS;
    while (NT_SUCCESS(Own->Status) && (Node = PipSearchNodes(PipHasDriver, Own->DriverObject)) != NULL) {
        Own->Status = PipRemove(Node, FALSE);
        if (NT_SUCCESS(Own->Status) && (Node->Flags & PIP_NODE_ROOT)) {
            PipDeleteRootDevice(Node);
        } else if (NT_SUCCESS(Own->Status)) {
            Node->Problem = PIP_PROBLEM_DRIVER_LOAD;
            // A driver that does not detach would be asked for ever.
            if (PipHasDriver(Node, Own->DriverObject)) {
                PipDereferenceNode(Node);
                return;
            }
        }
        PipDereferenceNode(Node);
    }
}

NTSTATUS PipRemoveDevices(PDRIVER_OBJECT DriverObject)
{
    PIP_DRIVER_ACTION Action = {.Action.Perform = PipRemoveDriver, .DriverObject = DriverObject};
    if (DriverObject->DriverExtension->AddDevice == NULL) {
        return STATUS_SUCCESS; // it knows nothing of Plug and Play
    }
    PipPerformAction(&Action.Action);
    return Action.Status;
}

// ---- By a bus of the kernel's own

typedef struct _PIP_REPORT_ACTION {
    PIP_ACTION Action;
    PDEVICE_OBJECT Parent, PhysicalDeviceObject; // referenced; Parent may be NULL
} PIP_REPORT_ACTION, *PPIP_REPORT_ACTION;

static VOID PipReported(PPIP_ACTION Action)
{
    PPIP_REPORT_ACTION Own = CONTAINING_RECORD(Action, PIP_REPORT_ACTION, Action);
    PIOP_DEVICE_NODE Node, Parent = Own->Parent != NULL ? PipReferenceNode(Own->Parent) : PipRootNode;
    if (Parent != NULL && IopDeviceExtension(Own->PhysicalDeviceObject)->DeviceNode == NULL) {
        PipIdentify(Parent, Own->PhysicalDeviceObject, &Node);
        if (Node != NULL) {
            PipConfigure(Node);
            PipDereferenceNode(Node);
        }
    }
    if (Own->Parent != NULL) {
        if (Parent != NULL) {
            PipDereferenceNode(Parent);
        }
        ObfDereferenceObject(Own->Parent);
    }
    ObfDereferenceObject(Own->PhysicalDeviceObject);
}

NTSTATUS PipReportDevice(PDEVICE_OBJECT Parent, PDEVICE_OBJECT PhysicalDeviceObject)
{
    PPIP_REPORT_ACTION Action = PipAllocateAction(sizeof(*Action), PipReported);
    if (Action == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Parent != NULL) {
        ObfReferenceObject(Parent);
    }
    ObfReferenceObject(PhysicalDeviceObject);
    Action->Parent = Parent;
    Action->PhysicalDeviceObject = PhysicalDeviceObject;
    PipQueueAction(&Action->Action);
    return STATUS_SUCCESS;
}
