// SPDX-License-Identifier: MIT
// Power requests: made for a driver, sent to the top of a device's stack, completed to whoever asked.
#include "inc/kernel.h"

// What the power manager keeps of a request of its own.
typedef struct _POP_REQUEST {
    WORK_QUEUE_ITEM WorkItem; // where the stack wants PASSIVE_LEVEL and the caller is above it
    PIRP Irp;
    PDEVICE_OBJECT DeviceObject; // the one that was named, referenced
    PDEVICE_OBJECT Top;          // the one that it is sent to, referenced
    PREQUEST_POWER_COMPLETE CompletionFunction;
    PVOID Context;
    POWER_STATE PowerState;
    UCHAR MinorFunction;
    LIST_ENTRY Link;     // PopRequests, of a query or a set
    PDEVICE_OBJECT Base; // of its stack, referenced
    BOOLEAN Inrush;      // the stack draws more than others when it comes up
    BOOLEAN Sent;
} POP_REQUEST, *PPOP_REQUEST;

// In the order in which they were asked for. A physical device has one at a time, and so have, in the whole
// system, the devices that want an inrush of power; the others wait until that one is completed. ("Calling
// IoCallDriver vs. Calling PoCallDriver")
static LIST_ENTRY PopRequests = {&PopRequests, &PopRequests};
static KSPIN_LOCK PopRequestLock;

static KIRQL PopLockRequests(VOID)
{
    return KiAcquireSpinLockRaise(&PopRequestLock);
}

static VOID PopUnlockRequests(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&PopRequestLock, OldIrql);
}

PIRP PopFindDeviceIrp(PDEVICE_OBJECT DeviceObject)
{
    PIRP Found = NULL;
    KIRQL OldIrql = PopLockRequests();
    for (PLIST_ENTRY Link = PopRequests.Flink; Link != &PopRequests; Link = Link->Flink) {
        PPOP_REQUEST Request = CONTAINING_RECORD(Link, POP_REQUEST, Link);
        if (Request->Sent && Request->Top == DeviceObject) {
            Found = Request->Irp;
        }
    }
    PopUnlockRequests(OldIrql);
    return Found;
}

NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

// Since Windows Vista the power manager tells by their completion when the next one may be sent: nothing
// waits for this.
VOID NTAPI PoStartNextPowerIrp(PIRP Irp)
{
    UNREFERENCED_PARAMETER(Irp);
}

static VOID PopFreeRequest(PPOP_REQUEST Request)
{
    IoFreeIrp(Request->Irp);
    ObfDereferenceObject(Request->Base);
    ObfDereferenceObject(Request->Top);
    ObfDereferenceObject(Request->DeviceObject);
    ExFreePoolWithTag(Request, TAG_POWER_REQUEST);
}

static VOID NTAPI PopSendRequest(PVOID Parameter)
{
    PPOP_REQUEST Request = Parameter;
    // The request may be gone before the call returns.
    IofCallDriver(Request->Top, Request->Irp);
}

static VOID PopDispatchRequest(PPOP_REQUEST Request)
{
    if (KiGetIrql() > APC_LEVEL && (Request->Top->Flags & DO_POWER_PAGABLE)) {
        ExInitializeWorkItem(&Request->WorkItem, PopSendRequest, Request);
        ExQueueWorkItem(&Request->WorkItem, CriticalWorkQueue);
    } else {
        PopSendRequest(Request);
    }
}

// ---- One at a time

// The list is locked. Whether one in front of Request must be completed first.
static BOOLEAN PopMustWait(const POP_REQUEST *Request)
{
    for (PLIST_ENTRY Link = PopRequests.Flink; Link != &Request->Link; Link = Link->Flink) {
        const POP_REQUEST *Earlier = CONTAINING_RECORD(Link, POP_REQUEST, Link);
        if (Earlier->Base == Request->Base || (Earlier->Inrush && Request->Inrush)) {
            return TRUE;
        }
    }
    return FALSE;
}

// The first that need not wait any more, which counts as sent; NULL.
static PPOP_REQUEST PopTakeReadyRequest(VOID)
{
    PPOP_REQUEST Ready = NULL;
    KIRQL OldIrql = PopLockRequests();
    for (PLIST_ENTRY Link = PopRequests.Flink; Ready == NULL && Link != &PopRequests; Link = Link->Flink) {
        PPOP_REQUEST Request = CONTAINING_RECORD(Link, POP_REQUEST, Link);
        if (!Request->Sent && !PopMustWait(Request)) {
            Request->Sent = TRUE;
            Ready = Request;
        }
    }
    PopUnlockRequests(OldIrql);
    return Ready;
}

static VOID PopSendReadyRequests(VOID)
{
    PPOP_REQUEST Request;
    while ((Request = PopTakeReadyRequest()) != NULL) {
        PopDispatchRequest(Request);
    }
}

static BOOLEAN PopIsLimited(UCHAR MinorFunction)
{
    return MinorFunction == IRP_MN_QUERY_POWER || MinorFunction == IRP_MN_SET_POWER;
}

