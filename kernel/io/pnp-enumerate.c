// SPDX-License-Identifier: MIT
// What is on a bus: asked of its drivers, compared with the tree.
#include "inc/kernel.h"
#include "io/pnp-manager.h"

#ifndef PNP_DETECTED_FATAL_ERROR
#define PNP_DETECTED_FATAL_ERROR 0xCA
#endif
#define PIP_DELETED_PDO 4
#define PIP_NULL_PDO    8

static VOID PipCheckReported(PDEVICE_OBJECT DeviceObject)
{
    if (DeviceObject == NULL) {
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, PIP_NULL_PDO, 0, 0, 0);
    }
    if (IopDeviceExtension(DeviceObject)->ExtensionFlags & DOE_DELETE_PENDING) {
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, PIP_DELETED_PDO, (ULONG_PTR)DeviceObject, 0, 0);
    }
}

// The child of Node behind Previous (NULL: the first), referenced; Previous's reference is given up.
static PIOP_DEVICE_NODE PipNextChild(PIOP_DEVICE_NODE Node, PIOP_DEVICE_NODE Previous)
{
    PipAcquireLock();
    PIOP_DEVICE_NODE Next = Previous != NULL ? Previous->Sibling : Node->Child;
    if (Next != NULL) {
        InterlockedIncrement(&Next->ReferenceCount);
    }
    PipReleaseLock();
    if (Previous != NULL) {
        PipDereferenceNode(Previous);
    }
    return Next;
}

static VOID PipMarkAbsent(PIOP_DEVICE_NODE Node)
{
    PipAcquireLock();
    for (PIOP_DEVICE_NODE Child = Node->Child; Child != NULL; Child = Child->Sibling) {
        Child->Flags &= ~(ULONG)PIP_NODE_PRESENT;
    }
    PipReleaseLock();
}

static VOID PipTakeReported(PIOP_DEVICE_NODE Node, PDEVICE_OBJECT DeviceObject)
{
    PipCheckReported(DeviceObject);
    PIOP_DEVICE_NODE Child = PipReferenceNode(DeviceObject);
    if (Child != NULL) {
        Child->Flags |= PIP_NODE_PRESENT;
    } else {
        PipIdentify(Node, DeviceObject, &Child); // what does not say who it is is left out
    }
    if (Child != NULL) {
        PipDereferenceNode(Child);
    }
    PipDropRelated(DeviceObject);
}

// The first child that is gone, referenced.
static PIOP_DEVICE_NODE PipFirstAbsent(PIOP_DEVICE_NODE Node)
{
    PIOP_DEVICE_NODE Child = NULL;
    while ((Child = PipNextChild(Node, Child)) != NULL) {
        if (!(Child->Flags & PIP_NODE_PRESENT) && Child->State != DeviceNodeRemovePending) {
            return Child;
        }
    }
    return NULL;
}

VOID PipEnumerate(PIOP_DEVICE_NODE Node)
{
    PDEVICE_RELATIONS Relations;
    if (Node->State != DeviceNodeStarted || Node == PipRootNode ||
        !NT_SUCCESS(PipQueryRelations(Node, BusRelations, &Relations)) || Relations == NULL) {
        return; // no bus
    }
    PipMarkAbsent(Node);
    for (ULONG Index = 0; Index < Relations->Count; Index += 1) {
        PipTakeReported(Node, Relations->Objects[Index]);
    }
    ExFreePool(Relations);
    PIOP_DEVICE_NODE Child;
    while ((Child = PipFirstAbsent(Node)) != NULL) {
        PipRemoveAbsent(Child);
        PipDereferenceNode(Child);
    }
    Child = NULL;
    while ((Child = PipNextChild(Node, Child)) != NULL) {
        if (Child->State == DeviceNodeInitialized && Child->Problem == PIP_PROBLEM_NONE) {
            PipConfigure(Child);
        }
    }
}
