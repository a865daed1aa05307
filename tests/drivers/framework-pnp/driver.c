// SPDX-License-Identifier: MIT
// A Plug and Play function driver over the SDK's framework.
#include <kmode.h>
#include "public.h"

typedef struct STATE {
    KM_REQUEST_QUEUE Waiting;
    BOOLEAN Refuses;
} STATE;

static PNP_COUNTS Counts;

static NTSTATUS NTAPI StartContext(PKM_DEVICE Device)
{
    KmQueueInit(&KmDeviceContext(Device, STATE)->Waiting, Device);
    return STATUS_SUCCESS;
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
    UNREFERENCED_PARAMETER(Device);
    InterlockedIncrement(&Counts.Stops);
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
    KM_DEVICE_CONTEXT(STATE, StartContext, NULL),
    KM_PNP_FUNCTION(&Routines),
    KM_DEVICE_INTERFACE(&Interface),
    KM_ON(IRP_MJ_PNP, OtherPnp),
    KM_ON_IOCTL_OUTPUT(IOCTL_PNP_COUNTS, GetCounts, PNP_COUNTS),
    KM_ON_IOCTL_PLAIN(IOCTL_PNP_WAIT, Wait),
    KM_ON_IOCTL_INPUT(IOCTL_PNP_REFUSE, Refuse, LONG),
    KM_DEVICE_END,
};

KM_PNP_DRIVER(Entries)
