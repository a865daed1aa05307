// SPDX-License-Identifier: MIT
// A Plug and Play function driver over the SDK's framework, whose device sleeps while it is idle.
#include <kmode.h>
#include "public.h"

typedef struct STATE {
    KM_REQUEST_QUEUE Waiting;
    volatile LONG Inside;
    volatile BOOLEAN Asleep;
    KTIMER Timer;
    KDPC Dpc;
} STATE;

static IDLE_COUNTS Counts;

static NTSTATUS NTAPI StartContext(PKM_DEVICE Device)
{
    KmQueueInit(&KmDeviceContext(Device, STATE)->Waiting, Device);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated)
{
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    KmDeviceContext(Device, STATE)->Asleep = FALSE;
    return STATUS_SUCCESS;
}

static VOID NTAPI Power(PKM_DEVICE Device, DEVICE_POWER_STATE NewState)
{
    STATE *State = KmDeviceContext(Device, STATE);

    State->Asleep = NewState != PowerDeviceD0;
    InterlockedIncrement(State->Asleep ? &Counts.Downs : &Counts.Ups);
    if (State->Inside != 0) {
        InterlockedIncrement(&Counts.Wrong);
    }
}

static VOID Look(STATE *State)
{
    if (State->Asleep) {
        InterlockedIncrement(&Counts.Wrong);
    }
}

static NTSTATUS NTAPI GetCounts(PKM_REQUEST Request)
{
    Look(KmDeviceContext(Request->Device, STATE));
    *KmRequestOutput(Request, IDLE_COUNTS) = Counts;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Slow(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);

    InterlockedIncrement(&State->Inside);
    Look(State);
    KmSleep(3 * IDLE_SECONDS * 1000);
    Look(State);
    InterlockedDecrement(&State->Inside);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Wait(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);

    Look(State);
    return KmRequestPend(Request, &State->Waiting);
}

static IO_COMPLETION_ROUTINE OnLate;
static NTSTATUS NTAPI OnLate(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    Counts.LateStatus = Irp->IoStatus.Status;
    IoFreeIrp(Irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static KDEFERRED_ROUTINE SendLate;
static VOID NTAPI SendLate(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PDEVICE_OBJECT DeviceObject = (PDEVICE_OBJECT)Context;
    PIRP Irp = IoAllocateIrp(DeviceObject->StackSize, FALSE);

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Irp != NULL) {
        PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);

        Stack->MajorFunction = IRP_MJ_DEVICE_CONTROL;
        Stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_IDLE_SLOW;
        IoSetCompletionRoutine(Irp, OnLate, NULL, TRUE, TRUE, TRUE);
        IoCallDriver(DeviceObject, Irp);
    }
}

static NTSTATUS NTAPI Late(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);
    LARGE_INTEGER DueTime;

    DueTime.QuadPart = -2 * IDLE_SECONDS * 10000000LL;
    KeInitializeTimer(&State->Timer);
    KeInitializeDpc(&State->Dpc, SendLate, Request->Device->DeviceObject);
    KeSetTimer(&State->Timer, DueTime, &State->Dpc);
    return STATUS_SUCCESS;
}

static const KM_PNP_ROUTINES Routines = {Start, NULL, NULL, Power};

static const KM_DEVICE_ENTRY Entries[] = {
    KM_DEVICE_NAME(L"\\Device\\FrameworkIdle"),
    KM_DEVICE_LINK(L"\\DosDevices\\FrameworkIdle"),
    KM_DEVICE_CONTEXT(STATE, StartContext, NULL),
    KM_PNP_FUNCTION(&Routines),
    KM_PNP_IDLE(IDLE_SECONDS),
    KM_ON_IOCTL_OUTPUT(IOCTL_IDLE_COUNTS, GetCounts, IDLE_COUNTS),
    KM_ON_IOCTL_PLAIN(IOCTL_IDLE_SLOW, Slow),
    KM_ON_IOCTL_PLAIN(IOCTL_IDLE_WAIT, Wait),
    KM_ON_IOCTL_PLAIN(IOCTL_IDLE_LATE, Late),
    KM_DEVICE_END,
};

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    return KmPnpDriverStart(DriverObject, Entries);
}
