// SPDX-License-Identifier: MIT
// A Plug and Play function driver over the SDK's framework, whose device sleeps while it is idle.
#include <kmode.h>
#include "public.h"

typedef struct STATE {
    KM_REQUEST_QUEUE Waiting;
    volatile LONG Inside;
    volatile BOOLEAN Asleep;
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
    KM_DEVICE_END,
};

KM_PNP_DRIVER(Entries)
