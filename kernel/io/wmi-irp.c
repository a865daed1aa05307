// SPDX-License-Identifier: MIT
// WMI's IRPs, sent and waited for.
#include "inc/kernel.h"
#include "io/wmi.h"

static NTSTATUS NTAPI WmipIrpCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID WmipCall(PDEVICE_OBJECT Top, PIRP Irp)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp->Tail.Overlay.Thread = (PETHREAD)KiCurrentThread();
    IoSetCompletionRoutine(Irp, WmipIrpCompleted, &Event, TRUE, TRUE, TRUE);
    IofCallDriver(Top, Irp);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}

// Of a caller above PASSIVE_LEVEL, for a worker.
typedef struct _WMIP_CALL {
    WORK_QUEUE_ITEM Item;
    KEVENT Done;
    PDEVICE_OBJECT Top;
    PIRP Irp;
} WMIP_CALL, *PWMIP_CALL;

static VOID NTAPI WmipCallAtPassive(PVOID Parameter)
{
    PWMIP_CALL Call = Parameter;
    WmipCall(Call->Top, Call->Irp);
    KeSetEvent(&Call->Done, IO_NO_INCREMENT, FALSE);
}

// The provider's requests are held off from their rundown.
static NTSTATUS WmipSendHeld(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, PVOID DataPath, PVOID Buffer,
                             ULONG BufferSize, PULONG_PTR Information)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(DeviceObject);
    PIRP Irp = IoAllocateIrp(Top->StackSize, FALSE);
    if (Irp == NULL) {
        ObfDereferenceObject(Top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
    Next->MajorFunction = IRP_MJ_SYSTEM_CONTROL;
    Next->MinorFunction = MinorFunction;
    Next->Parameters.WMI.ProviderId = (ULONG_PTR)DeviceObject;
    Next->Parameters.WMI.DataPath = DataPath;
    Next->Parameters.WMI.BufferSize = BufferSize;
    Next->Parameters.WMI.Buffer = Buffer;
    Irp->RequestorMode = KernelMode;
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    if (KiGetIrql() == PASSIVE_LEVEL) {
        WmipCall(Top, Irp);
    } else {
        WMIP_CALL Call = {.Top = Top, .Irp = Irp};
        KeInitializeEvent(&Call.Done, NotificationEvent, FALSE);
        ExInitializeWorkItem(&Call.Item, WmipCallAtPassive, &Call);
        ExQueueWorkItem(&Call.Item, DelayedWorkQueue);
        KeWaitForSingleObject(&Call.Done, Executive, KernelMode, FALSE, NULL);
    }
    NTSTATUS Status = Irp->IoStatus.Status;
    *Information = NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL ? Irp->IoStatus.Information : 0;
    IoFreeIrp(Irp);
    ObfDereferenceObject(Top);
    return Status;
}

NTSTATUS WmipSendIrp(PWMIP_PROVIDER Provider, UCHAR MinorFunction, PVOID DataPath, PVOID Buffer,
                     ULONG BufferSize, PULONG_PTR Information)
{
    WmipAcquireLock();
    BOOLEAN Allowed = !Provider->Blocked && ExAcquireRundownProtection(&Provider->Requests);
    WmipReleaseLock();
    if (!Allowed) {
        return STATUS_WMI_GUID_DISCONNECTED;
    }
    NTSTATUS Status =
        WmipSendHeld(Provider->DeviceObject, MinorFunction, DataPath, Buffer, BufferSize, Information);
    ExReleaseRundownProtection(&Provider->Requests);
    return Status;
}
