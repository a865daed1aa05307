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
} POP_REQUEST, *PPOP_REQUEST;

NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

// Since Windows Vista the power manager does not hold back power IRPs: nothing waits for this.
VOID NTAPI PoStartNextPowerIrp(PIRP Irp)
{
    UNREFERENCED_PARAMETER(Irp);
}

static VOID PopFreeRequest(PPOP_REQUEST Request)
{
    IoFreeIrp(Request->Irp);
    ObfDereferenceObject(Request->Top);
    ObfDereferenceObject(Request->DeviceObject);
    ExFreePoolWithTag(Request, TAG_POWER_REQUEST);
}

static NTSTATUS NTAPI PopRequestCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PPOP_REQUEST Request = Context;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Request->CompletionFunction != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "REQUEST_POWER_COMPLETE", Request->CompletionFunction, 5,
                        Request->DeviceObject, (ULONG_PTR)Request->MinorFunction,
                        (ULONG_PTR)Request->PowerState.SystemState, Request->Context, &Irp->IoStatus);
        Request->CompletionFunction(Request->DeviceObject, Request->MinorFunction, Request->PowerState,
                                    Request->Context, &Irp->IoStatus);
        ViLeaveCallback(&Callback, 0);
    }
    PopFreeRequest(Request);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID NTAPI PopSendRequest(PVOID Parameter)
{
    PPOP_REQUEST Request = Parameter;
    // The request may be gone before the call returns.
    IofCallDriver(Request->Top, Request->Irp);
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
        Stack->Parameters.Power.ShutdownType = PowerActionNone;
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
    Request->CompletionFunction = CompletionFunction;
    Request->Context = Context;
    Request->PowerState = PowerState;
    Request->MinorFunction = MinorFunction;
    PopFillRequest(Request->Irp, MinorFunction, PowerState);
    IoSetCompletionRoutine(Request->Irp, PopRequestCompletion, Request, TRUE, TRUE, TRUE);
    if (Irp != NULL) {
        *Irp = Request->Irp;
    }
    if (KiGetIrql() > APC_LEVEL && (Request->Top->Flags & DO_POWER_PAGABLE)) {
        ExInitializeWorkItem(&Request->WorkItem, PopSendRequest, Request);
        ExQueueWorkItem(&Request->WorkItem, CriticalWorkQueue);
    } else {
        PopSendRequest(Request);
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
