// SPDX-License-Identifier: MIT
// An alarm clock: a request waits in a cancel-safe queue until its time has come, or it is cancelled.
#include <ntddk.h>

#include "api.h"

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Alarm");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Alarm");

typedef struct _ALARM {
    IO_CSQ Queue;
    LIST_ENTRY Waiting;
    KSPIN_LOCK Lock;
    KTIMER Timer;
    KDPC Dpc;
} ALARM, *PALARM;

static PALARM AlarmOf(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, ALARM, Queue);
}

static VOID NTAPI InsertIrp(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&AlarmOf(Csq)->Waiting, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI RemoveIrp(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI PeekNextIrp(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    PLIST_ENTRY Head = &AlarmOf(Csq)->Waiting;
    PLIST_ENTRY Next = Irp == NULL ? Head->Flink : Irp->Tail.Overlay.ListEntry.Flink;
    UNREFERENCED_PARAMETER(Context);
    return Next == Head ? NULL : CONTAINING_RECORD(Next, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI AcquireLock(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&AlarmOf(Csq)->Lock, Irql);
}

static VOID NTAPI ReleaseLock(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&AlarmOf(Csq)->Lock, Irql);
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI CompleteCanceledIrp(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    Complete(Irp, STATUS_CANCELLED);
}

static KDEFERRED_ROUTINE Ring;
static VOID NTAPI Ring(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PALARM Alarm = Context;
    PIRP Irp;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    while ((Irp = IoCsqRemoveNextIrp(&Alarm->Queue, NULL)) != NULL) {
        Complete(Irp, STATUS_SUCCESS);
    }
}

static DRIVER_DISPATCH CreateClose;
static NTSTATUS CreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS);
}

static DRIVER_DISPATCH DeviceControl;
static NTSTATUS DeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PALARM Alarm = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LARGE_INTEGER Due;
    if (Stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_ALARM_WAIT) {
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST);
    }
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(ULONG)) {
        return Complete(Irp, STATUS_INVALID_BUFFER_SIZE);
    }
    Due.QuadPart = -10000LL * *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    IoCsqInsertIrp(&Alarm->Queue, Irp, NULL);
    KeSetTimer(&Alarm->Timer, Due, &Alarm->Dpc);
    return STATUS_PENDING;
}

static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    PALARM Alarm = DriverObject->DeviceObject->DeviceExtension;
    KeCancelTimer(&Alarm->Timer);
    KeFlushQueuedDpcs();
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT DeviceObject;
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDevice(DriverObject, sizeof(ALARM), &DeviceName, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PALARM Alarm = DeviceObject->DeviceExtension;
    InitializeListHead(&Alarm->Waiting);
    KeInitializeSpinLock(&Alarm->Lock);
    KeInitializeTimer(&Alarm->Timer);
    KeInitializeDpc(&Alarm->Dpc, Ring, Alarm);
    Status = IoCsqInitialize(&Alarm->Queue, InsertIrp, RemoveIrp, PeekNextIrp, AcquireLock, ReleaseLock,
                             CompleteCanceledIrp);
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    }
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(DeviceObject);
        return Status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DeviceControl;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
