// SPDX-License-Identifier: MIT
// What the PnP manager does with devices: all of it on the PnP worker (io/pnp-action.c), at PASSIVE_LEVEL.
#ifndef KMODE_IO_PNP_MANAGER_H
#define KMODE_IO_PNP_MANAGER_H

#include "io/pnp-property.h"

// IOP_DEVICE_NODE.Problem: CM_PROB_*.
#define PIP_PROBLEM_NONE           0
#define PIP_PROBLEM_NOT_CONFIGURED 1
#define PIP_PROBLEM_FAILED_START   10
#define PIP_PROBLEM_NO_RESOURCES   12
#define PIP_PROBLEM_DISABLED       22
#define PIP_PROBLEM_NOT_THERE      24
#define PIP_PROBLEM_FAILED_INSTALL 28
#define PIP_PROBLEM_FAILED_ADD     31
#define PIP_PROBLEM_DRIVER_LOAD    39
#define PIP_PROBLEM_HELD_FOR_EJECT 47

// ---- IRPs (io/pnp-irp.c)

// Sends IRP_MJ_PNP and MinorFunction, with the parameters of *Stack if that is not NULL, to the top of
// Node's stack, and waits for its end. Information, if not NULL, is the IRP's before and after; it is 0
// after a failure. What the drivers answer, STATUS_NOT_SUPPORTED if none does; STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS PipSendIrp(PIOP_DEVICE_NODE Node, UCHAR MinorFunction, const IO_STACK_LOCATION *Stack,
                    PULONG_PTR Information);
// IRP_MN_QUERY_DEVICE_RELATIONS: *Relations is NULL or freed by ExFreePool, each object in it referenced.
NTSTATUS PipQueryRelations(PIOP_DEVICE_NODE Node, DEVICE_RELATION_TYPE Type, PDEVICE_RELATIONS *Relations);
// Gives up the reference to a device of an answer: its driver's, that is.
VOID PipDropRelated(PDEVICE_OBJECT DeviceObject);
NTSTATUS PipQueryCapabilities(PIOP_DEVICE_NODE Node);

// ---- Enumeration (io/pnp-enumerate.c, io/pnp-identify.c)

// Asks Node, which has started, for its children: what is new is configured, what is gone is removed.
VOID PipEnumerate(PIOP_DEVICE_NODE Node);
// Makes the node of a physical device object that Parent has reported: asks it who it is, makes its registry
// keys, puts it in the tree. *Node has a reference for the caller. Bug check PNP_DETECTED_FATAL_ERROR for
// what no bus driver may answer; else what the IRPs and the registry say.
NTSTATUS PipIdentify(PIOP_DEVICE_NODE Parent, PDEVICE_OBJECT PhysicalDeviceObject, PIOP_DEVICE_NODE *Node);
// Ask it for its boot configuration and its requirements, STATUS_NOT_SUPPORTED: it has none.
NTSTATUS PipQueryResources(PIOP_DEVICE_NODE Node);
NTSTATUS PipQueryRequirements(PIOP_DEVICE_NODE Node);

// ---- Installation (io/pnp-install.c): which driver a device has

// The service that drives Node: that of its registry key, or the one which CriticalDeviceDatabase has for
// one of its IDs, which is then installed. Freed by PipFreeString. STATUS_OBJECT_NAME_NOT_FOUND: nobody
// drives it.
NTSTATUS PipFindService(PIOP_DEVICE_NODE Node, PUNICODE_STRING Service);
// Makes Service the driver of Node, with a class and a software key.
NTSTATUS PipInstall(PIOP_DEVICE_NODE Node, PCWSTR Service, PCWSTR ClassGuid);
// Lets Service drive whatever has that hardware or compatible ID.
NTSTATUS PipRegisterId(PCWSTR HardwareId, PCWSTR Service);

// ---- Start (io/pnp-start.c)

// Builds Node's stack and starts it, if there is a driver for it; then its children. What is the matter
// stands in Node->Problem, and is returned.
NTSTATUS PipConfigure(PIOP_DEVICE_NODE Node);
// Assigns resources and sends IRP_MN_START_DEVICE; Again: after a stop.
NTSTATUS PipStart(PIOP_DEVICE_NODE Node, BOOLEAN Again);
// IRP_MN_QUERY_PNP_DEVICE_STATE, and what follows from the answer.
VOID PipQueryState(PIOP_DEVICE_NODE Node);

// Resources for Node, which it has from then on (io/pnp-assign.c). STATUS_CONFLICTING_ADDRESSES: none of the
// alternatives is free.
NTSTATUS PipAssignResources(PIOP_DEVICE_NODE Node);

// ---- Stop and removal (io/pnp-stop.c, io/pnp-remove.c)

// IRP_MN_QUERY_STOP_DEVICE, IRP_MN_STOP_DEVICE. STATUS_INVALID_DEVICE_STATE: it has not started. What the
// drivers answer.
NTSTATUS PipStop(PIOP_DEVICE_NODE Node);
// Removes Node and all below it if everybody agrees; the nodes of its children go. STATUS_DEVICE_BUSY: open
// files; what a driver or a notification routine answers.
NTSTATUS PipRemove(PIOP_DEVICE_NODE Node, BOOLEAN Eject);
// Node's device is gone without warning, with all below it.
VOID PipSurpriseRemove(PIOP_DEVICE_NODE Node);
// The same where the node goes too, if its bus has said that it is gone.
VOID PipRemoveAbsent(PIOP_DEVICE_NODE Node);
// A file of a device that waits for it has been closed.
VOID PipRemoveIfClosed(PIOP_DEVICE_NODE Node);

#endif
