// SPDX-License-Identifier: MIT
// A Plug and Play function driver over the SDK's framework.
#include <kmode.h>
#include "public.h"

typedef struct STATE {
    KM_REQUEST_QUEUE Waiting;
    BOOLEAN Refuses;
    volatile LONG Inside;
    PKM_WORK_ITEM Again;
    KEVENT Taken;
} STATE;

static PNP_COUNTS Counts;
static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmNonPagedPool, 'pnPF');

static VOID Sleep(VOID)
{
    LARGE_INTEGER Time = {.QuadPart = -200 * 10000LL};

    (VOID) KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

// Takes a request out, and puts it back when the device may be gone.
static VOID NTAPI PutBack(PVOID Context)
{
    STATE *State = (STATE *)Context;
    KM_REQUEST Request;

    while (KmQueueTake(&State->Waiting, &Request) == STATUS_SUCCESS) {
        NTSTATUS Status;

        KeSetEvent(&State->Taken, IO_NO_INCREMENT, FALSE);
        Sleep();
        Status = KmRequestPend(&Request, &State->Waiting);
        if (Status == STATUS_PENDING) {
            return;
        }
        KmRequestComplete(&Request, Status);
    }
}

static NTSTATUS NTAPI StartContext(PKM_DEVICE Device)
{
    STATE *State = KmDeviceContext(Device, STATE);

    KmQueueInit(&State->Waiting, Device);
    KeInitializeEvent(&State->Taken, SynchronizationEvent, FALSE);
    return KmWorkItemCreate(&Allocator, Device->DeviceObject, PutBack, State, &State->Again);
}

static VOID NTAPI StopContext(PKM_DEVICE Device)
{
    KmWorkItemDelete(KmDeviceContext(Device, STATE)->Again);
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    InterlockedIncrement(&Counts.Starts);
    return STATUS_SUCCESS;
}

static VOID NTAPI Stop(PKM_DEVICE Device)
{
    InterlockedIncrement(&Counts.Stops);
    if (KmDeviceContext(Device, STATE)->Inside != 0) {
        InterlockedIncrement(&Counts.StopsWhileInside);
    }
}

static NTSTATUS NTAPI Query(PKM_DEVICE Device)
{
    return KmDeviceContext(Device, STATE)->Refuses ? STATUS_DEVICE_BUSY : STATUS_SUCCESS;
}

static VOID NTAPI Power(PKM_DEVICE Device, DEVICE_POWER_STATE NewState)
{
    UNREFERENCED_PARAMETER(Device);
    InterlockedIncrement(NewState == PowerDeviceD0 ? &Counts.PowerUps : &Counts.PowerDowns);
}

static NTSTATUS NTAPI OtherPnp(PKM_REQUEST Request)
{
    NTSTATUS Status = KmRequestForwardAndWait(Request);

    if (Request->Stack->MinorFunction == IRP_MN_QUERY_CAPABILITIES) {
        InterlockedIncrement(&Counts.Capabilities);
    }
    return Status;
}

static NTSTATUS NTAPI GetCounts(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, PNP_COUNTS) = Counts;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Wait(PKM_REQUEST Request)
{
    return KmRequestPend(Request, &KmDeviceContext(Request->Device, STATE)->Waiting);
}

static NTSTATUS NTAPI Slow(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);

    InterlockedIncrement(&State->Inside);
    Sleep();
    InterlockedDecrement(&State->Inside);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI SlowWait(PKM_REQUEST Request)
{
    (VOID) Slow(Request);
    return Wait(Request);
}

static NTSTATUS NTAPI WaitAgain(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);
    NTSTATUS Status = Wait(Request);

    (VOID) KmWorkItemQueue(State->Again, DelayedWorkQueue);
    (VOID) KeWaitForSingleObject(&State->Taken, Executive, KernelMode, FALSE, NULL);
    return Status;
}

static NTSTATUS NTAPI Refuse(PKM_REQUEST Request)
{
    KmDeviceContext(Request->Device, STATE)->Refuses = *KmRequestInput(Request, LONG) != 0;
    return STATUS_SUCCESS;
}

static const GUID Interface = {0x5A0F1A2B, 0x3C4D, 0x5E6F, {0x70, 0x81, 0x92, 0xA3, 0xB4, 0xC5, 0xD6, 0xE7}};
static const KM_PNP_ROUTINES Routines = {Start, Stop, Query, Power};

static const KM_DEVICE_ENTRY Entries[] = {
    KM_DEVICE_NAME(L"\\Device\\FrameworkPnp"),
    KM_DEVICE_LINK(L"\\DosDevices\\FrameworkPnp"),
    KM_DEVICE_CONTEXT(STATE, StartContext, StopContext),
    KM_PNP_FUNCTION(&Routines),
    KM_DEVICE_INTERFACE(&Interface),
    KM_ON(IRP_MJ_PNP, OtherPnp),
    KM_ON_IOCTL_OUTPUT(IOCTL_PNP_COUNTS, GetCounts, PNP_COUNTS),
    KM_ON_IOCTL_PLAIN(IOCTL_PNP_WAIT, Wait),
    KM_ON_IOCTL_PLAIN(IOCTL_PNP_SLOW, Slow),
    KM_ON_IOCTL_PLAIN(IOCTL_PNP_SLOW_WAIT, SlowWait),
    KM_ON_IOCTL_PLAIN(IOCTL_PNP_WAIT_AGAIN, WaitAgain),
    KM_ON_IOCTL_INPUT(IOCTL_PNP_REFUSE, Refuse, LONG),
    KM_DEVICE_END,
};

KM_PNP_DRIVER(Entries)
