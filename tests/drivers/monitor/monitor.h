// SPDX-License-Identifier: MIT
// The process monitor's parts: device and registrations (driver.c), notify routines (notify.c), events and
// the requests that wait for them (event.c).
#ifndef MONITOR_H
#define MONITOR_H

#include <ntddk.h>

#include "public.h"

#define MONITOR_POOL_TAG 'noMP'

typedef struct _MONITOR_DEVICE {
    IO_CSQ Requests;
    KSPIN_LOCK Lock; // guards what follows
    LIST_ENTRY RequestList;
    LIST_ENTRY Events; // MONITOR_QUEUED_EVENT
    ULONG EventCount, Lost;
    ULONG64 Sequence;
    BOOLEAN Delivering;
    WCHAR Forbidden[MONITOR_NAME_CHARACTERS];
} MONITOR_DEVICE, *PMONITOR_DEVICE;

// The one device: notify routines have no context.
extern PMONITOR_DEVICE Monitor;

// ---- notify.c

// Registers all three, or none. PASSIVE_LEVEL.
NTSTATUS MonitorRegister(VOID);
// Waits for those that run. PASSIVE_LEVEL.
VOID MonitorUnregister(VOID);

// ---- event.c

NTSTATUS MonitorInitializeEvents(_Inout_ PMONITOR_DEVICE Device);
VOID MonitorFreeEvents(_Inout_ PMONITOR_DEVICE Device);

// Gives the event its number and to a request, or keeps it. IRQL <= DISPATCH_LEVEL.
VOID MonitorAddEvent(_Inout_ PMONITOR_DEVICE Device, _In_ const MONITOR_EVENT *Event);
// Queues the IRP, marked pending. IRQL <= DISPATCH_LEVEL.
VOID MonitorAddRequest(_Inout_ PMONITOR_DEVICE Device, _In_ PIRP Irp);
// Cancels the requests of the file. IRQL <= DISPATCH_LEVEL.
VOID MonitorCancelRequests(_Inout_ PMONITOR_DEVICE Device, _In_ PFILE_OBJECT FileObject);

// driver.c
NTSTATUS MonitorComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information);

#endif
