// SPDX-License-Identifier: MIT
// A Plug and Play function driver: a meter that ticks ten times a second while its device works; not while it
// is stopped, asleep or gone.
#include <kmode.h>
#include "pnp.h"

typedef struct METER {
    KM_TIMER Timer;
    ULONG Ticks;
} METER;

KM_TYPED_ROUTINE(OnTick, METER, This)
{
    This->Ticks += 1;
}

static NTSTATUS NTAPI StartContext(PKM_DEVICE Device)
{
    METER *Meter = KmDeviceContext(Device, METER);

    KmTimerInitialize(&Meter->Timer, OnTick, Meter);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated)
{
    UNREFERENCED_PARAMETER(Raw);
    DbgPrint("the device starts, %s resources\n", Translated != NULL ? "with" : "without");
    return KmTimerStartPeriodic(&KmDeviceContext(Device, METER)->Timer, 100, 0);
}

static VOID NTAPI Stop(PKM_DEVICE Device)
{
    METER *Meter = KmDeviceContext(Device, METER);

    KmTimerStop(&Meter->Timer);
    DbgPrint("the device stops\n");
}

static VOID NTAPI Power(PKM_DEVICE Device, DEVICE_POWER_STATE NewState)
{
    METER *Meter = KmDeviceContext(Device, METER);

    if (NewState == PowerDeviceD0) {
        (void)KmTimerStartPeriodic(&Meter->Timer, 100, 0);
    } else {
        KmTimerCancel(&Meter->Timer);
    }
    DbgPrint("the device is in D%d\n", NewState - PowerDeviceD0);
}

static NTSTATUS NTAPI TellTicks(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, ULONG) = KmDeviceContext(Request->Device, METER)->Ticks;
    return STATUS_SUCCESS;
}

static const GUID MeterInterface = {
    0x6C3E5B1D, 0x0A4F, 0x4B7E, {0x9D, 0x21, 0x58, 0xE0, 0x73, 0xC6, 0x1F, 0xA4}};
static const KM_PNP_ROUTINES Routines = {Start, Stop, NULL, Power};

static const KM_DEVICE_ENTRY Meter[] = {KM_DEVICE_NAME(L"\\Device\\Meter"),
                                        KM_DEVICE_LINK(L"\\DosDevices\\Meter"),
                                        KM_DEVICE_CONTEXT(METER, StartContext, NULL),
                                        KM_PNP_FUNCTION(&Routines),
                                        KM_DEVICE_INTERFACE(&MeterInterface),
                                        KM_ON_IOCTL_OUTPUT(IOCTL_METER_TICKS, TellTicks, ULONG),
                                        KM_DEVICE_END};

KM_PNP_DRIVER(Meter)
