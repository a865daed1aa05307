// SPDX-License-Identifier: MIT
// The system goes to sleep, wakes, and shuts down: every device that has started is told by a power IRP about
// the system's state, those farther from the root first on the way down, and last on the way up. All of it on
// the PnP worker, so that the tree stays as it is meanwhile.
#include "inc/kernel.h"
#include "io/pnp-manager.h"
#include "verify/system-power.h"

#ifndef DRIVER_POWER_STATE_FAILURE
#define DRIVER_POWER_STATE_FAILURE 0x9F
#endif
#define POP_IRP_BLOCKED 3

// Of virtual time, for a stack to be done with a power IRP (debugger, bug check 0x9F).
#define POP_WATCHDOG_SECONDS 600

// The address of it is bug check 0x9F's third parameter: debuggers know its layout.
typedef struct _POP_TRIAGE {
    USHORT Signature, Revision;
    PLIST_ENTRY IrpList, ThreadList;
    PVOID DelayedWorkQueue;
} POP_TRIAGE;

// The devices that are told, each behind the one that it is on, and referenced.
typedef struct _POP_TREE {
    PIOP_DEVICE_NODE *Nodes; // NULL: they are only counted
    ULONG Count, Room;
} POP_TREE;

typedef struct _POP_TRANSITION {
    PIP_ACTION Action;
    SYSTEM_POWER_STATE State;
    BOOLEAN Shutdown;
    KM_REQUEST *Request; // gets the name of a device whose drivers refuse; NULL
    NTSTATUS Status;
} POP_TRANSITION, *PPOP_TRANSITION;

POP_SLEEP PopSleep = {.State = PowerSystemWorking};

static LIST_ENTRY PopNothing = {&PopNothing, &PopNothing};
static POP_TRIAGE PopTriage = {
    .Signature = 0x8000, .Revision = 1, .IrpList = &PopNothing, .ThreadList = &PopNothing};

// ---- The tree

// The lock of the tree is held. FALSE, so that the next is looked at.
static BOOLEAN PopCollect(PIOP_DEVICE_NODE Node, PVOID Context)
{
    POP_TREE *Tree = Context;
    BOOLEAN Told =
        Node != PipRootNode && Node->State >= DeviceNodeStarted && Node->State <= DeviceNodeQueryRemoved;
    if (Told && Tree->Count < Tree->Room) {
        InterlockedIncrement(&Node->ReferenceCount);
        Tree->Nodes[Tree->Count] = Node;
    }
    Tree->Count += Told;
    return FALSE;
}

static NTSTATUS PopListTree(POP_TREE *Tree)
{
    *Tree = (POP_TREE){0};
    PipSearchNodes(PopCollect, Tree);
    Tree->Room = Tree->Count;
    Tree->Count = 0;
    Tree->Nodes =
        ExAllocatePoolZero(NonPagedPoolNx, (Tree->Room + 1) * sizeof(*Tree->Nodes), TAG_POWER_REQUEST);
    if (Tree->Nodes == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PipSearchNodes(PopCollect, Tree);
    return STATUS_SUCCESS;
}

static VOID PopFreeTree(POP_TREE *Tree)
{
    for (ULONG Index = 0; Index < Tree->Count; Index += 1) {
        PipDereferenceNode(Tree->Nodes[Index]);
    }
    ExFreePoolWithTag(Tree->Nodes, TAG_POWER_REQUEST);
}

// ---- IRPs

static NTSTATUS NTAPI PopIrpCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID PopFillIrp(PIRP Irp, UCHAR MinorFunction, SYSTEM_POWER_STATE State)
{
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
    SYSTEM_POWER_STATE_CONTEXT Context = {
        .TargetSystemState = State, .EffectiveSystemState = State, .CurrentSystemState = PopSleep.State};
    Next->MajorFunction = IRP_MJ_POWER;
    Next->MinorFunction = MinorFunction;
    Next->Parameters.Power.SystemPowerStateContext = Context;
    Next->Parameters.Power.Type = SystemPowerState;
    Next->Parameters.Power.State.SystemState = State;
    Next->Parameters.Power.ShutdownType = PopSleep.Action;
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    Irp->RequestorMode = KernelMode;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
}

static VOID PopCallAndWatch(PDEVICE_OBJECT PhysicalDeviceObject, PDEVICE_OBJECT Top, PIRP Irp)
{
    KEVENT Event;
    LARGE_INTEGER Limit = {.QuadPart = -10000000LL * POP_WATCHDOG_SECONDS};
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, PopIrpCompleted, &Event, TRUE, TRUE, TRUE);
    IofCallDriver(Top, Irp);
    if (KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Limit) == STATUS_TIMEOUT) {
        // One that waits for the device's own is not the one that is held.
        PIRP Held = PopFindDeviceIrp(Top);
        Irp = Held != NULL ? Held : Irp;
        if (ViChecks()) {
            ViReportPowerHeld(Irp, Held != NULL ? "device" : "system", POP_WATCHDOG_SECONDS);
        }
        KeBugCheckEx(DRIVER_POWER_STATE_FAILURE, POP_IRP_BLOCKED, (ULONG_PTR)PhysicalDeviceObject,
                     (ULONG_PTR)&PopTriage, (ULONG_PTR)Irp);
    }
}