static BOOLEAN PopWantsInrush(PDEVICE_OBJECT Base)
{
    BOOLEAN Inrush = FALSE;
    KIRQL OldIrql = IopLockDatabase();
    for (PDEVICE_OBJECT Device = Base; Device != NULL; Device = Device->AttachedDevice) {
        Inrush = Inrush || (Device->Flags & DO_POWER_INRUSH);
    }
    IopUnlockDatabase(OldIrql);
    return Inrush;
}

static VOID PopEnqueueRequest(PPOP_REQUEST Request)
{
    KIRQL OldIrql = PopLockRequests();
    InsertTailList(&PopRequests, &Request->Link);
    PopUnlockRequests(OldIrql);
}

static VOID PopDequeueRequest(PPOP_REQUEST Request)
{
    KIRQL OldIrql = PopLockRequests();
    RemoveEntryList(&Request->Link);
    PopUnlockRequests(OldIrql);
}

// ---- Made and completed

static NTSTATUS NTAPI PopRequestCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PPOP_REQUEST Request = Context;
    BOOLEAN Limited = PopIsLimited(Request->MinorFunction);
    UNREFERENCED_PARAMETER(DeviceObject);
    // What the driver asks for when it is told is not held up by what it is told of.
    if (Limited) {
        PopDequeueRequest(Request);
    }
    if (Request->CompletionFunction != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "REQUEST_POWER_COMPLETE", Request->CompletionFunction, 5,
                        Request->DeviceObject, (ULONG_PTR)Request->MinorFunction,
                        (ULONG_PTR)Request->PowerState.SystemState, Request->Context, &Irp->IoStatus);
        Request->CompletionFunction(Request->DeviceObject, Request->MinorFunction, Request->PowerState,
                                    Request->Context, &Irp->IoStatus);
        ViLeaveCallback(&Callback, 0);
    }
    if (Request->MinorFunction == IRP_MN_WAIT_WAKE && NT_SUCCESS(Irp->IoStatus.Status)) {
        PopWakeSystem();
    }
    PopFreeRequest(Request);
    if (Limited) {
        PopSendReadyRequests();
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID PopFillRequest(PIRP Irp, UCHAR MinorFunction, POWER_STATE PowerState)
{
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack->MajorFunction = IRP_MJ_POWER;
    Stack->MinorFunction = MinorFunction;
    if (MinorFunction == IRP_MN_WAIT_WAKE) {
        Stack->Parameters.WaitWake.PowerState = PowerState.SystemState;
    } else {
        Stack->Parameters.Power.Type = DevicePowerState;
        Stack->Parameters.Power.State = PowerState;
        // What the system is up to, where that is why the device sleeps.
        Stack->Parameters.Power.ShutdownType =
            PowerState.DeviceState > PowerDeviceD0 ? PopSleep.Action : PowerActionNone;
    }
}

NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, PIRP *Irp)
{
    if (MinorFunction != IRP_MN_WAIT_WAKE && MinorFunction != IRP_MN_QUERY_POWER &&
        MinorFunction != IRP_MN_SET_POWER) {
        return STATUS_INVALID_PARAMETER_2;
    }
    PPOP_REQUEST Request = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Request), TAG_POWER_REQUEST);
    if (Request == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Request->Top = IoGetAttachedDeviceReference(DeviceObject);
    Request->Irp = IoAllocateIrp(Request->Top->StackSize, FALSE);
    if (Request->Irp == NULL) {
        ObfDereferenceObject(Request->Top);
        ExFreePoolWithTag(Request, TAG_POWER_REQUEST);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObfReferenceObject(DeviceObject);
    Request->DeviceObject = DeviceObject;
    Request->Base = IoGetDeviceAttachmentBaseRef(DeviceObject);
    Request->Inrush = MinorFunction == IRP_MN_SET_POWER && PowerState.DeviceState == PowerDeviceD0 &&
                      PopWantsInrush(Request->Base);
    Request->CompletionFunction = CompletionFunction;
    Request->Context = Context;
    Request->PowerState = PowerState;
    Request->MinorFunction = MinorFunction;
    PopFillRequest(Request->Irp, MinorFunction, PowerState);
    IoSetCompletionRoutine(Request->Irp, PopRequestCompletion, Request, TRUE, TRUE, TRUE);
    if (Irp != NULL) {
        *Irp = Request->Irp;
    }
    if (PopIsLimited(MinorFunction)) {
        PopEnqueueRequest(Request);
        PopSendReadyRequests();
    } else {
        PopDispatchRequest(Request);
    }
    return STATUS_PENDING;
}

// ---- Who woke the system

#define POP_WAKE_IRP 0x00800000u // IRP.Flags, a bit that no other flag has

BOOLEAN NTAPI PoGetSystemWake(PIRP Irp)
{
    return (Irp->Flags & POP_WAKE_IRP) != 0;
}

VOID NTAPI PoSetSystemWake(PIRP Irp)
{
    Irp->Flags |= POP_WAKE_IRP;
}
