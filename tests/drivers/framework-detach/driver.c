// SPDX-License-Identifier: MIT
// A filter over the SDK's framework that comes and goes while the device below it has requests in its hands.
#include <kmode.h>
#include "public.h"

static KEVENT Release;
static volatile LONG Held, Handled;

static NTSTATUS NTAPI Hold(PKM_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    InterlockedIncrement(&Held);
    (VOID) KeWaitForSingleObject(&Release, Executive, KernelMode, FALSE, NULL);
    InterlockedDecrement(&Held);
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Lower[] = {
    KM_DEVICE_NAME(L"\\Device\\DetachLower"),
    KM_DEVICE_LINK(L"\\DosDevices\\DetachLower"),
    KM_ON_IOCTL_PLAIN(IOCTL_HOLD, Hold),
    KM_ON_IOCTL_PLAIN(IOCTL_HOLD_HANDLED, Hold),
    KM_DEVICE_END,
};

static NTSTATUS NTAPI Handle(PKM_REQUEST Request)
{
    InterlockedIncrement(&Handled);
    return KmRequestForwardAndWait(Request);
}

static NTSTATUS NTAPI StartFilter(PKM_DEVICE Device)
{
    KmQueueInit(KmDeviceContext(Device, KM_REQUEST_QUEUE), Device);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Wait(PKM_REQUEST Request)
{
    return KmRequestPend(Request, KmDeviceContext(Request->Device, KM_REQUEST_QUEUE));
}

static const KM_DEVICE_ENTRY Filter[] = {
    KM_FILTER_OF(L"\\Device\\DetachLower"),
    KM_DEVICE_CONTEXT(KM_REQUEST_QUEUE, StartFilter, NULL),
    KM_ON_IOCTL_PLAIN(IOCTL_FILTER_WAIT, Wait),
    KM_ON_IOCTL_PLAIN(IOCTL_HOLD_HANDLED, Handle),
    KM_DEVICE_END,
};

static PKM_DEVICE Attached;

static NTSTATUS NTAPI Attach(PKM_REQUEST Request)
{
    KeClearEvent(&Release);
    return KmDeviceCreate(Request->Device->DriverObject, Filter, NULL, &Attached);
}

static NTSTATUS NTAPI Detach(PKM_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    KmDeviceDelete(Attached);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI ReleaseAll(PKM_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    KeSetEvent(&Release, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI GetHeld(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, LONG) = Held;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI GetHandled(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, LONG) = Handled;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    UNREFERENCED_PARAMETER(Device);
    KeInitializeEvent(&Release, NotificationEvent, FALSE);
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Control[] = {
    KM_DEVICE_NAME(L"\\Device\\DetachControl"),
    KM_DEVICE_LINK(L"\\DosDevices\\DetachControl"),
    KM_DEVICE_CONTEXT(ULONG, Start, NULL),
    KM_ON_IOCTL_PLAIN(IOCTL_ATTACH, Attach),
    KM_ON_IOCTL_PLAIN(IOCTL_DETACH, Detach),
    KM_ON_IOCTL_PLAIN(IOCTL_RELEASE, ReleaseAll),
    KM_ON_IOCTL_OUTPUT(IOCTL_HELD, GetHeld, LONG),
    KM_ON_IOCTL_OUTPUT(IOCTL_HANDLED, GetHandled, LONG),
    KM_DEVICE_END,
};

KM_DRIVER(Control, Lower)