// What the drivers of Node's stack answer; STATUS_INSUFFICIENT_RESOURCES.
static NTSTATUS PopSend(PIOP_DEVICE_NODE Node, UCHAR MinorFunction, SYSTEM_POWER_STATE State)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Node->PhysicalDeviceObject);
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    if (Irp == NULL) {
        ObfDereferenceObject(Top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PopFillIrp(Irp, MinorFunction, State);
    if (ViChecks()) {
        ViBeginPower(Node->PhysicalDeviceObject, Irp);
    }
    PopCallAndWatch(Node->PhysicalDeviceObject, Top, Irp);
    NTSTATUS Status = Irp->IoStatus.Status;
    if (ViChecks()) {
        ViEndPower(MinorFunction);
    }
    IoFreeIrp(Irp);
    ObfDereferenceObject(Top);
    return Status;
}

// ---- Transitions

VOID PopNotifyPowerState(ULONG Event, BOOLEAN Argument)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES Attributes;
    PCALLBACK_OBJECT Callback;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ExCreateCallback(&Callback, &Attributes, FALSE, TRUE))) {
        ExNotifyCallback(Callback, (PVOID)(ULONG_PTR)Event, (PVOID)(ULONG_PTR)Argument);
        ObfDereferenceObject(Callback);
    }
}

// The first device that refuses, children asked before what they are on; Count: none does.
static ULONG PopQueryTree(const POP_TREE *Tree, SYSTEM_POWER_STATE State, NTSTATUS *Status)
{
    for (ULONG Index = Tree->Count; Index > 0; Index -= 1) {
        *Status = PopSend(Tree->Nodes[Index - 1], IRP_MN_QUERY_POWER, State);
        if (!NT_SUCCESS(*Status)) {
            return Index - 1;
        }
    }
    return Tree->Count;
}

// What a driver answers is no matter: it may not refuse.
static VOID PopLower(const POP_TREE *Tree, SYSTEM_POWER_STATE State)
{
    for (ULONG Index = Tree->Count; Index > 0; Index -= 1) {
        PopSend(Tree->Nodes[Index - 1], IRP_MN_SET_POWER, State);
    }
}

static VOID PopRaise(const POP_TREE *Tree, ULONG First)
{
    for (ULONG Index = First; Index < Tree->Count; Index += 1) {
        PopSend(Tree->Nodes[Index], IRP_MN_SET_POWER, PowerSystemWorking);
    }
}

static VOID PopReturnName(KM_REQUEST *Request, PIOP_DEVICE_NODE Node)
{
    ULONG Bytes;
    if (Request != NULL &&
        NT_SUCCESS(RtlUnicodeToUTF8N(Request->image_file, sizeof(Request->image_file) - 1, &Bytes,
                                     Node->InstancePath.Buffer, Node->InstancePath.Length))) {
        Request->image_file[Bytes] = '\0';
    }
}

