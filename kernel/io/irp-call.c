// SPDX-License-Identifier: MIT
// IRPs on their way down: sent to a driver's dispatch routine, forwarded, given a completion routine.
#include "inc/kernel.h"

#undef IoCallDriver

static DECLSPEC_NOINLINE NTSTATUS IopCallWatched(PDRIVER_DISPATCH Routine, PDEVICE_OBJECT DeviceObject,
                                                 PIRP Irp)
{
    VI_DISPATCH Dispatch;
    ViBeginDispatch(&Dispatch, DeviceObject, Irp, Routine);
    NTSTATUS Status = Routine(DeviceObject, Irp);
    return ViEndDispatch(&Dispatch, Status);
}

NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Irp->CurrentLocation -= 1;
    if (Irp->CurrentLocation <= 0) {
        KeBugCheckEx(NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)Irp, 0, 0, 0);
    }
    PIO_STACK_LOCATION Stack = Irp->Tail.Overlay.CurrentStackLocation - 1;
    Irp->Tail.Overlay.CurrentStackLocation = Stack;
    Stack->DeviceObject = DeviceObject;
    PDRIVER_DISPATCH Routine = DeviceObject->DriverObject->MajorFunction[Stack->MajorFunction];
    if (__builtin_expect(ViFlags != 0, 0)) {
        return IopCallWatched(Routine, DeviceObject, Irp);
    }
    return Routine(DeviceObject, Irp);
}

NTSTATUS NTAPI IoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

static NTSTATUS NTAPI IopForwardCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned) {
        KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS IopCallAndWait(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, IopForwardCompletion, &Event, TRUE, TRUE, TRUE);
    NTSTATUS Status = IofCallDriver(DeviceObject, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Irp->IoStatus.Status;
    }
    return Status;
}

BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    if (Irp->CurrentLocation <= 1) {
        return FALSE;
    }
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IopCallAndWait(DeviceObject, Irp);
    return TRUE;
}

#undef IoForwardAndCatchIrp
BOOLEAN NTAPI IoForwardAndCatchIrp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IoForwardIrpSynchronously(DeviceObject, Irp);
}

NTSTATUS NTAPI IoSynchronousCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IopCallAndWait(DeviceObject, Irp);
}

// A driver's completion routine that must not be called when its driver has been unloaded: holds the device.
typedef struct _IOP_HELD_COMPLETION {
    PDEVICE_OBJECT DeviceObject;
    PVOID Context;
    PIO_COMPLETION_ROUTINE CompletionRoutine;
    BOOLEAN OnSuccess, OnError, OnCancel;
} IOP_HELD_COMPLETION, *PIOP_HELD_COMPLETION;

static NTSTATUS NTAPI IopHeldCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PIOP_HELD_COMPLETION Held = Context;
    BOOLEAN Called = (Held->OnCancel && Irp->Cancel) ||
                     (NT_SUCCESS(Irp->IoStatus.Status) ? Held->OnSuccess : Held->OnError);
    NTSTATUS Status = STATUS_SUCCESS;
    if (Called) {
        Status = Held->CompletionRoutine(DeviceObject, Irp, Held->Context);
    } else if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount) {
        IoMarkIrpPending(Irp);
    }
    ObDereferenceObject(Held->DeviceObject);
    ExFreePoolWithTag(Held, TAG_IRP);
    return Status;
}

NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                        PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                        BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
                                        BOOLEAN InvokeOnCancel)
{
    PIOP_HELD_COMPLETION Held = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Held), TAG_IRP);
    if (Held == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObReferenceObject(DeviceObject);
    *Held = (IOP_HELD_COMPLETION){.DeviceObject = DeviceObject,
                                  .Context = Context,
                                  .CompletionRoutine = CompletionRoutine,
                                  .OnSuccess = InvokeOnSuccess,
                                  .OnError = InvokeOnError,
                                  .OnCancel = InvokeOnCancel};
    IoSetCompletionRoutine(Irp, IopHeldCompletion, Held, TRUE, TRUE, TRUE);
    return STATUS_SUCCESS;
}