static NTSTATUS PopGoToSleep(PPOP_TRANSITION Transition, const POP_TREE *Tree)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PopSleep.Action = Transition->State == PowerSystemHibernate ? PowerActionHibernate : PowerActionSleep;
    PopNotifyPowerState(PO_CB_SYSTEM_STATE_LOCK, FALSE);
    ULONG Refusing = PopQueryTree(Tree, Transition->State, &Status);
    if (!NT_SUCCESS(Status)) {
        PopReturnName(Transition->Request, Tree->Nodes[Refusing]);
        // Those that have been asked hear that nothing comes of it.
        PopRaise(Tree, Refusing);
        PopNotifyPowerState(PO_CB_SYSTEM_STATE_LOCK, TRUE);
    } else {
        PopLower(Tree, Transition->State);
        PopSleep.State = Transition->State;
        PopSleep.LastSleepTime = KeQueryInterruptTime();
    }
    PopSleep.Action = PowerActionNone;
    return Status;
}

static VOID PopGetUp(const POP_TREE *Tree)
{
    PopSleep.Action = PowerActionSleep;
    PopRaise(Tree, 0);
    PopSleep.Action = PowerActionNone;
    PopSleep.State = PowerSystemWorking;
    PopSleep.LastWakeTime = KeQueryInterruptTime();
    PopNotifyPowerState(PO_CB_SYSTEM_STATE_LOCK, TRUE);
}

static VOID PopPerform(PPIP_ACTION Action)
{
    PPOP_TRANSITION Own = CONTAINING_RECORD(Action, POP_TRANSITION, Action);
    POP_TREE Tree;
    BOOLEAN Sleeps = PopSleep.State != PowerSystemWorking;
    Own->Status = STATUS_SUCCESS;
    if (PopSleep.State == PowerSystemShutdown) {
        Own->Status = Own->Shutdown ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
        return;
    }
    if (Own->State == PowerSystemWorking && !Sleeps) {
        return;
    }
    if (Own->State != PowerSystemWorking && !Own->Shutdown && Sleeps) {
        Own->Status = STATUS_INVALID_DEVICE_STATE;
        return;
    }
    Own->Status = PopListTree(&Tree);
    if (!NT_SUCCESS(Own->Status)) {
        return;
    }
    if (Sleeps) {
        PopGetUp(&Tree);
    }
    if (Own->Shutdown) {
        PopSleep.Action = PowerActionShutdownOff;
        PopLower(&Tree, PowerSystemShutdown);
        PopSleep.State = PowerSystemShutdown;
    } else if (Own->State != PowerSystemWorking) {
        Own->Status = PopGoToSleep(Own, &Tree);
    }
    PopFreeTree(&Tree);
}

VOID PopWakeSystem(VOID)
{
    if (PopSleep.State == PowerSystemWorking && PopSleep.Action == PowerActionNone) {
        return;
    }
    PPOP_TRANSITION Transition = PipAllocateAction(sizeof(*Transition), PopPerform);
    if (Transition != NULL) {
        Transition->State = PowerSystemWorking;
        PipQueueAction(&Transition->Action);
    }
}

VOID PopShutdownSystem(VOID)
{
    POP_TRANSITION Transition = {
        .Action.Perform = PopPerform, .State = PowerSystemShutdown, .Shutdown = TRUE};
    PipPerformAction(&Transition.Action);
}

NTSTATUS PopCarryOut(KM_REQUEST *Request)
{
    POP_TRANSITION Transition = {.Action.Perform = PopPerform,
                                 .State = (SYSTEM_POWER_STATE)Request->arguments[0],
                                 .Request = Request,
                                 .Status = STATUS_SUCCESS};
    if (Request->arguments[0] == KM_POWER_SETTING) {
        return PopChangeSetting(Request->service_name, (ULONG)Request->arguments[1]);
    }
    if (Request->arguments[0] > KM_POWER_S4) {
        return STATUS_INVALID_PARAMETER;
    }
    Request->image_file[0] = '\0';
    if (Request->arguments[0] != KM_POWER_QUERY) {
        PipPerformAction(&Transition.Action);
    }
    Request->arguments[0] = PopSleep.State;
    return Transition.Status;
}

C_ASSERT(KM_POWER_S0 == PowerSystemWorking && KM_POWER_S3 == PowerSystemSleeping3);
C_ASSERT(KM_POWER_S4 == PowerSystemHibernate);
